import { describe, expect, it } from 'vitest';
import { Cascade } from './cascade.mjs';
import { between, exponential, normal, randomOf } from './random.mjs';
import { River } from './river.mjs';
import { gaugeLevels, tankRange } from './scales.mjs';
import { DESIGN_STORM, intensityOf, Weather } from './weather.mjs';

const DAY = 24 * 60;

/** Values of a function at each minute from 0. */
function course(minutes, valueAt) {
  return Array.from({ length: minutes }, (_, minute) => valueAt(minute));
}

function indexOfHighest(values) {
  return values.indexOf(Math.max(...values));
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('random numbers', () => {
  it('repeat for the same parts and differ for others', () => {
    const draw = (...parts) => course(5, randomOf(...parts));
    expect(draw(1, 'rain')).toEqual(draw(1, 'rain'));
    expect(draw(1, 'rain')).not.toEqual(draw(2, 'rain'));
    expect(draw('a', 'bc')).not.toEqual(draw('ab', 'c'));
  });

  it('have the means that they promise', () => {
    const random = randomOf('means');
    expect(mean(course(20_000, random))).toBeCloseTo(0.5, 1);
    expect(mean(course(20_000, () => exponential(random, 7)))).toBeCloseTo(7, 0);
    expect(mean(course(20_000, () => between(random, 3, 5)))).toBeCloseTo(4, 1);
    const normals = course(20_000, () => normal(random));
    expect(mean(normals)).toBeCloseTo(0, 1);
    expect(mean(normals.map((value) => value ** 2))).toBeCloseTo(1, 1);
  });
});

describe('a storm', () => {
  const minutes = course(200, (minute) => intensityOf(DESIGN_STORM, minute + 0.5));

  it('brings its whole depth between its begin and its end', () => {
    expect(minutes.reduce((sum, rain) => sum + rain, 0)).toBeCloseTo(DESIGN_STORM.depthMm, 0);
    expect(minutes.slice(0, DESIGN_STORM.begin - 1)).toEqual(course(DESIGN_STORM.begin - 1, () => 0));
    expect(intensityOf(DESIGN_STORM, DESIGN_STORM.begin + DESIGN_STORM.duration)).toBe(0);
  });

  it('is heaviest before its middle', () => {
    const heaviest = indexOfHighest(minutes);
    expect(heaviest).toBeGreaterThan(DESIGN_STORM.begin);
    expect(heaviest).toBeLessThan(DESIGN_STORM.begin + DESIGN_STORM.duration / 2);
  });
});

describe('the weather', () => {
  function stormsOf(seed, days, options) {
    const weather = new Weather(randomOf(seed), options);
    const storms = course(days * DAY, (minute) => weather.step(minute, minute % DAY)).filter(Boolean);
    return { weather, storms };
  }

  it('begins with the storm that is wished for', () => {
    expect(stormsOf(1, 1, { first: DESIGN_STORM }).storms[0]).toEqual(DESIGN_STORM);
  });

  it('has storms at random times, some 12 hours apart, and sums up their rain', () => {
    const { weather, storms } = stormsOf(1, 400);
    const perDay = storms.length / 400;
    expect(perDay).toBeGreaterThan(1.7);
    expect(perDay).toBeLessThan(2.3);
    const depth = storms.reduce((sum, { depthMm }) => sum + depthMm, 0);
    expect(Math.abs(weather.rainSum - depth) / depth).toBeLessThan(0.03);
    expect(storms).toEqual(stormsOf(1, 400).storms);
  });
});

describe('a cascade of reservoirs', () => {
  it('loses no water', () => {
    const cascade = new Cascade(3, 9);
    const random = randomOf('inflow');
    let [inflow, outflow] = [0, 0];
    for (let minute = 0; minute < 500; minute++) {
      const rain = minute < 60 ? random() : 0;
      inflow += rain;
      outflow += cascade.step(rain);
      expect(outflow + cascade.storage).toBeCloseTo(inflow, 9);
    }
    expect(cascade.storage).toBeLessThan(1e-9);
  });

  it('delays by the number of reservoirs times the stay in each, and flattens', () => {
    const cascade = new Cascade(4, 5);
    const flows = course(400, (minute) => cascade.step(minute === 0 ? 1 : 0));
    const centre = flows.reduce((sum, flow, minute) => sum + flow * minute, 0);
    expect(centre).toBeCloseTo(4 * 5, 0);
    expect(Math.max(...flows)).toBeLessThan(0.06);
  });
});

describe('a river in the design storm', () => {
  const gauges = [
    { municipality: 'upper', baseCm: 100, designCm: 420 },
    { municipality: 'upper', baseCm: 80, designCm: 400 },
    { municipality: 'lower', baseCm: 110, designCm: 380 },
  ];
  const river = new River(gauges);
  const rows = course(2 * DAY, (minute) => {
    const before = gauges.map((_, index) => [river.levelAt(index), river.turbidityAt(index), river.dischargeAt(index)]);
    river.step(() => intensityOf(DESIGN_STORM, minute));
    return before;
  });
  const levels = gauges.map((_, index) => rows.map((row) => row[index][0]));

  it('starts and ends in dry weather', () => {
    levels.forEach((values, index) => {
      expect(values[0]).toBeCloseTo(gauges[index].baseCm, 6);
      expect(values.at(-1) - gauges[index].baseCm).toBeLessThan(5);
    });
  });

  it('peaks at the level that the gauge is scaled to, later at each gauge', () => {
    levels.forEach((values, index) => expect(Math.max(...values)).toBeCloseTo(gauges[index].designCm, 3));
    const peaks = levels.map(indexOfHighest);
    expect(peaks[0]).toBeGreaterThan(DESIGN_STORM.begin + DESIGN_STORM.duration / 3);
    expect(peaks[1] - peaks[0]).toBeGreaterThan(8);
    expect(peaks[2] - peaks[1]).toBeGreaterThan(8);
  });

  it('falls more slowly than it rises', () => {
    const [values] = levels;
    const peak = indexOfHighest(values);
    const half = (Math.max(...values) + gauges[0].baseCm) / 2;
    const rise = peak - values.findIndex((level) => level > half);
    const fall = values.findIndex((level, minute) => minute > peak && level < half) - peak;
    expect(fall).toBeGreaterThan(rise);
  });

  it('carries most turbidity while it still rises', () => {
    const turbidity = rows.map((row) => row[0][1]);
    expect(indexOfHighest(turbidity)).toBeLessThan(indexOfHighest(levels[0]));
    expect(turbidity[0]).toBeLessThan(10);
    expect(Math.max(...turbidity)).toBeGreaterThan(100);
  });

  it('answers only to rain that falls above the gauge', () => {
    const other = new River(gauges);
    for (let minute = 0; minute < 75; minute++) {
      other.step((municipality) => (municipality === 'lower' ? intensityOf(DESIGN_STORM, minute) : 0));
    }
    expect(other.levelAt(0)).toBeCloseTo(gauges[0].baseCm, 6);
    expect(other.levelAt(2)).toBeGreaterThan(gauges[2].baseCm + 20);
  });
});

describe('the scale of a water level', () => {
  const metrics = [{ code: 'water_level_cm', kind: 'water_level_cm' }];
  const station = (thresholds) => ({
    municipality: 'm',
    metrics,
    thresholds: thresholds ? { water_level_cm: thresholds } : {},
  });

  it('lies between HIGH and CRITICAL in the design storm, lower at each gauge', () => {
    const first = gaugeLevels(station(), 0, 3);
    const last = gaugeLevels(station(), 2, 3);
    expect(first).toMatchObject({ municipality: 'm', designCm: 425 });
    expect(last.designCm).toBe(375);
    expect(first.baseCm).toBeLessThan(250);
  });

  it('follows the thresholds of the sensor, also where some are missing', () => {
    const high = gaugeLevels(station({ direction: 'above', high: 200 }), 0, 1);
    expect(high.designCm).toBeGreaterThan(200);
    expect(high.baseCm).toBeLessThan(100);
    const medium = gaugeLevels(station({ direction: 'above', medium: 100 }), 0, 1);
    expect(medium.designCm).toBeGreaterThan(100);
    expect(medium.baseCm).toBeLessThan(100);
    const critical = gaugeLevels(station({ direction: 'above', critical: 500 }), 0, 1);
    expect(critical.designCm).toBeLessThan(500);
  });

  it('keeps a tank above the level from which it counts as too empty', () => {
    const { low, high } = tankRange(station({ direction: 'below', medium: 95, high: 70, critical: 45 }));
    expect(low).toBeGreaterThan(95);
    expect(high).toBeLessThan(250);
    expect(tankRange(station()).high).toBeLessThan(250);
  });
});
