import { isUsable } from './quality.js';
import type { JudgedReading, JudgedSeries } from './reading-judge.js';
import type { StoredBatch } from './reading-store.js';
import type { Candidate } from './sort-readings.js';

/**
 * Groups newly stored readings by series for judging. Bad and missing values are left out, since they never raise
 * alerts; their series is not.
 */
export function judgedSeries({ inserted, previous }: Pick<StoredBatch, 'inserted' | 'previous'>): JudgedSeries[] {
  const series: JudgedSeries[] = [];
  let current: { sensor: Candidate['sensor']; readings: JudgedReading[]; previousInstant: number | null } | undefined;
  for (const row of inserted) {
    if (current?.sensor.seriesId !== row.sensor.seriesId) {
      const previousInstant = previous.get(row.sensor.seriesId) ?? null;
      current = { sensor: row.sensor, readings: [], previousInstant };
      series.push(current);
    }
    if (isUsable(row.quality)) current.readings.push(row);
  }
  return series;
}
