import type { Connectivity, MqttStatus, SystemStatus } from './system-status.schema.js';

export const CONNECTIVITY_EXAMPLE: Connectivity = {
  database: { status: 'up', latencyMs: 0.8 },
  redis: { status: 'up', latencyMs: 0.3 },
  mqtt: { status: 'down', latencyMs: 0, error: 'offline: connect ECONNREFUSED 10.0.0.5:1883' },
};

export const SYSTEM_STATUS_EXAMPLE: SystemStatus = {
  status: 'down',
  environment: 'production',
  roles: ['api', 'ingest', 'worker'],
  startedAt: '2026-11-21T06:00:00.000Z',
  uptimeSeconds: 7384.2,
  memoryMegabytes: 142.6,
  services: CONNECTIVITY_EXAMPLE,
};

export const MQTT_STATUS_EXAMPLE: MqttStatus = {
  enabled: true,
  subscriber: {
    status: 'connected',
    since: '2026-11-21T06:00:01.204Z',
    attempts: 0,
    lastError: null,
    protocolVersion: '5',
    subscribed: true,
    sessionPresent: true,
  },
  publisher: {
    status: 'closed',
    since: '2026-11-21T06:00:00.000Z',
    attempts: 0,
    lastError: null,
    protocolVersion: null,
  },
  control: {
    status: 'connected',
    since: '2026-11-21T06:00:01.311Z',
    attempts: 0,
    lastError: null,
    protocolVersion: '5',
  },
  rights: {
    inStep: true,
    pending: 0,
    reconciledAt: '2026-11-21T06:00:02.840Z',
    differences: 0,
    unknownPasswords: 0,
  },
  counters: { received: 184_302, acknowledged: 184_290, batches: 921, rejected: 4, inFlight: 12, parked: false },
};
