/** Every queue and its jobs; a job that is not here cannot be scheduled or handled. */
export const QUEUES = {
  /** Housekeeping by schedule. */
  maintenance: 'maintenance',
} as const;

/** Jobs of the maintenance queue. */
export const MAINTENANCE_JOBS = {
  checkCertificates: 'check-certificates',
  makePartitions: 'make-partitions',
  pruneLedger: 'prune-completeness-ledger',
  pruneNonces: 'prune-nonces',
  pruneSessions: 'prune-sessions',
  sweepDevices: 'sweep-devices',
} as const;

/** Name of a maintenance job. */
export type MaintenanceJob = (typeof MAINTENANCE_JOBS)[keyof typeof MAINTENANCE_JOBS];

/** When scheduled jobs run (cron, UTC); the key is the job. */
export const MAINTENANCE_SCHEDULE: Readonly<Record<MaintenanceJob, string>> = {
  [MAINTENANCE_JOBS.checkCertificates]: '23 * * * *',
  [MAINTENANCE_JOBS.makePartitions]: '17 2 * * *',
  [MAINTENANCE_JOBS.pruneLedger]: '29 3 * * *',
  [MAINTENANCE_JOBS.pruneNonces]: '7 * * * *',
  [MAINTENANCE_JOBS.pruneSessions]: '41 2 * * *',
  // With seconds: a silent device is found this soon after its time.
  [MAINTENANCE_JOBS.sweepDevices]: '*/10 * * * * *',
};
