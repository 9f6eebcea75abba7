import type { RegisteredSensor } from '../devices/device-registry.js';
import { inUnitOf } from './decoding/units.js';
import { riskOf } from '../devices/sensors/risk-thresholds.js';
import { QUALITY_NUMBER } from './quality.js';
import type { PartRejection } from './part-rejection.js';
import { readNumber, type ReadingSet } from './payload-reader.js';

/** A value that can be stored. */
export interface Candidate {
  readonly sensor: RegisteredSensor;
  /** Epoch milliseconds. */
  readonly instant: number;
  readonly value: number;
  readonly quality: number;
  readonly risk: number;
  /** Position of its message among those ingested together. */
  readonly message: number;
  /** Place of its set in the message. */
  readonly index: number;
}

/** Turns a set's values into candidates for storing; what is unknown or not a number is rejected one by one. */
export function candidatesOf(
  set: ReadingSet,
  sensors: ReadonlyMap<string, RegisteredSensor>,
  message: number,
  candidates: Candidate[],
  rejections: PartRejection[],
): void {
  const { index, instant } = set;
  for (const metric in set.values) {
    const sensor = sensors.get(metric);
    if (!sensor) {
      if (HEALTH_KEYS.has(metric)) continue;
      rejections.push({ index, metric, instant, code: 'UNKNOWN_METRIC', reason: 'the device has no such sensor' });
      continue;
    }
    const given = readNumber(set.values[metric]);
    if (Number.isNaN(given)) {
      rejections.push({ index, metric, instant, code: 'INVALID_VALUE', reason: 'not a finite number' });
      continue;
    }
    const value = set.unit === undefined ? given : inUnitOf(sensor.unit, given, set.unit);
    if (value === null) {
      const reason = `the unit "${set.unit}" is none of those of ${sensor.unit}`;
      rejections.push({ index, metric, instant, code: 'INVALID_VALUE', reason });
      continue;
    }
    const inRange =
      (sensor.validMin === null || value >= sensor.validMin) && (sensor.validMax === null || value <= sensor.validMax);
    const quality = inRange ? set.quality : QUALITY_NUMBER.bad;
    const risk = inRange ? riskOf(value, sensor.thresholds) : 0;
    // Adding 0 makes -0 a plain 0, which is what the databases compare it as.
    candidates.push({ sensor, instant, value: value + 0, quality, risk, message, index });
  }
}

/** State of the device that many send along; taken as a reading where a sensor is registered for it, else not a metric. */
const HEALTH_KEYS = new Set(['battery_level', 'signal_strength']);

/** Candidates in the order of their keys, and the rest, which repeat a key of the same batch. */
export interface SortedCandidates {
  readonly unique: Candidate[];
  /** Same key and value as one in `unique`. */
  readonly duplicates: Candidate[];
  /** Same key as one in `unique` that came first, with another value. */
  readonly conflicting: Candidate[];
}

/** Sorts candidates by (series, instant), which is also the order in which all writers take their locks. */
export function sortCandidates(candidates: Candidate[]): SortedCandidates {
  // A stable sort: of equal keys the first to arrive stays first.
  candidates.sort((a, b) => a.sensor.seriesId - b.sensor.seriesId || a.instant - b.instant);
  const unique: Candidate[] = [];
  const duplicates: Candidate[] = [];
  const conflicting: Candidate[] = [];
  let last: Candidate | undefined;
  for (const candidate of candidates) {
    if (last?.sensor.seriesId === candidate.sensor.seriesId && last.instant === candidate.instant) {
      (Object.is(last.value, candidate.value) ? duplicates : conflicting).push(candidate);
    } else {
      unique.push(candidate);
      last = candidate;
    }
  }
  return { unique, duplicates, conflicting };
}
