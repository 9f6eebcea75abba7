/** Whether a device is alive, as people see it. */
export const LIFE_STATES = ['online', 'late', 'offline', 'never_seen', 'maintenance', 'deactivated'] as const;

/** State of a device's life. */
export type LifeState = (typeof LIFE_STATES)[number];

/** What can be wrong with a device though it lives. */
export const LIFE_CONDITIONS = ['FAULT_REPORTED', 'CLOCK_WRONG', 'NO_DATA', 'BATTERY_LOW', 'SIGNAL_WEAK'] as const;

/** Condition of a device. */
export type LifeCondition = (typeof LIFE_CONDITIONS)[number];

/**
 * Why a device is what it is. LAST_HEARTBEAT: by when it was last heard; LAST_WILL: it, or the broker for it, said offline;
 * AWAITED: it was taken back into service and has not been heard since; MAINTENANCE: somebody works on it;
 * MAINTENANCE_REPORTED: it says so itself; a condition: it lives, but that is wrong with it.
 */
export const LIFE_REASONS = [
  'LAST_HEARTBEAT',
  'LAST_WILL',
  'AWAITED',
  'NEVER_HEARD',
  'MAINTENANCE',
  'MAINTENANCE_REPORTED',
  'DEACTIVATED',
  ...LIFE_CONDITIONS,
] as const;

/** Reason of a state. */
export type LifeReason = (typeof LIFE_REASONS)[number];
