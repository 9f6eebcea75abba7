import { checkedInstant } from './event-time.js';
import type { PartRejection } from './part-rejection.js';
import { metricOf, resolveSenml } from './senml.js';

/** A number of a SenML pack, at an instant that was checked. */
export interface SenmlNumber {
  readonly index: number;
  /** The whole name. */
  readonly name: string;
  /** Its last part. */
  readonly metric: string;
  /** Epoch milliseconds. */
  readonly instant: number;
  readonly unit: string | undefined;
  readonly value: number;
}

/** The numbers of a pack and what of it is none; or why the pack cannot be used. */
export type SenmlReadings =
  | {
      readonly readings: readonly SenmlNumber[];
      readonly rejections: readonly PartRejection[];
      readonly problem?: undefined;
    }
  | { readonly readings?: undefined; readonly rejections?: undefined; readonly problem: string };

/** Reads a SenML pack; only its numbers and booleans are readings, anything else is rejected by its name. */
export function readSenml(items: readonly unknown[], receivedAt: number): SenmlReadings {
  const { records, problem } = resolveSenml(items, receivedAt);
  if (records === undefined) return { problem };
  const readings: SenmlNumber[] = [];
  const rejections: PartRejection[] = [];
  for (const record of records) {
    const { index } = record;
    if ('problem' in record) {
      rejections.push({ index, metric: null, instant: null, code: 'MALFORMED_PAYLOAD', reason: record.problem });
      continue;
    }
    const { name, unit, value } = record;
    const metric = metricOf(name);
    const instant = checkedInstant(record.instant, receivedAt);
    if (typeof instant === 'object') rejections.push({ index, metric, instant: null, ...instant });
    else if (typeof value === 'number') readings.push({ index, name, metric, instant, unit, value });
    else rejections.push({ index, metric, instant, code: 'INVALID_VALUE', reason: value });
  }
  return { readings, rejections };
}
