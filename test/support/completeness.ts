import { SystemClock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import { Municipality } from '../../src/municipalities/municipality.entity.js';
import { MunicipalityService } from '../../src/municipalities/municipality.service.js';
import type { OutboxService } from '../../src/outbox/outbox.service.js';
import { CompletenessReader } from '../../src/readings/completeness/completeness-reader.js';
import { CompletenessService } from '../../src/readings/completeness/completeness.service.js';
import { FleetCompletenessService } from '../../src/readings/completeness/fleet-completeness.service.js';
import { SlotLedger } from '../../src/readings/completeness/slot-ledger.js';
import type { DeviceMessage } from '../../src/readings/device-message.js';
import { readPayload } from '../../src/readings/payload-reader.js';
import type { TestDatabase } from './databases.js';

export const LEVEL = 'water_level_cm';
export const RAIN = 'rainfall_mm';
export const QUARTER = 15 * 60_000;
export const HOUR = 4 * QUARTER;
export const DAY = 24 * HOUR;

/** A day of long ago, and its slots: a device reports every quarter of an hour, seven minutes past. */
export const START = Date.UTC(2026, 2, 1);
export const RANGE = { from: new Date(START), to: new Date(START + DAY) };
export const SLOTS = Array.from({ length: 96 }, (_, slot) => slot);
export const at = (slot: number): number => START + 7 * 60_000 + slot * QUARTER;

/** Tells nobody. */
export const SILENT = { append: async () => {} } as unknown as OutboxService;

/** The services of completeness on a test database. */
export function openCompleteness(db: TestDatabase): { devices: CompletenessService; fleet: FleetCompletenessService } {
  const clock = new SystemClock();
  const reader = new CompletenessReader(db.transactions, db.dialect);
  const slots = new SlotLedger(reader, clock);
  const municipalities = new MunicipalityService(db.orm.em, db.transactions, null!, db.dialect, null!);
  return {
    devices: new CompletenessService(reader, slots, clock),
    fleet: new FleetCompletenessService(reader, slots, municipalities, clock),
  };
}

/** Stores a municipality of Vienna's time; answers its id. */
export async function makeMunicipality(db: TestDatabase): Promise<string> {
  const em = db.orm.em.fork();
  const { id } = em.create(Municipality, { id: newId(), code: newId(), name: 'Test', timeZone: 'Europe/Vienna' });
  await em.flush();
  return id;
}

/** A message with a set of an instant, which arrives some milliseconds after it. */
export function messageAt(deviceId: string, instant: number, more: object = {}, delay = 1_500): DeviceMessage {
  const payload = Buffer.from(JSON.stringify({ timestamp: instant, values: { [LEVEL]: 1, [RAIN]: 2 }, ...more }));
  const receivedAt = instant + delay;
  return { deviceId, source: 'mqtt', receivedAt, payload, ...readPayload(payload, receivedAt) };
}
