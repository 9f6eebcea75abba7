import { describe, expect, it } from 'vitest';
import type { DevicePresence } from '../device-presence.entity.js';
import type { Device } from '../device.entity.js';
import { healthOf } from './device-health.js';

const NOW = Date.UTC(2026, 2, 1, 12);
const device = (changes: Partial<Device> = {}): Device =>
  ({ id: 'gauge-1', status: 'active', heartbeatIntervalSeconds: 60, ...changes }) as Device;
const presence = (secondsAgo: number, changes: Partial<DevicePresence> = {}): DevicePresence => ({
  deviceId: 'gauge-1',
  lastSeenAt: new Date(NOW - secondsAgo * 1000),
  reportedStatus: null,
  reportedAt: null,
  batteryLevel: null,
  signalStrength: null,
  firmware: null,
  message: null,
  ...changes,
});
const reported = (status: DevicePresence['reportedStatus'], secondsAgo: number, message: string | null = null) => ({
  reportedStatus: status,
  reportedAt: new Date(NOW - secondsAgo * 1000),
  message,
});

describe('healthOf', () => {
  it.each([
    [0, 'online'],
    [60, 'online'],
    [90, 'online'],
    [91, 'late'],
    [180, 'late'],
    [181, 'offline'],
    [1e6, 'offline'],
  ])('after %i s of silence with an interval of 60 s: %s', (silence, status) => {
    expect(healthOf(device(), presence(silence), NOW).status).toBe(status);
  });

  it('says why', () => {
    expect(healthOf(device({ heartbeatIntervalSeconds: 300 }), presence(540), NOW).reason).toBe(
      'No sign of life for 9 min; one is expected every 5 min.',
    );
    expect(healthOf(device(), presence(0, reported('fault', 0, 'sensor 2 is open')), NOW)).toMatchObject({
      status: 'online',
      reason: 'The device is heard and reports a fault: sensor 2 is open',
    });
  });

  it('knows devices that were never heard, are deactivated, or in maintenance', () => {
    expect(healthOf(device(), null, NOW)).toMatchObject({ status: 'never_seen', lastSeenAt: null });
    expect(healthOf(device({ status: 'deactivated' }), presence(0), NOW).status).toBe('deactivated');
    expect(healthOf(device(), presence(1e6, reported('maintenance', 1e6)), NOW).status).toBe('maintenance');
  });

  it('believes an offline until the device is heard again', () => {
    expect(healthOf(device(), presence(5, reported('offline', 5)), NOW).status).toBe('offline');
    expect(healthOf(device(), presence(30, reported('offline', 5)), NOW).status).toBe('offline');
    expect(healthOf(device(), presence(1, reported('offline', 5)), NOW).status).toBe('online');
  });

  it('does not mind a clock that is behind', () => {
    expect(healthOf(device(), presence(-30), NOW)).toMatchObject({
      status: 'online',
      reason: 'Last sign of life 0 s ago.',
    });
  });
});
