import { isUsable } from './quality.js';
import type { JudgedReading, JudgedSeries } from './reading-judge.js';
import type { StoredBatch } from './reading-store.js';
import type { Candidate } from './sort-readings.js';

/** Groups newly stored readings by series for judging; bad and missing values are left out, they never raise alerts. */
export function judgedSeries({ inserted, previous }: Pick<StoredBatch, 'inserted' | 'previous'>): JudgedSeries[] {
  const series: JudgedSeries[] = [];
  let current: { sensor: Candidate['sensor']; readings: JudgedReading[]; previousInstant: number | null } | undefined;
  for (const row of inserted) {
    if (!isUsable(row.quality)) continue;
    if (current?.sensor.seriesId !== row.sensor.seriesId) {
      const previousInstant = previous.get(row.sensor.seriesId) ?? null;
      current = { sensor: row.sensor, readings: [], previousInstant };
      series.push(current);
    }
    current.readings.push(row);
  }
  return series;
}
