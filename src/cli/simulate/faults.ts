import { randomBytes } from 'node:crypto';

/** What may be wrong with a device. */
export const FAULTS = [
  'silence',
  'stuck',
  'drift',
  'range',
  'duplicates',
  'late',
  'clock',
  'unsigned',
  'tampered',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Faults of somebody who must sign; without a signature there is nothing to be wrong about. */
export const SIGNATURE_FAULTS: readonly Fault[] = ['unsigned', 'tampered'];

const OUT_OF_RANGE = 1e6;
const DRIFT_PER_READING = 0.01;
/** An hour ahead: more than the platform takes for a clock. */
const CLOCK_AHEAD_MS = 3_600_000;
/** Readings that a late device gathers before it hands them over. */
export const LATE_BATCH = 5;

/** The values of a reading as a faulty device shows them. */
export class FaultyValues {
  private stuckAt: Readonly<Record<string, number>> | undefined;
  private readings = 0;

  constructor(private readonly fault: Fault | undefined) {}

  distort(values: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
    this.readings += 1;
    switch (this.fault) {
      case 'stuck':
        return (this.stuckAt ??= values);
      case 'drift':
        return mapped(values, (value) => value * (1 + DRIFT_PER_READING * this.readings));
      case 'range':
        // Only one sensor fails; the others go on.
        return { ...values, ...mapped(Object.fromEntries(Object.entries(values).slice(0, 1)), () => OUT_OF_RANGE) };
      default:
        return values;
    }
  }
}

/** The time that a device believes it is, epoch milliseconds. */
export function deviceTime(fault: Fault | undefined, now: number): number {
  return fault === 'clock' ? now + CLOCK_AHEAD_MS : now;
}

/** Bytes that are not those that were signed. */
export function tamperedWith(payload: Buffer): Buffer {
  return Buffer.from(payload.toString('utf8').replace(/\d(?=[^\d]*$)/, (digit) => String((Number(digit) + 1) % 10)));
}

/** A nonce of 16 random bytes. */
export function newNonce(): string {
  return randomBytes(16).toString('hex');
}

function mapped(values: Readonly<Record<string, number>>, change: (value: number) => number): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([code, value]) => [code, change(value)]));
}
