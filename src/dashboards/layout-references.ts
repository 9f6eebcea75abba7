import type { FieldError } from '../common/errors/domain.error.js';
import { ValidationError } from '../common/errors/errors.js';
import { placeholders } from '../database/sql.js';
import type { Transaction } from '../database/transaction.js';
import type { Layout } from './layout.schemas.js';

/** A record that a layout names, and where. */
interface Reference {
  readonly path: string;
  readonly id: string;
}

/**
 * Makes sure that all which a layout names lies in the municipality of its dashboard, for a region in one of its
 * municipalities; sensors may also be shared with it at present. What is another's is answered like what is not there.
 * @param nowMs epoch ms
 * @throws ValidationError `UNKNOWN_SENSOR`, `UNKNOWN_MUNICIPALITY`, naming each
 */
export async function checkLayout(
  tx: Transaction,
  layout: Layout,
  municipalityId: string,
  nowMs: number,
): Promise<void> {
  const { sensors, municipalities } = referencesOf(layout);
  if (sensors.length === 0 && municipalities.length === 0) return;
  const reached = await tx.query<{ id: string }>(`select id from municipalities where id = ? or parent_id = ?`, [
    municipalityId,
    municipalityId,
  ]);
  const own = reached.rows.map(({ id }) => id);
  const known = await knownSensors(tx, [...new Set(sensors.map(({ id }) => id))], own, nowMs);
  const errors = [
    ...complaints(municipalities, new Set(own), 'UNKNOWN_MUNICIPALITY', 'There is no such municipality here.'),
    ...complaints(sensors, known, 'UNKNOWN_SENSOR', 'There is no such sensor in the municipality of the dashboard.'),
  ];
  if (errors.length > 0) throw new ValidationError(errors);
}

function referencesOf({ widgets }: Layout): { sensors: Reference[]; municipalities: Reference[] } {
  const sensors: Reference[] = [];
  const municipalities: Reference[] = [];
  for (const [index, { settings = {} }] of widgets.entries()) {
    const path = `layout.widgets.${index}.settings`;
    if ('municipalityId' in settings && settings.municipalityId !== undefined) {
      municipalities.push({ path: `${path}.municipalityId`, id: settings.municipalityId });
    }
    if (!('sensorIds' in settings)) continue;
    settings.sensorIds?.forEach((id, place) => sensors.push({ path: `${path}.sensorIds.${place}`, id }));
  }
  return { sensors, municipalities };
}

/** Raw SQL, since a sensor that is shared is another tenant's: it states the tenant itself. */
async function knownSensors(
  tx: Transaction,
  ids: readonly string[],
  municipalityIds: readonly string[],
  nowMs: number,
): Promise<ReadonlySet<string>> {
  if (ids.length === 0 || municipalityIds.length === 0) return new Set();
  const own = placeholders(municipalityIds.length);
  const now = tx.dialect.instant(nowMs);
  const { rows } = await tx.query<{ id: string }>(
    `select s.id from sensors s where s.id in ${placeholders(ids.length)} and (s.municipality_id in ${own}
       or exists (select 1 from sensor_shares h where h.sensor_id = s.id and h.recipient_id in ${own}
         and h.ended_at is null and h.valid_from <= ? and h.valid_until > ?))`,
    [...ids, ...municipalityIds, ...municipalityIds, now, now],
  );
  return new Set(rows.map(({ id }) => id));
}

function complaints(
  references: readonly Reference[],
  known: ReadonlySet<string>,
  code: string,
  message: string,
): FieldError[] {
  return references.filter(({ id }) => !known.has(id)).map(({ path }) => ({ path, code, message }));
}
