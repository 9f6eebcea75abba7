import type { NewLiveEvent } from '../outbox/live-event.js';
import { LiveReadings } from '../outbox/live-readings.js';
import type { Candidate } from './sort-readings.js';

/** One live event per municipality with its newly stored readings, in the order in which they were stored. */
export function readingEvents(inserted: readonly Candidate[]): NewLiveEvent[] {
  const byMunicipality = new Map<string, LiveReadings>();
  for (const { sensor, instant, value, quality, risk } of inserted) {
    let readings = byMunicipality.get(sensor.municipalityId);
    if (!readings) byMunicipality.set(sensor.municipalityId, (readings = new LiveReadings()));
    readings.add(sensor.id, sensor.deviceId, sensor.code, instant, value, quality, risk);
  }
  return [...byMunicipality].map(([municipalityId, readings]) => ({
    municipalityId,
    type: 'readings',
    payload: readings.payload(),
  }));
}
