import type { StreamEntry } from '../redis/stream-entry.js';
import type { LiveEvent, LiveEventType } from './live-event.js';

/** Name of the stream that carries a municipality's newest live events. */
export function liveStream(municipalityId: string): string {
  return `live:${municipalityId}`;
}

/** An event as the fields of a stream entry; its position is the entry's id. Short names: they are there once per event. */
export function liveFields(event: LiveEvent): string[] {
  const fields = ['t', event.type, 'p', event.payload, 'o', String(event.occurredAt)];
  return event.requestId === null ? fields : [...fields, 'r', event.requestId];
}

/** The event of a stream entry. */
export function liveEventOf(municipalityId: string, { position, fields }: StreamEntry): LiveEvent {
  return {
    municipalityId,
    position,
    type: fields['t'] as LiveEventType,
    payload: fields['p'] ?? 'null',
    occurredAt: Number(fields['o']),
    requestId: fields['r'] ?? null,
  };
}
