import type { LiveReadingTuple, NewLiveEvent } from '../outbox/live-event.js';
import type { Candidate } from './sort-readings.js';

/** One live event per municipality with its newly stored readings, in the order in which they were stored. */
export function readingEvents(inserted: readonly Candidate[]): NewLiveEvent[] {
  const byMunicipality = new Map<string, LiveReadingTuple[]>();
  for (const { sensor, instant, value, quality, risk } of inserted) {
    let tuples = byMunicipality.get(sensor.municipalityId);
    if (!tuples) byMunicipality.set(sensor.municipalityId, (tuples = []));
    tuples.push([sensor.id, sensor.deviceId, sensor.code, instant, value, quality, risk]);
  }
  return [...byMunicipality].map(([municipalityId, tuples]) => ({
    municipalityId,
    type: 'readings',
    payload: JSON.stringify(tuples),
  }));
}
