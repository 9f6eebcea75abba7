import { describe, expect, it, beforeAll } from 'vitest';
import { newId } from '../../src/common/ids.js';
import {
  ALL_TENANTS,
  newRequestContext,
  runWithRequestContext,
  type TenantScope,
} from '../../src/common/request-context/request-context.js';
import { RegistryVersion } from '../../src/database/registry-version.js';
import { AlertRule } from '../../src/rules/alert-rule.entity.js';
import { MunicipalityChanges } from '../../src/municipalities/municipality-changes.js';
import { MunicipalityService } from '../../src/municipalities/municipality.service.js';
import { PasswordHasher } from '../../src/users/password-hasher.js';
import { User } from '../../src/users/user.entity.js';
import { UserService } from '../../src/users/user.service.js';
import { describeEachDatabase } from '../support/databases.js';

/** Entities without a municipality: reference data, and what only the platform itself uses, by raw SQL. */
const WITHOUT_TENANT = [
  'AlertNote',
  'AuditAnchor',
  'AuditChain',
  'AuditKey',
  'AuditPending',
  'AuditSeal',
  'BrokerChange',
  'BrokerSync',
  'Counter',
  'DeliveryHour',
  'DeviceAuthority',
  'DeviceClock',
  'DeviceCredential',
  'DeviceNonce',
  'DevicePresence',
  'DeviceRefusal',
  'LatestReading',
  'ListeningSpan',
  'LivePosition',
  'MessageSequence',
  'Municipality',
  'OneTimeToken',
  'OutboxEvent',
  'Protocol',
  'Reading',
  'RecoveryCode',
  'RefreshToken',
  'ReportingSchedule',
  'RuleState',
  'SecondFactor',
  'SensorType',
  'Session',
];

function within<T>(tenant: TenantScope | undefined, work: () => Promise<T>): Promise<T> {
  return runWithRequestContext(newRequestContext({ tenant }), work);
}

const only = (id: string): TenantScope => ({ kind: 'municipalities', municipalityIds: [id] });

describeEachDatabase((db) => {
  let users: UserService;
  let municipalities: MunicipalityService;
  let [north, south] = ['', ''];

  beforeAll(async () => {
    const { transactions, dialect } = db;
    users = new UserService(db.orm.em, transactions, dialect, new PasswordHasher());
    municipalities = new MunicipalityService(
      db.orm.em,
      transactions,
      new RegistryVersion(transactions),
      dialect,
      new MunicipalityChanges(),
    );
    await within(ALL_TENANTS, async () => {
      north = (await municipalities.create({ code: 'north', name: 'North', timeZone: 'Europe/Vienna' })).id;
      south = (await municipalities.create({ code: 'south', name: 'South' })).id;
      for (const [municipalityId, code] of [
        [north, 'north'],
        [south, 'south'],
      ] as const) {
        await users.create({
          email: `operator@${code}.example`,
          name: code,
          password: 'a long enough password',
          role: 'operator',
          municipalityId,
        });
      }
    });
  });

  it('knows of every entity whether it has a municipality', () => {
    const entities = [...db.orm.getMetadata().getAll().values()];
    const names = entities.filter((meta) => !Object.hasOwn(meta.filters, 'tenant'));
    expect(names.map((meta) => meta.className).sort()).toEqual(WITHOUT_TENANT);
  });

  describe('the tenant filter', () => {
    it('shows what belongs to the own municipality only', async () => {
      const emails = async (tenant: TenantScope): Promise<string[]> =>
        within(tenant, async () => (await db.orm.em.fork().find(User, {})).map((user) => user.email).sort());
      expect(await emails(only(north))).toEqual(['operator@north.example']);
      expect(await emails({ kind: 'municipalities', municipalityIds: [] })).toEqual([]);
      expect(await emails({ kind: 'municipalities', municipalityIds: [north, south] })).toHaveLength(2);
      expect(await emails(ALL_TENANTS)).toHaveLength(2);
    });

    it('hides a record of another municipality from every way of asking', async () => {
      await within(only(south), async () => {
        const em = db.orm.em.fork();
        const where = { email: 'operator@north.example' };
        expect(await em.findOne(User, where)).toBeNull();
        expect(await em.count(User, where)).toBe(0);
        expect(await em.nativeUpdate(User, where, { name: 'taken over' })).toBe(0);
        expect(await em.nativeDelete(User, where)).toBe(0);
        expect(await em.findOne(User, { $or: [{ name: 'north' }, where] })).toBeNull();
      });
      await within(ALL_TENANTS, async () => {
        expect((await users.findByEmail('operator@north.example'))?.name).toBe('north');
      });
    });

    it.each([
      ['without a request', undefined],
      ['in a request of nobody', newRequestContext()],
    ])('throws %s instead of showing everything', async (_, context) => {
      const find = (): Promise<unknown> => db.orm.em.fork().find(User, {});
      const run = (): Promise<unknown> => (context ? runWithRequestContext(context, find) : find());
      await expect(run()).rejects.toThrow('no tenant scope');
    });

    it('shows national rules to everybody, and those of others to nobody', async () => {
      const rule = (name: string, municipalityId: string | null) => ({
        id: newId(),
        name,
        municipalityId,
        kind: 'threshold' as const,
        scope: { sensorTypeCode: 'water_level_cm' },
        condition: { operator: '>' as const, value: 350 },
        severity: 'HIGH' as const,
      });
      await db.transactions.run(async ({ em }) => {
        em.create(AlertRule, rule('national', null));
        em.create(AlertRule, rule('of the north', north));
        await em.flush();
      });
      const names = await within(only(south), async () => db.orm.em.fork().find(AlertRule, {}));
      expect(names.map(({ name }) => name)).toEqual(['national']);
    });
  });

  describe('municipalities', () => {
    it('shows people their own only', async () => {
      await within(only(north), async () => {
        const page = await municipalities.list({ limit: 10 });
        expect(page.items.map(({ code }) => code)).toEqual(['north']);
        expect((await municipalities.get(north)).timeZone).toBe('Europe/Vienna');
        await expect(municipalities.get(south)).rejects.toMatchObject({ code: 'MUNICIPALITY_NOT_FOUND' });
        await expect(municipalities.update(south, { name: 'Mine' })).rejects.toMatchObject({
          code: 'MUNICIPALITY_NOT_FOUND',
        });
      });
      await expect(within(undefined, () => municipalities.list({ limit: 10 }))).rejects.toThrow('no tenant scope');
    });

    it('are listed page by page, in the order of their codes', async () => {
      const codes = await within(ALL_TENANTS, async () => {
        const first = await municipalities.list({ limit: 1 });
        const second = await municipalities.list({ limit: 1, cursor: first.nextCursor! });
        expect(second.nextCursor).toBeNull();
        return [...first.items, ...second.items].map(({ code }) => code);
      });
      expect(codes).toEqual(['north', 'south']);
    });

    it('have codes that nobody else has', async () => {
      await expect(
        within(ALL_TENANTS, () => municipalities.create({ code: 'north', name: 'Another' })),
      ).rejects.toMatchObject({ kind: 'conflict', code: 'MUNICIPALITY_CODE_TAKEN' });
    });

    it('bump the registry with every change, so that ingestion forgets what it knew', async () => {
      const version = async (): Promise<number> => {
        const { rows } = await db.transactions.query<{ value: string | number }>(
          `select value from counters where name = 'registry'`,
        );
        return Number(rows[0]!.value);
      };
      const before = await version();
      await within(ALL_TENANTS, () => municipalities.update(south, { name: 'Deep South' }));
      expect(await version()).toBe(before + 1);
    });
  });

  describe('accounts', () => {
    const somebody = (changes: Partial<Parameters<UserService['create']>[0]>) =>
      within(ALL_TENANTS, () =>
        users.create({
          email: `${newId()}@north.example`,
          name: 'Somebody',
          password: 'a long enough password',
          role: 'analyst',
          municipalityId: north,
          ...changes,
        }),
      );

    it('have one address, whatever its letters', async () => {
      await expect(somebody({ email: ' Operator@North.EXAMPLE ' })).rejects.toMatchObject({ code: 'EMAIL_TAKEN' });
    });

    it('belong to a municipality unless they are super admins', async () => {
      await expect(somebody({ role: 'super_admin' })).rejects.toMatchObject({ kind: 'validation' });
      await expect(somebody({ municipalityId: null })).rejects.toMatchObject({ kind: 'validation' });
      await expect(somebody({ municipalityId: newId() })).rejects.toMatchObject({ code: 'MUNICIPALITY_NOT_FOUND' });
      expect((await somebody({ role: 'super_admin', municipalityId: null })).superAdmin).toBe(true);
    });
  });
});
