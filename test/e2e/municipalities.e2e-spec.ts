import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { ControlRoom, type HttpDevice } from '../support/control-room.js';
import { describeBothDatabases } from '../support/databases.js';

interface Municipality {
  id: string;
  code: string;
  version: number;
  status: string;
  language: string;
  parentId: string | null;
}

interface Share {
  id: string;
  active: boolean;
  recipientId: string;
  municipalityId: string;
}

const HOUR = 3_600_000;
const later = (ms: number): string => new Date(Date.now() + ms).toISOString();

describeBothDatabases((db) => {
  let room: ControlRoom;

  const make = async (body: object = {}) =>
    room.call<Municipality>('root', 'POST', '/municipalities', { code: newId(), name: 'Made', ...body });
  const codeOf = async (id: string) =>
    (await room.call<Municipality>('root', 'GET', `/municipalities/${id}`)).data.code;

  beforeAll(async () => {
    room = await ControlRoom.start(db);
  });
  afterAll(() => room?.close());

  describe('municipalities', () => {
    it('are made, found and deleted while they have nothing', async () => {
      const { data, status } = await make({ name: 'Unterau 50%', language: 'de', timeZone: 'Europe/Vienna' });
      expect(status).toBe(201);
      expect(data).toMatchObject({ language: 'de', status: 'active', parentId: null, version: 1 });
      const found = await room.call<Municipality[]>('root', 'GET', '/municipalities?search=RAU%2050%25');
      expect(found.data.map(({ id }) => id)).toEqual([data.id]);
      expect((await room.call('admin', 'GET', `/municipalities/${data.id}`)).status).toBe(404);
      const path = `/municipalities/${data.id}`;
      expect((await room.call('root', 'DELETE', path, undefined, { 'if-match': '"9"' })).code).toBe('VERSION_CONFLICT');
      expect((await room.call('root', 'DELETE', path, undefined, { 'if-match': '"1"' })).status).toBe(204);
      expect((await room.call('root', 'DELETE', `/municipalities/${room.home}`)).code).toBe('MUNICIPALITY_NOT_EMPTY');
    });

    it('set what is theirs, and nothing else', async () => {
      const path = `/municipalities/${room.home}/settings`;
      const settings = { language: 'pt-BR', retentionDays: 730, contact: { email: 'water@home.example' } };
      const { data } = await room.call<Municipality>('admin', 'PATCH', path, settings);
      expect(data).toMatchObject(settings);
      expect((await room.call('admin', 'PATCH', path, { status: 'suspended' })).status).toBe(422);
      expect((await room.call('admin', 'PATCH', path, { language: 'klingon!' })).status).toBe(422);
      expect((await room.call('operator', 'PATCH', path, settings)).status).toBe(403);
      expect((await room.call('admin', 'PATCH', `/municipalities/${room.other}/settings`, settings)).status).toBe(404);
      expect((await room.call('admin', 'PATCH', `/municipalities/${room.home}`, { name: 'Mine' })).status).toBe(403);
    });

    it('stop with their people and devices when they are suspended', async () => {
      const { data } = await make();
      const name = `clerk-${db.kind}`;
      await room.signIn(name, 'municipality_admin', data.id);
      const registered = await room.call<{ credentials: { apiKey: string } }>(name, 'POST', '/devices/register', {
        deviceId: `gauge-${db.kind}`,
        name: 'Gauge',
        sensors: [{ typeCode: 'water_level_cm' }],
      });
      const headers = { 'x-device-id': `gauge-${db.kind}`, 'x-api-key': registered.data.credentials.apiKey };
      const deliver = async () =>
        (await room.call(null, 'POST', '/readings', { values: { water_level_cm: 3 } }, headers)).status;
      expect(await deliver()).toBe(201);
      await room.call('root', 'PATCH', `/municipalities/${data.id}`, { status: 'suspended' });
      await expect.poll(deliver, { timeout: 5_000 }).toBe(401);
      await expect.poll(async () => (await room.call(name, 'GET', '/devices')).status, { timeout: 5_000 }).toBe(401);
      await room.call('root', 'PATCH', `/municipalities/${data.id}`, { status: 'active' });
      await expect.poll(deliver, { timeout: 5_000 }).toBe(201);
      await expect.poll(async () => (await room.call(name, 'GET', '/devices')).status, { timeout: 5_000 }).toBe(200);
    });
  });

  describe('regions', () => {
    it('hold municipalities, and no regions', async () => {
      const region = (await make({ kind: 'region' })).data;
      const child = (await make({ parentId: region.id })).data;
      expect((await make({ kind: 'region', parentId: region.id })).errors).toMatchObject([
        { code: 'REGION_IN_REGION' },
      ]);
      expect((await make({ parentId: child.id })).errors).toMatchObject([{ code: 'UNKNOWN_REGION' }]);
      expect((await make({ parentId: newId() })).errors).toMatchObject([{ code: 'UNKNOWN_REGION' }]);
      const children = await room.call<Municipality[]>('root', 'GET', `/municipalities?parentId=${region.id}`);
      expect(children.data.map(({ id }) => id)).toEqual([child.id]);
      expect((await room.call('root', 'DELETE', `/municipalities/${region.id}`)).code).toBe('MUNICIPALITY_NOT_EMPTY');
    });

    it('give their people the same rights in each of their municipalities, and in no other', async () => {
      const region = (await make({ kind: 'region' })).data;
      const inside = (await make({ parentId: region.id })).data;
      const name = `warden-${db.kind}`;
      await room.signIn(name, 'municipality_admin', region.id);
      const ids = (await room.call<Municipality[]>(name, 'GET', '/municipalities')).data.map(({ id }) => id);
      expect(ids.sort()).toEqual([region.id, inside.id].sort());
      const deviceId = `valley-${db.kind}`;
      const body = { deviceId, name: 'Valley', municipalityId: inside.id, sensors: [{ typeCode: 'water_level_cm' }] };
      expect((await room.call(name, 'POST', '/devices/register', body)).status).toBe(201);
      const outside = { ...body, deviceId: `${deviceId}-x`, municipalityId: room.home };
      expect((await room.call(name, 'POST', '/devices/register', outside)).status).toBe(404);
      // A municipality that leaves the region is out of reach.
      await room.call('root', 'PATCH', `/municipalities/${inside.id}`, { parentId: null });
      await expect
        .poll(async () => (await room.call(name, 'GET', `/devices/${deviceId}`)).status, { timeout: 5_000 })
        .toBe(404);
    });

    it('let somebody be an operator here and an analyst there', async () => {
      const name = `both-${db.kind}`;
      const id = await room.signIn(name, 'operator', room.home);
      await room.call('root', 'PUT', `/users/${id}/memberships/${room.other}`, { role: 'field_engineer' });
      const write = async (municipalityId: string) =>
        (
          await room.call(name, 'POST', '/devices/register', {
            deviceId: `dev-${newId()}`,
            name: 'Device',
            municipalityId,
            sensors: [{ typeCode: 'water_level_cm' }],
          })
        ).status;
      await expect.poll(() => write(room.other), { timeout: 5_000 }).toBe(201);
      expect(await write(room.home)).toBe(404);
      const me = await room.call<{ memberships: { role: string }[] }>(name, 'GET', '/auth/me');
      expect(me.data.memberships.map(({ role }) => role).sort()).toEqual(['field_engineer', 'operator']);
    });
  });

  describe('shared sensors', () => {
    let device: HttpDevice;
    let sensorId: string;
    let recipientCode: string;

    const reads = async (as: string) => ({
      sensor: (await room.call(as, 'GET', `/sensors/${sensorId}`)).status,
      readings: (await room.call(as, 'GET', `/sensors/${sensorId}/readings`)).status,
      listed: (await room.call<{ id: string }[]>(as, 'GET', '/sensors?shared=true&limit=500')).data.map(({ id }) => id),
      latest: (await room.call<{ sensorId: string }[]>(as, 'GET', '/readings/latest?shared=true')).data.map(
        (item) => item.sensorId,
      ),
    });
    const NOTHING = { sensor: 404, readings: 404, listed: [], latest: [] };
    const share = (body: object = {}, as = 'admin') =>
      room.call<Share>(as, 'POST', `/sensors/${sensorId}/shares`, { recipientCode, validUntil: later(HOUR), ...body });

    beforeAll(async () => {
      device = await room.register('admin', ['water_level_cm', 'rainfall_mm']);
      sensorId = device.sensorIds.get('water_level_cm')!;
      recipientCode = await codeOf(room.other);
      await device.send({ values: { water_level_cm: 41.5, rainfall_mm: 1 } });
    });

    it('can be read by the other municipality, until the share is ended', async () => {
      expect(await reads('stranger')).toEqual(NOTHING);
      const { data, status } = await share({ reason: 'Exercise' });
      expect(status).toBe(201);
      expect(data).toMatchObject({ active: true, municipalityId: room.home, recipientId: room.other });
      expect(await reads('stranger')).toEqual({ sensor: 200, readings: 200, listed: [sensorId], latest: [sensorId] });
      // Nothing but this sensor, and nothing but reading it.
      const rain = device.sensorIds.get('rainfall_mm')!;
      expect((await room.call('stranger', 'GET', `/sensors/${rain}/readings`)).status).toBe(404);
      expect((await room.call('stranger', 'PATCH', `/sensors/${sensorId}`, { name: 'Mine' })).status).toBe(404);
      expect((await room.call('stranger', 'GET', `/devices/${device.id}`)).status).toBe(404);
      expect((await share({}, 'stranger')).status).toBe(404);
      const own = await room.call<{ id: string }[]>('stranger', 'GET', '/sensors?limit=500');
      expect(own.data.map(({ id }) => id)).not.toContain(sensorId);

      const end = `/sensors/${sensorId}/shares/${data.id}/end`;
      expect((await room.call('stranger', 'POST', end)).code).toBe('SHARE_NOT_FOUND');
      expect((await room.call<Share>('admin', 'POST', end)).data.active).toBe(false);
      expect((await room.call('admin', 'POST', end)).code).toBe('SHARE_ENDED');
      expect(await reads('stranger')).toEqual(NOTHING);
      expect((await reads('root')).listed).toEqual([]);
    });

    it('end by themselves, and do not begin before their time', async () => {
      await share({ validFrom: later(HOUR), validUntil: later(2 * HOUR) });
      expect(await reads('stranger')).toEqual(NOTHING);
      await share({ validUntil: later(2_000) });
      expect((await reads('stranger')).readings).toBe(200);
      await expect.poll(() => reads('stranger'), { timeout: 10_000 }).toEqual(NOTHING);
    });

    it('are seen by both sides, and by nobody else', async () => {
      const { data } = await share();
      const ids = async (as: string, query: string) =>
        (await room.call<Share[]>(as, 'GET', `/sensor-shares?limit=500${query}`)).data.map(({ id }) => id);
      expect(await ids('admin', '&direction=given&active=true')).toContain(data.id);
      expect(await ids('admin', '&direction=received')).toEqual([]);
      expect(await ids('stranger', '&direction=received&active=true')).toEqual([data.id]);
      expect((await ids('stranger', '')).length).toBeGreaterThan(1);
      const { data: third } = await make();
      await room.signIn(`third-${db.kind}`, 'municipality_admin', third.id);
      expect(await ids(`third-${db.kind}`, '')).toEqual([]);
    });

    it('need a recipient, a right and a time that make sense', async () => {
      expect((await share({ recipientCode: 'nowhere' })).errors).toMatchObject([{ code: 'UNKNOWN_MUNICIPALITY' }]);
      expect((await share({ recipientCode: await codeOf(room.home) })).errors).toMatchObject([{ code: 'OWN_SENSOR' }]);
      expect((await share({ validUntil: later(-HOUR) })).errors).toMatchObject([{ path: 'validUntil' }]);
      expect((await share({ validUntil: later(400 * 24 * HOUR) })).errors).toMatchObject([{ path: 'validUntil' }]);
      expect((await share({ validFrom: later(3 * HOUR) })).errors).toMatchObject([{ path: 'validUntil' }]);
      expect((await share({}, 'operator')).status).toBe(403);
    });
  });
});
