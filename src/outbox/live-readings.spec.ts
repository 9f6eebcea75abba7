import { describe, expect, it } from 'vitest';
import type { LiveReadingTuple } from './live-event.js';
import { LiveReadings, liveReadingsOf } from './live-readings.js';

describe('the payload of a readings row', () => {
  const tuples: LiveReadingTuple[] = [
    ['a', 'device-1', 'water_level_cm', 1, 10.5, 0, 0],
    ['a', 'device-1', 'water_level_cm', 2, 11, 0, 1],
    ['b', 'device-1', 'rainfall_mm', 2, 0.4, 2, 0],
    ['a', 'device-1', 'water_level_cm', 3, 12, 0, 2],
  ];

  it('gives the readings back as they were, in their order', () => {
    const readings = new LiveReadings();
    for (const tuple of tuples) readings.add(...tuple);
    expect(liveReadingsOf(readings.payload())).toEqual(tuples);
  });

  it('names a sensor once for a run of its readings', () => {
    const readings = new LiveReadings();
    for (const tuple of tuples.slice(0, 2)) readings.add(...tuple);
    expect(JSON.parse(readings.payload())).toEqual([['a', 'device-1', 'water_level_cm', 1, 10.5, 0, 0, 2, 11, 0, 1]]);
  });

  it('takes plain tuples for runs of one', () => {
    expect(liveReadingsOf(JSON.stringify(tuples))).toEqual(tuples);
  });
});
