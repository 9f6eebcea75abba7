import { describe, expect, it } from 'vitest';
import { alertsBetween } from './life-alerts.js';
import type { DeviceFacts, Life } from './life-case.js';

const T0 = Date.UTC(2026, 2, 1, 12);
const FACTS: DeviceFacts = {
  deviceId: 'gauge-1',
  municipalityId: 'm',
  active: true,
  municipalityActive: true,
  intervalMs: 60_000,
  reportingMs: 60_000,
  maintenanceUntil: null,
  expectsData: false,
};

describe('alertsBetween', () => {
  const life = (changes: Partial<Life>): Life => ({
    ...{ state: 'online', reason: 'LAST_HEARTBEAT', since: T0, conditions: [], watchedSince: T0 },
    ...changes,
  });
  const kinds = (before: Life, after: Life, facts = FACTS) => {
    const { raised, cleared } = alertsBetween(facts, before, after, T0);
    return [raised.map(({ kind }) => kind), cleared.map(({ kind }) => kind)];
  };
  const offline = life({ state: 'offline' });
  const low = life({ conditions: ['BATTERY_LOW', 'NO_DATA'] });

  it('opens on the way in and ends on the way out', () => {
    expect(kinds(life({}), offline)).toEqual([['device_offline'], []]);
    expect(kinds(offline, low)).toEqual([['device_battery'], ['device_offline']]);
    expect(kinds(low, low)).toEqual([[], []]);
    expect(kinds(life({}), life({ state: 'late' }))).toEqual([[], []]);
  });

  it('ends them all in maintenance and when deactivated, and opens none there', () => {
    const maintenance = life({ state: 'maintenance', conditions: ['BATTERY_LOW'] });
    expect(kinds(life({ state: 'offline', conditions: ['BATTERY_LOW'] }), maintenance)).toEqual([
      [],
      ['device_offline', 'device_battery'],
    ]);
    expect(kinds(maintenance, low)).toEqual([['device_battery'], []]);
    expect(kinds(low, life({ state: 'deactivated' }))).toEqual([[], ['device_battery']]);
  });

  it('opens none in a suspended municipality', () => {
    expect(kinds(life({}), offline, { ...FACTS, municipalityActive: false })).toEqual([[], []]);
  });
});
