import { describe, expect, it } from 'vitest';
import type { DevicePresence } from '../device-presence.entity.js';
import type { Device } from '../device.entity.js';
import { healthOf } from './device-health.js';
import type { Life } from './life-case.js';
import { LIFE_REASONS } from './life.js';

const NOW = Date.UTC(2026, 2, 1, 12);
const device = (changes: Partial<Device> = {}): Device =>
  ({ id: 'gauge-1', status: 'active', heartbeatIntervalSeconds: 300, ...changes }) as Device;
const presence = (secondsAgo: number, changes: Partial<DevicePresence> = {}): DevicePresence =>
  ({ deviceId: 'gauge-1', lastSeenAt: new Date(NOW - secondsAgo * 1000), ...changes }) as DevicePresence;
const life = (changes: Partial<Life> = {}): Life => ({
  ...{ state: 'online', reason: 'LAST_HEARTBEAT', since: NOW, conditions: [], watchedSince: NOW },
  ...changes,
});

describe('healthOf', () => {
  it('says why in words', () => {
    const say = (changes: Partial<Life>, of = presence(540), known = device()) =>
      healthOf(known, of, life(changes), NOW).reason;
    expect(say({})).toBe('Last sign of life 9 min ago.');
    expect(say({ state: 'late' })).toBe('No sign of life for 9 min; one is expected every 5 min.');
    expect(say({ reason: 'FAULT_REPORTED' }, presence(0, { message: 'sensor 2 is open' }))).toBe(
      'The device is heard and reports a fault: sensor 2 is open',
    );
    expect(say({ reason: 'NO_DATA' }, presence(0, { lastDataAt: new Date(NOW - 7_200_000) }))).toMatch(/for 2 h\.$/);
    const maintenanceUntil = new Date(NOW + 3_600_000);
    expect(
      say({ reason: 'MAINTENANCE' }, presence(0), device({ maintenanceUntil, maintenanceReason: 'new mast' })),
    ).toBe('The device is in maintenance until 2026-03-01T13:00:00.000Z: new mast');
  });

  it('has words for every reason, also of a device that was never heard', () => {
    for (const reason of LIFE_REASONS) {
      expect(healthOf(device(), null, life({ reason }), NOW).reason).toMatch(/^\w.*\S$/);
    }
  });

  it('does not mind a clock that is behind', () => {
    expect(healthOf(device(), presence(-30), life(), NOW).reason).toBe('Last sign of life 0 s ago.');
  });

  it('knows no beginning of what was never heard', () => {
    expect(healthOf(device(), null, life({ state: 'never_seen', reason: 'NEVER_HEARD' }), NOW)).toMatchObject({
      since: null,
      lastSeenAt: null,
      status: 'never_seen',
    });
  });
});
