import type { LiveReadingTuple } from './live-event.js';

/**
 * A run of readings of one sensor as the payload of a `readings` row holds it: the names once, then instant, value,
 * quality and risk of each reading. A run of one is a LiveReadingTuple.
 */
type ReadingRun = [sensorId: string, deviceId: string, metric: string, ...numbers: number[]];

const NAMES = 3;
const NUMBERS = 4;

/** Gathers readings, in their order, into the payload of a `readings` row. */
export class LiveReadings {
  private readonly runs: ReadingRun[] = [];
  private last: ReadingRun | undefined;

  add(...[sensorId, deviceId, metric, instant, value, quality, risk]: LiveReadingTuple): void {
    if (this.last?.[0] === sensorId) {
      this.last.push(instant, value, quality, risk);
      return;
    }
    this.last = [sensorId, deviceId, metric, instant, value, quality, risk];
    this.runs.push(this.last);
  }

  /** JSON text of everything added. */
  payload(): string {
    return JSON.stringify(this.runs);
  }
}

/** The readings of a `readings` row, in their order. */
export function liveReadingsOf(payload: string): LiveReadingTuple[] {
  const tuples: LiveReadingTuple[] = [];
  for (const run of JSON.parse(payload) as ReadingRun[]) {
    const [sensorId, deviceId, metric] = run;
    for (let i = NAMES; i < run.length; i += NUMBERS) {
      const [instant, value, quality, risk] = run.slice(i, i + NUMBERS) as [number, number, number, number];
      tuples.push([sensorId, deviceId, metric, instant, value, quality, risk]);
    }
  }
  return tuples;
}
