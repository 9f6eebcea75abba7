import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotFoundError } from '../../src/common/errors/errors.js';
import { Sensor } from '../../src/devices/sensors/sensor.entity.js';
import { LatestQueryService } from '../../src/readings/query/latest-query.service.js';
import { seriesQuerySchema, latestQuerySchema } from '../../src/readings/query/reading-query.schemas.js';
import { SeriesQueryService } from '../../src/readings/query/series-query.service.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant } from '../support/devices-module.js';
import { rawStatements, statementsIn } from '../support/isolation/sql-statements.js';
import { createWorld, type World } from '../support/isolation/world.js';

const SOURCE = join(import.meta.dirname, '../../src');

/** Tables that the whole country shares, or that hold nothing of a tenant. */
const NOT_OF_TENANTS: ReadonlySet<string> = new Set([
  'counters',
  'sensor_types',
  'protocols',
  'audit_keys',
  'device_authorities',
  'broker_sync',
  'listening_spans',
]);
const TABLES = createdTables(join(SOURCE, 'database/migrations/postgres')).filter(
  (table) => !NOT_OF_TENANTS.has(table),
);

/**
 * Raw statements that name no tenant, by the reason why that is right: each works on keys that somebody who was asked
 * for the tenant has handed over, or is the platform's own work for everybody. A new one is fixed or explained here.
 */
const EXPLAINED: Readonly<Record<string, readonly string[]>> = {
  'ingestion and judging: the device decided whose readings they are, and all that follows has its series and rules': [
    'alerts/rule-states.ts › read',
    'alerts/stored-history.ts › alerts',
    'alerts/stored-history.ts › readings',
    'database/dialects/mysql.dialect.ts › advanceLatest',
    'database/dialects/mysql.dialect.ts › insertFresh',
    'database/dialects/mysql.dialect.ts › lockLatest',
    'database/dialects/mysql.dialect.ts › storedValues',
    'database/dialects/mysql.dialect.ts › insertRows',
    'database/dialects/mysql.dialect.ts › upsert',
    'database/dialects/postgres.dialect.ts › advanceLatest',
    'database/dialects/postgres.dialect.ts › insertFresh',
    'database/dialects/postgres.dialect.ts › insertLate',
    'database/dialects/postgres.dialect.ts › storedValues',
    'database/dialects/postgres.dialect.ts › insertRows',
    'database/dialects/postgres.dialect.ts › upsert',
    'database/dialects/mysql.dialect.ts › merge',
    'database/dialects/postgres.dialect.ts › merge',
    'devices/heartbeat/device-facts.ts › read',
    'devices/heartbeat/presence.store.ts › lock',
    'devices/heartbeat/presence.store.ts › lockDue',
    'devices/heartbeat/presence.store.ts › lockKnown',
    'devices/heartbeat/sweep/sweeper.ts › due',
    'devices/signatures/device-nonces.ts › find',
    'devices/signatures/device-nonces.ts › insert',
    'devices/signatures/refusal-counts.ts › existing',
    'readings/completeness/delivery-counts.ts › existing',
    'readings/completeness/delivery-ledger.ts › writeSequences',
    'readings/rejected-readings.ts › municipalityOf',
  ],
  'closing the alerts of a rule or sensor that was read within the tenant before, in the same transaction': [
    'alerts/alert-closing.ts › clearStates',
    'alerts/alert-closing.ts › lockSeries',
    'alerts/alerts-of-rules.ts › lock',
    'alerts/alerts-of-rules.ts › openAlerts',
  ],
  'a device that was read within the tenant before, in the same transaction': [
    'alerts/alerts-of-devices.ts › clear',
    'alerts/alerts-of-devices.ts › open',
    'alerts/alerts-of-devices.ts › openAlerts',
    'devices/device-removal.service.ts › hasHistory',
    'devices/heartbeat/health-filter.ts › stateExpression',
    'devices/heartbeat/history/availability-reader.ts › changes',
    'devices/heartbeat/history/availability-reader.ts › presentStates',
    'devices/heartbeat/history/availability-reader.ts › statesAt',
    'devices/heartbeat/history/availability-reader.ts › statesUntilChange',
    'devices/heartbeat/municipality-lives.ts › makeDue',
    'devices/device-removal.service.ts › remove',
  ],
  'series that were looked up within the tenant before, for the same answer': [
    'readings/completeness/completeness-reader.ts › instants',
    'readings/completeness/completeness-reader.ts › lastBefore',
  ],
  'devices show who they are by it: which tenant they belong to is the answer': [
    'devices/broker/mqtt-users.ts › load',
    'devices/certificates/certificate-verifier.ts › find',
    'devices/credentials/credential-usage.ts › write',
    'devices/credentials/credential-verifier.ts › find',
    'devices/credentials/credential-verifier.ts › renewHash',
    'devices/signatures/hmac-keys.ts › load',
    'devices/device-registry.ts › load',
    'devices/device-registry.ts › profilesOf',
    'devices/uplinks/uplink-source-verifier.ts › authenticate',
  ],
  'one broker serves all municipalities, and is kept in step with the devices of all of them': [
    'devices/broker/broker-changes.ts › done',
    'devices/broker/broker-changes.ts › due',
    'devices/broker/broker-changes.ts › of',
    'devices/broker/broker-changes.ts › postpone',
    'devices/broker/desired-rights.ts › SELECT',
    'devices/broker/reconciliation.ts › noteFailed',
    'devices/broker/rights-status.ts › read',
  ],
  'people show who they are by it: which tenants they belong to is the answer': [
    'auth/accounts.ts › SELECT',
    'auth/links/one-time-links.ts › ownerOf',
    'auth/links/one-time-links.ts › use',
    'auth/links/password-links.service.ts › store',
    'auth/sessions/refresh-tokens.ts › exchange',
    'auth/sessions/refresh-tokens.ts › familyOf',
    'auth/sessions/refresh-tokens.ts › issue',
    'auth/sessions/session-store.ts › isKnownNetwork',
    'auth/sessions/session-store.ts › touch',
    'users/passwords.ts › store',
    'users/principals.ts › SELECT',
    'users/principals.ts › noteSignIn',
  ],
  'sessions that were read by their person before': ['auth/sessions/session-store.ts › endThese'],
  'the municipalities of the row are in its values, which its caller made': [
    'audit/audit-log.ts › insert',
    'readings/rejected-readings.ts › add',
  ],
  'the audit log finds the chain of a change by it': ['devices/credentials/device-credential.entity.ts › module'],
  'a revocation list holds the serial numbers of all tenants, and nothing that says whose they are': [
    'devices/certificates/revocation-lists.ts › read',
  ],
  'work of the platform for all tenants, without an answer to anybody': [
    'devices/certificates/certificate-expiry.service.ts › devicesToLookAt',
    'devices/certificates/certificate-expiry.service.ts › read',
    'devices/certificates/certificate-expiry.service.ts › remember',
    'audit/audit-verifier.ts › chains',
    'audit/sealer.ts › anchor',
    'audit/sealer.ts › seal',
    'audit/witness/anchor-witness.ts › deliver',
    'auth/sessions/session-pruner.ts › delete',
    'devices/commands/command-store.ts › hasDue',
    'readings/completeness/ledger-pruner.ts › prune',
    'devices/commands/command-store.ts › inTurn',
    'devices/commands/command-store.ts › lockDue',
    'devices/signatures/nonce-pruner.ts › oldest',
    'devices/signatures/nonce-pruner.ts › prune',
    'outbox/outbox-pruner.ts › pruneAll',
  ],
  'rows whose chain named them': ['audit/chain-reader.ts › byIds'],
  'the condition is in a list of conditions, and begins it': ['readings/query/latest-query.service.ts › page'],
  'a part of a statement that states the tenant around it': ['readings/query/series-reader.ts › aggregateBetween'],
  'the municipality of a dashboard that was read within the tenant, and those in it': [
    'dashboards/layout-references.ts › checkLayout',
  ],
  'groups and group commands that were read within the tenant, whose parts it counts': [
    'devices/commands/groups/device-groups.service.ts › countsOf',
    'devices/commands/groups/group-commands.service.ts › countsOf',
  ],
  'what is national asks whether anybody uses it, and tells no more than that': [
    'devices/protocols/protocols.service.ts › remove',
    'devices/profiles/profiles.service.ts › remove',
    'devices/sensors/sensor-types.service.ts › userOf',
    'users/user-rights.ts › requireAnotherSuperAdmin',
  ],
  'it touches tables that belong to nobody': [
    'database/registry-version.ts › check',
    'database/seeders/reference.seeder.ts › missingOf',
  ],
};

describe('raw SQL in the source', () => {
  const statements = rawStatements(SOURCE, TABLES);
  const silent = statements.filter(({ statesTenant }) => !statesTenant);
  const explained = new Set(Object.values(EXPLAINED).flat());

  it('states the tenant, or stands in the list with a reason', () => {
    process.stdout.write(
      `raw SQL: ${statements.length} statements on tables of tenants, ${silent.length} of them explained\n`,
    );
    expect(statements.length).toBeGreaterThan(50);
    const unexplained = silent.filter(({ place }) => !explained.has(place));
    expect(unexplained.map(({ place, sql }) => `${place}: ${sql}`)).toEqual([]);
  });

  it('needs every explanation that there is', () => {
    const places = new Set(silent.map(({ place }) => place));
    expect([...explained].filter((place) => !places.has(place))).toEqual([]);
  });

  it('is found in strings, templates and query builders', () => {
    const found = (text: string) => statementsIn('x.ts', `function f() { ${text} }`, TABLES);
    expect(found('q(`select name from devices where id = ?`);')).toMatchObject([
      { place: 'x.ts › f', tables: ['devices'], statesTenant: false },
    ]);
    expect(found(`q('update alerts set status = 1');`)).toMatchObject([{ tables: ['alerts'], statesTenant: false }]);
    expect(found('q(`delete from ${table} where id = 1`);')).toMatchObject([{ statesTenant: false }]);
    expect(found('em.createQueryBuilder(Device).getResult();')).toMatchObject([{ statesTenant: false }]);
    expect(found('q(`select name from devices where municipality_id in (?)`);')).toMatchObject([
      { statesTenant: true },
    ]);
    expect(found('q(`select name from sensor_types`); log("from devices");')).toEqual([]);
  });
});

describeEachDatabase((db) => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld(db);
  });
  afterAll(() => world.close());

  const asB = <T>(work: () => Promise<T>): Promise<T> => asTenant([world.b.municipalityId], work);
  const get = <T>(type: abstract new (...args: never[]) => T): T => world.running.app.get<T>(type, { strict: false });

  it("is not reached by the ORM's filter, which is why it has to state the tenant", async () => {
    const { sensor } = world.a.ids;
    const em = db.orm.em.fork() as unknown as EntityManager;
    await asB(async () => {
      expect(await em.findOne(Sensor, { id: sensor })).toBeNull();
      expect(await em.createQueryBuilder(Sensor).where({ id: sensor }).execute('all', false)).toHaveLength(1);
      expect((await db.transactions.query('select id from sensors where id = ?', [sensor])).rows).toHaveLength(1);
    });
  });

  it('shows nothing of another tenant through the services that use it', async () => {
    const { a, b } = world;
    const series = { ...seriesQuerySchema.parse({ from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' }) };
    const ofA = latestQuerySchema.parse({ municipalityId: a.municipalityId });
    await asB(async () => {
      expect((await get(LatestQueryService).page(ofA)).items).toEqual([]);
      const own = (await get(LatestQueryService).page(latestQuerySchema.parse({}))).items;
      expect(own.map(({ deviceId }) => deviceId)).toEqual([b.ids.device]);
      await expect(get(SeriesQueryService).page(a.ids.sensor, series)).rejects.toThrow(NotFoundError);
      for (const resolution of ['minute', 'hour', 'day', 'month'] as const) {
        const asked = get(SeriesQueryService).page(a.ids.sensor, { ...series, resolution });
        await expect(asked).rejects.toThrow(NotFoundError);
      }
    });
    await asTenant([a.municipalityId], async () => {
      expect((await get(LatestQueryService).page(ofA)).items).toHaveLength(1);
      expect((await get(SeriesQueryService).page(a.ids.sensor, series)).items.length).toBeGreaterThan(0);
    });
  });
});

/** Every table that the migrations make. */
function createdTables(folder: string): string[] {
  const text = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  return [...text.join('\n').matchAll(/create table (\w+)/g)].map(([, table]) => table!);
}
