import { describe, expect, it } from 'vitest';
import { Backlog } from './backlog.mjs';
import { castOf } from './cast.mjs';
import { ScenarioClock } from './clock.mjs';
import { conditionAt, FailingSensor, Outages } from './faults.mjs';
import { Instrument } from './instruments.mjs';
import { kindOf, layOut } from './layout.mjs';
import { parseOptions } from './options.mjs';
import { PowerAndRadio } from './power.mjs';
import { randomOf } from './random.mjs';

const DAY = 24 * 60;
const device = (deviceId, metrics, more = {}) => ({ deviceId, municipality: 'm', metrics, ...more });

describe('the layout', () => {
  it('takes role, line and place from the file', () => {
    const layout = layOut([
      device('x-1', ['water_level_cm'], { role: 'river', river: 'arn', order: 2, municipality: 'b' }),
      device('x-2', ['water_level_cm'], { role: 'river', river: 'arn', order: 1, municipality: 'a' }),
      device('x-3', ['pressure_bar'], { role: 'pipe', pipeline: 'north', order: 1 }),
      device('x-4', ['water_level_cm'], { role: 'tank', pipeline: 'north', order: 0 }),
    ]);
    expect(layout.rivers.get('arn').map(({ deviceId }) => deviceId)).toEqual(['x-2', 'x-1']);
    expect(layout.networks.get('north').nodes.map(({ deviceId }) => deviceId)).toEqual(['x-3']);
    expect(layout.networks.get('north').tanks.map(({ deviceId }) => deviceId)).toEqual(['x-4']);
    expect(layout.municipalities).toEqual(['b', 'a', 'm']);
  });

  it('tells them from the device id and the metrics where the file is silent', () => {
    const layout = layOut([
      device('gauge-10', ['water_level_cm']),
      device('gauge-9', ['water_level_cm']),
      device('rain-gauge-1', ['rainfall_mm']),
      device('tower-1', ['water_level_cm']),
      device('box-1', ['pressure_bar', 'inlet_pressure_bar']),
      device('box-2', ['rainfall_mm']),
      device('box-3', ['water_level_cm', 'rainfall_mm']),
    ]);
    const roles = Object.fromEntries(layout.stations.map(({ deviceId, role }) => [deviceId, role]));
    expect(roles).toEqual({
      'gauge-10': 'river',
      'gauge-9': 'river',
      'rain-gauge-1': 'rain',
      'tower-1': 'tank',
      'box-1': 'pipe',
      'box-2': 'rain',
      'box-3': 'river',
    });
    const [river] = layout.rivers.values();
    expect(river.map(({ deviceId }) => deviceId)).toEqual(['box-3', 'gauge-9', 'gauge-10']);
  });

  it('knows metrics by what they are called after, and leaves out those that it cannot make', () => {
    expect(kindOf('air_temperature_c')).toBe('temperature_c');
    expect(kindOf('water_level_cm')).toBe('water_level_cm');
    expect(kindOf('nitrate_mg_l')).toBeUndefined();
    const [station] = layOut([device('a-1', ['nitrate_mg_l', 'pressure_bar'])]).stations;
    expect(station.metrics).toEqual([{ code: 'pressure_bar', kind: 'pressure_bar' }]);
  });
});

describe('the cast', () => {
  const town = (municipality) => [
    ...[1, 2, 3].map((n) => device(`${municipality}-river-${n}`, ['water_level_cm'], { municipality })),
    ...[1, 2, 3].map((n) => device(`${municipality}-pipe-${n}`, ['pressure_bar'], { municipality })),
    device(`${municipality}-rain-1`, ['rainfall_mm', 'temperature_c'], { municipality }),
  ];

  it('strikes different devices, storm and first burst in different towns', () => {
    const layout = layOut([...town('a'), ...town('b'), ...town('c')]);
    const { stormIn, bursts, failing, silent, weak } = castOf(layout);
    expect(stormIn).toBe('a');
    expect([...bursts.values()].map(({ index }) => index)).toEqual([2, 2]);
    expect([...bursts.keys()]).toEqual(['network of b', 'network of a']);
    expect(new Set([failing, silent, weak, 'a-river-1']).size).toBe(4);
  });

  it('obeys the file, and does with little', () => {
    expect(castOf(layOut([...town('a'), device('z', ['ph', 'pressure_bar'], { fault: 'sensor' })])).failing).toBe('z');
    expect(castOf(layOut([device('only', ['rainfall_mm'])]))).toMatchObject({
      stormIn: 'm',
      failing: 'only',
      silent: null,
    });
  });
});

describe('faults', () => {
  it('show every kind within half a day and come again', () => {
    const conditions = Array.from({ length: DAY / 2 }, (_, minute) => conditionAt(minute));
    expect(new Set(conditions)).toEqual(new Set(['sound', 'stuck', 'spikes', 'out of range']));
    expect(conditionAt(0)).toBe('sound');
    expect(conditionAt(100 * DAY + 1)).toBeTypeOf('string');
  });

  it('distort what the sensor measures', () => {
    const sensor = new FailingSensor(randomOf('fault'));
    expect(sensor.distort(5, 'sound')).toBe(5);
    expect([5, 6, 7].map((value) => sensor.distort(value, 'stuck'))).toEqual([5, 5, 5]);
    expect(sensor.distort(8, 'sound')).toBe(8);
    expect(sensor.distort(9, 'stuck')).toBe(9);
    expect(sensor.distort(9, 'out of range')).toBe(-9999);
    const spiky = Array.from({ length: 200 }, () => sensor.distort(10, 'spikes'));
    const spikes = spiky.filter((value) => value > 15).length;
    expect(spikes).toBeGreaterThan(10);
    expect(spikes).toBeLessThan(80);
  });

  it('last for a while and come again after a while', () => {
    const outages = new Outages(randomOf('outage'), { first: 100, lasts: 50, gap: 1_000 });
    const spans = new Set();
    for (let minute = 0; minute < 50_000; minute++) {
      const span = outages.at(minute);
      if (span) spans.add(span);
    }
    const [first, second] = spans;
    expect(first).toEqual({ begin: 100, end: 150 });
    expect(second.begin).toBeGreaterThan(first.end);
    expect(spans.size).toBeGreaterThan(20);
  });
});

describe('instruments', () => {
  it('count rain in whole tips and lose none', () => {
    const gauge = new Instrument('rainfall_mm', randomOf('rain'));
    const readings = Array.from({ length: 100 }, (_, n) => gauge.read(n * 0.37));
    expect(gauge.read(99 * 0.37)).toBe(0);
    readings.forEach((value) => expect((value / 0.2) % 1).toBeCloseTo(0, 6));
    const sum = readings.reduce((total, value) => total + value, 0);
    expect(sum / (99 * 0.37)).toBeGreaterThan(0.83);
    expect(sum / (99 * 0.37)).toBeLessThan(1.17);
  });

  it('are noisy around the true value, rounded, and never below zero', () => {
    const level = new Instrument('water_level_cm', randomOf('level'));
    const readings = Array.from({ length: 500 }, () => level.read(200));
    expect(readings.reduce((sum, value) => sum + value, 0) / 500).toBeCloseTo(200, 0);
    expect(new Set(readings).size).toBeGreaterThan(5);
    readings.forEach((value) => expect(value).toBe(Math.round(value * 10) / 10));
    const flow = new Instrument('flow_m3h', randomOf('flow'));
    expect(Array.from({ length: 50 }, () => flow.read(0)).every((value) => value >= 0)).toBe(true);
  });
});

describe('battery and radio', () => {
  it('stay within what a device can report, for weeks', () => {
    const sound = new PowerAndRadio(randomOf('sound'));
    for (let minute = 0; minute < 21 * DAY; minute += 5) {
      const battery = sound.batteryAt(minute, minute % DAY);
      expect(battery > 60 && battery <= 100).toBe(true);
      const signal = sound.signalAt(minute, minute % 500 < 60 ? 1 : 0);
      expect(signal > -125 && signal < -45).toBe(true);
    }
  });

  it('show a battery that fails and is replaced', () => {
    const weak = new PowerAndRadio(randomOf('weak'), { weak: true });
    const levels = Array.from({ length: 4 * DAY }, (_, minute) => weak.batteryAt(minute, minute % DAY));
    expect(levels[0]).toBeCloseTo(31, 6);
    expect(levels.findIndex((level) => level < 15)).toBeLessThan(DAY);
    expect(Math.min(...levels)).toBeGreaterThan(7.9);
    expect(Math.max(...levels)).toBeGreaterThan(99);
  });
});

describe('the backlog', () => {
  it('hands out the oldest first and keeps what is not acknowledged', () => {
    const backlog = new Backlog(10);
    ['a', 'b', 'c'].forEach((reading) => backlog.add(reading));
    expect(backlog.take(2)).toEqual(['a', 'b']);
    expect([backlog.size, backlog.busy]).toEqual([3, true]);
    expect(() => backlog.take(1)).toThrow('under way');
    backlog.giveBack();
    expect(backlog.take(2)).toEqual(['a', 'b']);
    expect(backlog.done()).toBe(2);
    expect(backlog.take(9)).toEqual(['c']);
  });

  it('drops the oldest when it is full, but not those under way', () => {
    const backlog = new Backlog(3);
    ['a', 'b', 'c'].forEach((reading) => backlog.add(reading));
    backlog.take(1);
    backlog.add('d');
    expect([backlog.size, backlog.dropped]).toEqual([3, 1]);
    backlog.giveBack();
    expect(backlog.take(9)).toEqual(['a', 'c', 'd']);
  });
});

describe('the clock', () => {
  it('runs faster by the speed, and says how long minutes of the scenario take', () => {
    let now = 5_000;
    const clock = new ScenarioClock(60, () => now);
    expect(clock.minute).toBe(0);
    now += 90_000;
    expect(clock.minute).toBe(90);
    expect(clock.wait(30)).toBe(30_000);
  });
});

describe('the options', () => {
  it('have usual values', () => {
    expect(parseOptions(['--demo', 'f.json'])).toMatchObject({ demo: 'f.json', speed: 60, interval: 5, seed: '1' });
    expect(parseOptions(['--demo', 'f.json', '--once'])).toMatchObject({ readings: 1 });
    expect(parseOptions(['--help'])).toMatchObject({ help: true });
  });

  it.each([
    [['--speed', '0', '--demo', 'f'], '--speed takes a number above 0'],
    [['--interval', 'x', '--demo', 'f'], '--interval takes a number above 0'],
    [[], '--demo FILE is missing'],
    [['--nonsense'], 'nonsense'],
  ])('%j are refused', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});
