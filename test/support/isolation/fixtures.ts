import type { EntityProperty } from '@mikro-orm/core';
import { newId } from '../../../src/common/ids.js';
import { Dashboard } from '../../../src/dashboards/dashboard.entity.js';
import { CommandBatch } from '../../../src/devices/commands/command-batch.entity.js';
import { DeviceCommand } from '../../../src/devices/commands/device-command.entity.js';
import { DeviceGroupMember } from '../../../src/devices/commands/groups/device-group-member.entity.js';
import { DeviceGroup } from '../../../src/devices/commands/groups/device-group.entity.js';
import { DevicePresence } from '../../../src/devices/device-presence.entity.js';
import { DeviceRefusal } from '../../../src/devices/signatures/device-refusal.entity.js';
import { SensorShare } from '../../../src/devices/sharing/sensor-share.entity.js';
import { Role } from '../../../src/users/role.entity.js';
import type { TestDatabase } from '../databases.js';
import { asTenant } from '../devices-module.js';
import { Caller } from './caller.js';
import { TENANT_COLUMNS, tableNamedBy, TenantState } from './tenant-state.js';
import type { Ids, Thing } from './things.js';

/** Metric of every sensor here. */
export const METRIC = 'water_level_cm';

/** A tenant that is to be filled. */
interface Plot {
  readonly word: string;
  readonly municipalityId: string;
  readonly regionId: string;
  readonly admin: Caller;
  /** Somebody who is not the administrator. */
  readonly person: Caller;
  /** A municipality that has nothing to do with it, but with which it shares a sensor. */
  readonly third: string;
}

/** Code of the municipality that everybody shares with. */
const THIRD_CODE = 'zqcc-town';

/** Tables that things are taken from where nothing else names them. */
const TABLES: Partial<Readonly<Record<Thing, string>>> = {
  credential: 'device_credentials',
  session: 'sessions',
  auditRow: 'audit_logs',
  certificate: 'device_certificates',
  profile: 'device_profiles',
  uplinkSource: 'uplink_sources',
  protocol: 'protocols',
  sensorType: 'sensor_types',
};

/** Fills a tenant with records of every kind, by the API where that makes them, and in each table that is then empty. */
export async function fillTenant(db: TestDatabase, plot: Plot): Promise<{ ids: Ids; device: Caller }> {
  const { word, admin, person } = plot;
  const { id: deviceId, sensorId, device } = await registerDevice(plot);
  const ruleId = await createRule(admin, word, sensorId);
  await device.must('POST', '/readings', readings(word));
  const [alert] = await admin.must<{ id: string }[]>('GET', '/alerts');
  await admin.must('POST', `/alerts/${alert!.id}/acknowledge`, { comment: `${word} comment` });
  // Open again: a second alert, which somebody else could take care of.
  await device.must('POST', '/readings', { timestamp: '2026-03-01T07:00:00Z', values: { [METRIC]: 10 } });
  await device.must('POST', '/readings', { timestamp: '2026-03-01T08:00:00Z', values: { [METRIC]: 450 } });
  const [open] = await admin.must<{ id: string }[]>('GET', '/alerts?status=ACTIVE');
  const more = {
    ...(await storeByHand(db, plot, sensorId, deviceId)),
    ...(await storeCommand(db, plot, deviceId)),
  };
  await fillEmptyTables(db, plot);
  const known = {
    municipality: plot.municipalityId,
    region: plot.regionId,
    device: deviceId,
    sensor: sensorId,
    rule: ruleId,
    alert: open!.id,
    user: person.userId!,
    email: `${word}-operator@test.example`,
    roleCode: `${word}_role`,
    marker: word,
    recipient: plot.third,
    recipientCode: THIRD_CODE,
    ...more,
  };
  return { ids: { ...(await takenFromTables(db, plot)), ...known }, device };
}

async function registerDevice({ word, admin }: Plot): Promise<{ id: string; sensorId: string; device: Caller }> {
  const id = `${word}-gauge`;
  const { credentials, sensors } = await admin.must<{ credentials: { apiKey: string }; sensors: { id: string }[] }>(
    'POST',
    '/devices/register',
    {
      deviceId: id,
      name: `${word} Gauge`,
      authMethods: ['api_key', 'mqtt', 'hmac'],
      sensors: [{ typeCode: METRIC, name: `${word} Level` }],
      metadata: { note: `${word} metadata` },
    },
  );
  await admin.must('POST', '/devices/certificates/generate', { deviceId: id });
  const definition = { format: 'json', values: [{ path: '$.level', code: METRIC }] };
  await admin.must('POST', '/device-profiles', { code: `${word}_profile`, name: `${word} Profile`, definition });
  await admin.must('POST', '/uplink-sources', { kind: 'tts', name: `${word} Network server` });
  const device = Caller.device(admin.url, `device of ${word}`, id, credentials.apiKey);
  return { id, sensorId: sensors[0]!.id, device };
}

async function createRule(admin: Caller, word: string, sensorId: string): Promise<string> {
  const rule = { name: `${word} Rule`, kind: 'threshold', scope: { sensorId }, operator: '>', value: 100 };
  return (await admin.must<{ id: string }>('POST', '/alert-rules', { ...rule, severity: 'HIGH' })).id;
}

/** One that opens an alert, and one that is set aside with its text. */
function readings(word: string): unknown {
  return { timestamp: '2026-03-01T06:00:00Z', values: { [METRIC]: 400, [`${word}_unknown`]: 1 } };
}

/** What is made by messages or at certain times only. */
async function storeByHand(
  db: TestDatabase,
  { word, municipalityId, third }: Plot,
  sensorId: string,
  deviceId: string,
): Promise<{ role: string; share: string; dashboard: string }> {
  const em = db.orm.em.fork();
  const [role, share, dashboard] = [newId(), newId(), newId()];
  await asTenant('all', async () => {
    em.create(Role, { id: role, municipalityId, code: `${word}_role`, name: `${word} Role`, permissions: [] });
    em.create(SensorShare, {
      id: share,
      sensorId,
      municipalityId,
      recipientId: third,
      validFrom: new Date('2026-01-01'),
      validUntil: new Date('2099-01-01'),
      reason: `${word} reason`,
    });
    em.create(Dashboard, {
      id: dashboard,
      municipalityId,
      name: `${word} Dashboard`,
      layout: { widgets: [] },
    });
    await em.flush();
  });
  await em.upsert(DeviceRefusal, { deviceId, day: '2026-03-01', code: 'SIGNATURE_EXPIRED', count: 1 });
  // There may be one already: its first reading is a sign of life.
  await em.upsert(DevicePresence, { deviceId, lastSeenAt: new Date(), message: `${word} message` });
  return { role, share, dashboard };
}

/** A group, and what it was told; answered, so that it does not change by itself. */
async function storeCommand(
  db: TestDatabase,
  { word, municipalityId }: Plot,
  deviceId: string,
): Promise<{ group: string; batch: string; command: string }> {
  const em = db.orm.em.fork();
  const [group, batch, command] = [newId(), newId(), newId()];
  const told = { municipalityId, name: `${word}_command`, payload: { note: word }, timeoutSeconds: 60, maxAttempts: 1 };
  const over = { status: 'succeeded' as const, attempts: 1, expiresAt: new Date(), result: { note: word } };
  await asTenant('all', async () => {
    em.create(DeviceGroup, { id: group, municipalityId, name: `${word} Group` });
    em.create(DeviceGroupMember, { groupId: group, deviceId, municipalityId });
    em.create(CommandBatch, { id: batch, groupId: group, ...told, total: 1, skipped: [] });
    em.create(DeviceCommand, { id: command, batchId: batch, deviceId, ...told, ...over });
    await em.flush();
  });
  return { group, batch, command };
}

/** Puts a row into every table of the tenant that has none: a new table is full from its first day. */
async function fillEmptyTables(db: TestDatabase, plot: Plot): Promise<void> {
  const state = new TenantState(db, [plot.municipalityId, plot.regionId]);
  const metas = [...db.orm.getMetadata().getAll().values()];
  for (const table of state.tables) {
    const rows = await state.read();
    if (rows.get(table)!.size > 0) continue;
    const meta = metas.find(({ tableName }) => tableName === table)!;
    const values = meta.props.flatMap((prop) => {
      const value = valueFor(prop, plot, (target) => [...(rows.get(target)?.keys() ?? [])][0]);
      return value === undefined ? [] : [[prop.name, value] as const];
    });
    const em = db.orm.em.fork();
    await asTenant('all', () => em.insert(meta.class as never, Object.fromEntries(values) as never)).catch(
      (cause: unknown) => {
        throw new Error(`no row of the tenant could be made in "${table}": add one to fixtures.ts`, { cause });
      },
    );
  }
}

/** Something that the column takes: the tenant's own row for a reference, the tenant's word for a text. */
function valueFor(prop: EntityProperty, plot: Plot, ownRow: (table: string) => string | undefined): unknown {
  if (prop.autoincrement || prop.persist === false) return undefined;
  const target = tableNamedBy(prop);
  if (target === 'municipalities' || TENANT_COLUMNS.has(prop.fieldNames[0] ?? '')) return plot.municipalityId;
  if (target === 'users') return plot.person.userId;
  if (target !== undefined) return ownRow(target);
  if (prop.nullable || prop.default !== undefined || prop.defaultRaw !== undefined) return undefined;
  const type = prop.runtimeType;
  if (/uuid/i.test(prop.type) || prop.columnTypes?.[0] === 'uuid') return newId();
  if (type === 'string') return `${plot.word} text`.slice(0, prop.length ?? 100);
  if (type === 'Date') return new Date();
  if (type === 'number') return 1;
  if (type === 'boolean') return false;
  return prop.customType ? {} : undefined;
}

/** The first own row of each table that things are taken from; an id that nothing has where there is no such table yet. */
async function takenFromTables(db: TestDatabase, plot: Plot): Promise<Ids> {
  const rows = await new TenantState(db, [plot.municipalityId, plot.regionId]).read();
  const things = Object.entries(TABLES).map(([thing, table]) => [thing, firstKey(rows.get(table)) ?? newId()] as const);
  return { ...(Object.fromEntries(things) as Record<Thing, string>), sensorType: METRIC };
}

function firstKey(rows: ReadonlyMap<string, string> | undefined): string | undefined {
  return rows && [...rows.keys()][0];
}
