import { describe, expect, it } from 'vitest';
import { demoDevices } from '../../src/cli/demo/demo-devices.ts';
import { SENSOR_TYPES } from '../../src/database/seeders/sensor-types.ts';
import { layOut } from './layout.mjs';
import { World } from './world.mjs';

const DAY = 24 * 60;
const HIGH_CM = 350;
const DEVICES = demoDevices().filter(({ simulated }) => simulated);
const TYPES = new Map(SENSOR_TYPES.map((type) => [type.code, type]));

const worldOf = (seed = 1) => new World(layOut(DEVICES), { seed });

/** One row per step of the readings of all devices (or those named), by device id. */
function play(world, minutes, { step = 5, devices = DEVICES.map(({ deviceId }) => deviceId) } = {}) {
  const rows = [];
  for (let minute = 0; minute <= minutes; minute += step) {
    world.advanceTo(minute);
    rows.push({ minute, values: Object.fromEntries(devices.map((deviceId) => [deviceId, world.read(deviceId)])) });
  }
  return rows;
}

describe('the scenario of the demo country', () => {
  it('is the same for the same seed, and another one for another', () => {
    const run = (seed) => play(worldOf(seed), 300, { step: 60 });
    expect(run('a')).toEqual(run('a'));
    expect(run('a')).not.toEqual(run('b'));
  });

  it('does not depend on the ids of municipalities', () => {
    const renamed = DEVICES.map((device) => ({ ...device, municipality: `id of ${device.municipality}` }));
    expect(play(new World(layOut(renamed)), 600, { step: 60 })).toEqual(play(worldOf(), 600, { step: 60 }));
  });

  it('has a value for every metric of every device', () => {
    const world = worldOf();
    for (const { deviceId, metrics } of DEVICES) expect(world.codesOf(deviceId), deviceId).toEqual([...metrics]);
  });

  it('lets a river cross HIGH in the first two minutes of a demo, be seen rising, travel on and fall', () => {
    const gauges = ['arn-gauge-01', 'arn-gauge-03', 'arn-gauge-05'];
    const rows = play(worldOf(), 360, { step: 5, devices: gauges });
    const crossed = gauges.map((id) => rows.find(({ values }) => values[id].water_level_cm > HIGH_CM)?.minute);
    expect(crossed[0]).toBeGreaterThan(20);
    expect(crossed[0]).toBeLessThanOrEqual(60);
    expect(crossed[1]).toBeGreaterThan(crossed[0]);
    expect(crossed[2]).toBeGreaterThan(crossed[1]);
    expect(crossed[2]).toBeLessThanOrEqual(150);
    for (const id of gauges) expect(rows.at(-1).values[id].water_level_cm).toBeLessThan(250);
  });

  it('sees rain before the river rises', () => {
    const rows = play(worldOf(), 60, { step: 5, devices: ['sollen-rain-01', 'arn-gauge-01'] });
    const rain = rows.find(({ values }) => values['sollen-rain-01'].rainfall_mm >= 5).minute;
    const rise = rows.find(({ values }) => values['arn-gauge-01'].water_level_cm > 250).minute;
    expect(rain).toBeLessThan(rise);
  });

  it('breaks a pipe after about three minutes of a demo: less pressure there, more flow into the line', () => {
    const world = worldOf();
    world.advanceTo(185);
    world.takeEvents();
    world.advanceTo(200);
    const burst = world.takeEvents().find(({ event }) => event === 'pipe burst');
    expect(burst.deviceId).toMatch(/-pipe-05$/);
    expect(world.read(burst.deviceId).pressure_bar).toBeLessThan(2);
    expect(world.read(burst.deviceId.replace(/05$/, '01')).flow_m3h).toBeGreaterThan(340);
    world.advanceTo(420);
    expect(world.takeEvents()).toContainEqual({ ...burst, minute: 360, event: 'pipe repaired' });
  });

  it('stays within the valid ranges of the sensor types, but for the failing sensor', () => {
    const world = worldOf('ranges');
    const outside = [];
    for (const { minute, values } of play(world, 10 * DAY, { step: 15 })) {
      for (const [deviceId, reading] of Object.entries(values)) {
        for (const [code, value] of Object.entries(reading)) {
          const { validMin, validMax } = TYPES.get(code);
          if (!(value >= validMin && value <= validMax)) outside.push({ minute, deviceId, code, value });
        }
      }
    }
    expect(outside.length).toBeGreaterThan(0);
    expect(new Set(outside.map(({ deviceId, code, value }) => `${deviceId} ${code} ${value}`)).size).toBe(1);
    expect(outside[0].value).toBe(-9999);
  });

  it('crosses thresholds again and again in the days that follow', () => {
    const rows = play(worldOf(), 6 * DAY, { step: 10 });
    const daysWith = (id, code, isMet) => {
      return new Set(
        rows.filter(({ values }) => isMet(values[id][code])).map(({ minute }) => Math.floor(minute / DAY)),
      );
    };
    expect(daysWith('arn-gauge-01', 'water_level_cm', (level) => level > HIGH_CM).size).toBeGreaterThan(1);
    expect(daysWith('lief-gauge-01', 'water_level_cm', (level) => level > 250).size).toBeGreaterThan(1);
    const lowPressure = DEVICES.filter(({ role }) => role === 'pipe').map(
      ({ deviceId }) => daysWith(deviceId, 'pressure_bar', (bar) => bar >= 0 && bar < 2).size,
    );
    expect(lowPressure.filter((days) => days > 0).length).toBeGreaterThan(6);
    // A threshold that is always crossed would tell nothing: dry weather and sound pipes are the usual state.
    expect(Math.max(...lowPressure)).toBeLessThan(6);
  });

  it('loses one device for a while', () => {
    const world = worldOf();
    const silent = () => DEVICES.filter(({ deviceId }) => world.silentUntil(deviceId) !== null);
    expect(silent()).toEqual([]);
    world.advanceTo(300);
    expect(silent()).toHaveLength(1);
    expect(world.silentUntil(silent()[0].deviceId)).toBeGreaterThan(300);
    world.advanceTo(500);
    expect(silent()).toEqual([]);
    expect(world.takeEvents().map(({ event }) => event)).toEqual(
      expect.arrayContaining(['storm begins', 'device goes silent', 'device is back', 'sensor fault']),
    );
  });
});
