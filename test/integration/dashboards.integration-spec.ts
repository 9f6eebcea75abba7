import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import { newRequestContext, runWithRequestContext } from '../../src/common/request-context/request-context.js';
import { Dashboard } from '../../src/dashboards/dashboard.entity.js';
import { createDashboardSchema, listDashboardsSchema } from '../../src/dashboards/dashboard.schemas.js';
import { toDashboardResponse } from '../../src/dashboards/dashboard.mapper.js';
import { DashboardsService } from '../../src/dashboards/dashboards.service.js';
import { SensorShare } from '../../src/devices/sharing/sensor-share.entity.js';
import { Municipality } from '../../src/municipalities/municipality.entity.js';
import { actorOf, scopeOf, type Membership, type Principal } from '../../src/users/principal.js';
import { PERMISSION_CODES } from '../../src/users/permissions.js';
import { permissionsOf } from '../../src/users/role-permissions.js';
import type { RoleCode } from '../../src/users/role-code.js';
import { User } from '../../src/users/user.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant } from '../support/devices-module.js';
import { makeDevice, makeSensorTypes } from '../support/judging.js';
import { makeMunicipalities } from '../support/live-log.js';

const LEVEL = 'level_cm';

describeEachDatabase((db) => {
  let dashboards: DashboardsService;
  let home: string;
  let other: string;
  let sensorId: string;
  let foreignSensorId: string;
  let analyst: Principal;
  let colleague: Principal;
  let admin: Principal;
  let stranger: Principal;
  let root: Principal;

  beforeAll(async () => {
    await makeSensorTypes(db, [LEVEL]);
    dashboards = new DashboardsService(db.orm.em, db.transactions, new SystemClock());
    root = await makePerson(null);
  });
  afterAll(async () => {
    await db.orm.em.fork().nativeDelete(Dashboard, {}, { filters: false });
  });
  beforeEach(async () => {
    [home, other] = (await makeMunicipalities(db.transactions, 2)) as [string, string];
    sensorId = (await makeDevice(db, home, [LEVEL])).sensors.get(LEVEL)!.id;
    foreignSensorId = (await makeDevice(db, other, [LEVEL])).sensors.get(LEVEL)!.id;
    analyst = await makePerson([[home, 'analyst']]);
    colleague = await makePerson([[home, 'operator']]);
    admin = await makePerson([[home, 'municipality_admin']]);
    stranger = await makePerson([[other, 'municipality_admin']]);
  });

  /** A person with these roles; `null` makes a super admin. A region's role holds in the municipalities given with it. */
  async function makePerson(roles: [string, RoleCode, ...string[]][] | null): Promise<Principal> {
    const em = db.orm.em.fork();
    const user = em.create(User, { email: `${newId()}@example.org`, name: 'Somebody', superAdmin: roles === null });
    await em.flush();
    const memberships = (roles ?? []).map(([municipalityId, role, ...reached]): Membership => {
      return { municipalityId, role, permissions: permissionsOf(role), municipalityIds: [municipalityId, ...reached] };
    });
    const permissions = roles === null ? PERMISSION_CODES : memberships.flatMap((one) => [...one.permissions]);
    const { id, email, name } = user;
    return { id, email, name, superAdmin: roles === null, memberships, permissions: new Set(permissions) };
  }

  /** Does work as the guard lets somebody in by `dashboard:read`. */
  function as<T>(person: Principal, work: () => Promise<T>): Promise<T> {
    const context = { actor: actorOf(person), tenant: scopeOf(person, 'dashboard:read') };
    return runWithRequestContext(newRequestContext(context), work);
  }
  const layoutOf = (...sensorIds: string[]) => ({
    widgets: [{ id: 'level', kind: 'latest', x: 0, y: 0, w: 4, h: 4, settings: { sensorIds } }],
  });
  const make = (person: Principal, more: object = {}) => {
    const body = createDashboardSchema.parse({ name: 'Flood watch', layout: { widgets: [] }, ...more });
    return as(person, () => dashboards.create(body, person));
  };
  const seenBy = async (person: Principal, query: object = {}) => {
    const page = await as(person, () => dashboards.list(listDashboardsSchema.parse({ limit: '500', ...query })));
    return page.items.map(({ id }) => id);
  };
  const notFound = { kind: 'not_found', code: 'DASHBOARD_NOT_FOUND' };
  const forbidden = { kind: 'forbidden', code: 'SHARED_DASHBOARD' };
  const conflict = { kind: 'conflict', code: 'VERSION_CONFLICT' };

  describe('personal ones', () => {
    it('are for nobody but their owner, not even for a super admin', async () => {
      const mine = await make(analyst, { layout: layoutOf(sensorId) });
      expect(toDashboardResponse(mine)).toMatchObject({ shared: false, ownerId: analyst.id, municipalityId: home });
      expect(toDashboardResponse(await as(analyst, () => dashboards.get(mine.id)))).toMatchObject({
        layout: layoutOf(sensorId),
        version: 1,
      });
      expect(await seenBy(analyst)).toEqual([mine.id]);
      for (const person of [colleague, admin, stranger, root]) {
        expect(await seenBy(person)).not.toContain(mine.id);
        await expect(as(person, () => dashboards.get(mine.id))).rejects.toMatchObject(notFound);
        await expect(as(person, () => dashboards.update(mine.id, { name: 'x' }, person))).rejects.toMatchObject(
          notFound,
        );
        await expect(as(person, () => dashboards.remove(mine.id, person))).rejects.toMatchObject(notFound);
      }
      // Whoever has no name, such as a job, sees shared ones only.
      await expect(asTenant('all', () => dashboards.get(mine.id))).rejects.toMatchObject(notFound);
      expect((await as(analyst, () => dashboards.update(mine.id, { name: 'Mine' }, analyst))).name).toBe('Mine');
      await as(analyst, () => dashboards.remove(mine.id, analyst));
      expect(await seenBy(analyst)).toEqual([]);
    });

    it('are not seen by their owner where they do not belong any more, and end with the account', async () => {
      const moving = await makePerson([[home, 'analyst']]);
      const { id } = await make(moving);
      const moved = { ...moving, memberships: [{ ...moving.memberships[0]!, municipalityIds: [other] }] };
      await expect(as(moved, () => dashboards.get(id))).rejects.toMatchObject(notFound);
      await db.transactions.query('delete from users where id = ?', [moving.id]);
      expect(await db.orm.em.fork().count(Dashboard, { id }, { filters: false })).toBe(0);
    });

    it('are a hundred at most', async () => {
      for (let count = 0; count < 100; count++) await make(analyst);
      await expect(make(analyst)).rejects.toMatchObject({ kind: 'conflict', code: 'TOO_MANY_DASHBOARDS' });
      await make(colleague);
    });
  });

  describe('shared ones', () => {
    it('are seen by all of the municipality, and kept by those who may', async () => {
      const { id } = await make(admin, { shared: true });
      for (const person of [analyst, colleague, admin, root]) expect(await seenBy(person)).toContain(id);
      await expect(as(stranger, () => dashboards.get(id))).rejects.toMatchObject(notFound);
      await expect(as(stranger, () => dashboards.remove(id, stranger))).rejects.toMatchObject(notFound);
      for (const person of [analyst, colleague]) {
        await expect(make(person, { shared: true })).rejects.toMatchObject(forbidden);
        await expect(as(person, () => dashboards.update(id, { name: 'x' }, person))).rejects.toMatchObject(forbidden);
        await expect(as(person, () => dashboards.remove(id, person))).rejects.toMatchObject(forbidden);
      }
      expect((await as(admin, () => dashboards.update(id, { name: 'Ours' }, admin))).version).toBe(2);
      await as(root, () => dashboards.remove(id, root));
    });

    it('need the permission where they are, wherever else the person has it', async () => {
      const both = await makePerson([
        [home, 'analyst'],
        [other, 'municipality_admin'],
      ]);
      const { id } = await make(admin, { shared: true });
      expect(await seenBy(both)).toEqual([id]);
      await expect(as(both, () => dashboards.update(id, { name: 'x' }, both))).rejects.toMatchObject(forbidden);
      await expect(make(both, { shared: true, municipalityId: home })).rejects.toMatchObject(forbidden);
      expect((await make(both, { shared: true, municipalityId: other })).municipalityId).toBe(other);
    });

    it('are made of personal ones, and taken back, by those who may', async () => {
      const mine = await make(analyst);
      await expect(as(analyst, () => dashboards.update(mine.id, { shared: true }, analyst))).rejects.toMatchObject(
        forbidden,
      );
      const { id } = await make(admin);
      expect((await as(admin, () => dashboards.update(id, { shared: true }, admin))).ownerId).toBeNull();
      expect(await seenBy(analyst, { shared: 'true' })).toEqual([id]);
      expect((await as(admin, () => dashboards.update(id, { shared: false }, admin))).ownerId).toBe(admin.id);
      expect(await seenBy(analyst, { shared: 'true' })).toEqual([]);
    });
  });

  describe('where they go', () => {
    it('is the only municipality, or the one that was named', async () => {
      const both = await makePerson([
        [home, 'analyst'],
        [other, 'analyst'],
      ]);
      const required = { kind: 'validation', errors: [{ path: 'municipalityId', code: 'MUNICIPALITY_REQUIRED' }] };
      await expect(make(both)).rejects.toMatchObject(required);
      await expect(make(root)).rejects.toMatchObject(required);
      expect((await make(both, { municipalityId: other })).municipalityId).toBe(other);
      const missing = { kind: 'not_found', code: 'MUNICIPALITY_NOT_FOUND' };
      await expect(make(analyst, { municipalityId: other })).rejects.toMatchObject(missing);
      await expect(make(root, { municipalityId: newId() })).rejects.toMatchObject(missing);
    });
  });

  describe('a layout', () => {
    const unknown = (place: number) => ({
      kind: 'validation',
      errors: [{ path: `layout.widgets.0.settings.sensorIds.${place}`, code: 'UNKNOWN_SENSOR' }],
    });

    it("names sensors of the municipality; another's is answered like none", async () => {
      const { id } = await make(analyst, { layout: layoutOf(sensorId) });
      const both = await makePerson([
        [home, 'analyst'],
        [other, 'analyst'],
      ]);
      for (const wrong of [foreignSensorId, newId()]) {
        const layout = layoutOf(sensorId, wrong);
        await expect(make(analyst, { layout })).rejects.toMatchObject(unknown(1));
        await expect(make(root, { layout, municipalityId: home })).rejects.toMatchObject(unknown(1));
        await expect(make(both, { layout, municipalityId: home })).rejects.toMatchObject(unknown(1));
        const change = { layout: createDashboardSchema.shape.layout.parse(layout) };
        await expect(as(analyst, () => dashboards.update(id, change, analyst))).rejects.toMatchObject(unknown(1));
      }
      const messages = await Promise.all(
        [foreignSensorId, newId()].map((wrong) =>
          make(analyst, { layout: layoutOf(wrong) }).catch((error: unknown) => JSON.stringify(error)),
        ),
      );
      expect(messages[0]).toBe(messages[1]);
    });

    it('names sensors that are shared with the municipality, while they are', async () => {
      const em = db.orm.em.fork();
      const hour = 3_600_000;
      const at = (ms: number) => new Date(Date.now() + ms);
      const share = em.create(SensorShare, {
        sensorId: foreignSensorId,
        municipalityId: other,
        recipientId: home,
        validFrom: at(-hour),
        validUntil: at(hour),
      });
      await em.flush();
      await make(analyst, { layout: layoutOf(foreignSensorId) });
      for (const change of [
        { endedAt: at(0) },
        { endedAt: null, validUntil: at(-1000) },
        { validUntil: at(hour), validFrom: at(hour / 2) },
      ]) {
        Object.assign(share, change);
        await em.flush();
        await expect(make(analyst, { layout: layoutOf(foreignSensorId) })).rejects.toMatchObject(unknown(0));
      }
    });

    it("of a region names what its municipalities have, and of a municipality not its region's", async () => {
      const [region] = (await makeMunicipalities(db.transactions, 1)) as [string];
      const em = db.orm.em.fork();
      await em.nativeUpdate(Municipality, { id: home }, { parentId: region });
      const regional = await makePerson([[region, 'municipality_admin', home]]);
      const map = { id: 'map', kind: 'map', x: 0, y: 0, w: 4, h: 4 };
      const of = (municipalityId: string) => ({ widgets: [{ ...map, settings: { municipalityId } }] });
      await make(regional, { municipalityId: region, shared: true, layout: layoutOf(sensorId) });
      await make(regional, { municipalityId: region, layout: of(home) });
      await expect(make(regional, { municipalityId: region, layout: layoutOf(foreignSensorId) })).rejects.toMatchObject(
        unknown(0),
      );
      for (const wrong of [region, other, newId()]) {
        await expect(make(analyst, { layout: of(wrong) })).rejects.toMatchObject({
          errors: [{ path: 'layout.widgets.0.settings.municipalityId', code: 'UNKNOWN_MUNICIPALITY' }],
        });
      }
    });
  });

  it('are changed in the expected version only, and one of two writers comes too late', async () => {
    const { id } = await make(analyst);
    const rename = (name: string) => as(analyst, () => dashboards.update(id, { name }, analyst, 1));
    const results = await Promise.allSettled([rename('One'), rename('Two'), rename('Three')]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(rename('Four')).rejects.toMatchObject(conflict);
    await expect(as(analyst, () => dashboards.remove(id, analyst, 1))).rejects.toMatchObject(conflict);
    await as(analyst, () => dashboards.remove(id, analyst, 2));
  });

  it('are listed page by page, by words and by municipality', async () => {
    const made: string[] = [];
    for (const shared of [true, false, true, false, true]) {
      made.push((await make(admin, { shared, name: shared ? 'Flood 50%' : 'Mine_50' })).id);
    }
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const query = listDashboardsSchema.parse({ limit: '2', ...(cursor === undefined ? {} : { cursor }) });
      const page = await as(admin, () => dashboards.list(query));
      expect(page.items.every((item) => !('layout' in item) || item.layout === undefined)).toBe(true);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(made);
    expect(await seenBy(admin, { shared: 'false' })).toEqual([made[1], made[3]]);
    expect(await seenBy(analyst)).toEqual([made[0], made[2], made[4]]);
    expect(await seenBy(admin, { search: 'flood 50%' })).toHaveLength(3);
    expect(await seenBy(admin, { search: 'e_5' })).toHaveLength(2);
    expect(await seenBy(admin, { search: 'd_5' })).toEqual([]);
    expect(await seenBy(admin, { municipalityId: other })).toEqual([]);
    expect(await seenBy(root, { municipalityId: home })).toHaveLength(3);
  });
});
