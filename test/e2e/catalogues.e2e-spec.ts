import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpenApiDocument } from '../../src/app.openapi.js';
import { newId } from '../../src/common/ids.js';
import { PROTOCOL_EXAMPLE } from '../../src/devices/protocols/protocol.schemas.js';
import type { RoleCode } from '../../src/users/role-code.js';
import { UserService } from '../../src/users/user.service.js';
import { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { createDatabase, dropDatabase } from '../support/database-servers.js';
import { asTenant, createMunicipality, createSensorTypes } from '../support/devices-module.js';

const PASSWORD = 'gauges and weirs at midnight';

interface Versioned {
  readonly id: string;
  readonly version: number;
}

/** A thing that people change: where it is, and changes of it that are always possible. */
interface Changeable {
  readonly name: string;
  readonly as: () => ApiClient;
  readonly make: () => Promise<{ path: string; version: number }>;
  readonly patch: (value: number) => object;
}

describe('what administrators keep', () => {
  let url: string;
  let test: TestApp;
  let home: string;
  let root: ApiClient;
  let admin: ApiClient;
  let analyst: ApiClient;
  let stranger: ApiClient;

  beforeAll(async () => {
    url = await createDatabase('postgres');
    test = await startTestApp({ env: { DATABASE_URL: url }, roles: ['api'] });
    home = await createMunicipality(test.app);
    await createSensorTypes(test.app);
    root = await signIn('super_admin', null);
    admin = await signIn('municipality_admin', home);
    analyst = await signIn('analyst', home);
    stranger = await signIn('municipality_admin', await createMunicipality(test.app));
  });
  afterAll(async () => {
    await test.close();
    await dropDatabase('postgres', url);
  });

  async function signIn(role: RoleCode, municipalityId: string | null): Promise<ApiClient> {
    const account = { email: `${newId()}@example.org`, password: PASSWORD };
    const users = test.app.get(UserService);
    await asTenant('all', () => users.create({ ...account, name: 'Somebody', role, municipalityId }));
    return ApiClient.signIn(test.url, account);
  }
  const codeOf = (): string => `t_${newId().replaceAll('-', '').slice(-16)}`;
  const ifMatch = (tag: string) => ({ headers: { 'If-Match': tag } });
  const registered = async () => {
    const body = { deviceId: codeOf(), name: 'Gauge', sensors: [{ typeCode: 'water_level_cm' }] };
    const { deviceId, sensors } = await admin.post<{ deviceId: string; sensors: Versioned[] }>(
      '/devices/register',
      body,
    );
    return { deviceId, sensorId: sensors[0]!.id };
  };
  const posted = async (client: ApiClient, path: string, body: object) => {
    const { id, version } = await client.post<Versioned>(path, body);
    return { path: `${path}/${id}`, version };
  };

  const CHANGEABLE: Changeable[] = [
    {
      name: 'a sensor type',
      as: () => root,
      make: () => posted(root, '/sensor-types', { code: codeOf(), name: 'Level', unit: 'cm' }),
      patch: (value) => ({ validMax: value }),
    },
    {
      name: 'a protocol',
      as: () => root,
      make: () => posted(root, '/protocols', { code: codeOf(), name: 'LoRa', transport: 'lorawan' }),
      patch: (value) => ({ settings: { fPort: value } }),
    },
    {
      name: 'a dashboard',
      as: () => analyst,
      make: () => posted(analyst, '/dashboards', { name: 'Mine', layout: { widgets: [] } }),
      patch: (value) => ({ name: `Mine ${value}` }),
    },
    {
      name: 'a device',
      as: () => admin,
      make: async () => ({ path: `/devices/${(await registered()).deviceId}`, version: 1 }),
      patch: (value) => ({ heartbeatIntervalSeconds: value }),
    },
    {
      name: 'a rule',
      as: () => admin,
      make: () => {
        const scope = { sensorTypeCode: 'water_level_cm' };
        const body = { name: 'High', kind: 'threshold', scope, operator: '>', value: 1, severity: 'HIGH' };
        return posted(admin, '/alert-rules', body);
      },
      patch: (value) => ({ value: value + 1 }),
    },
  ];

  describe.each(CHANGEABLE)('$name', ({ as, make, patch }) => {
    const read = (path: string) => as().call<Versioned>('GET', path);
    const change = (path: string, value: number, more: { tag?: string; version?: unknown } = {}) =>
      as().call<Versioned>('PATCH', path, {
        body: { ...patch(value), ...('version' in more ? { version: more.version } : {}) },
        ...(more.tag === undefined ? {} : ifMatch(more.tag)),
      });

    it('is changed by header or body in the version that was read, and answered with the next', async () => {
      const { path, version } = await make();
      expect(version).toBe(1);
      expect((await read(path)).data.version).toBe(1);
      expect((await change(path, 10)).data.version).toBe(2);
      expect((await change(path, 11, { tag: '"2"' })).data.version).toBe(3);
      expect((await change(path, 12, { version: 3 })).data.version).toBe(4);
      expect((await change(path, 13, { tag: 'W/"9", "4"', version: 4 })).data.version).toBe(5);
      expect((await change(path, 14, { tag: '*' })).data.version).toBe(6);
      expect((await read(path)).data.version).toBe(6);
    });

    it('is not changed in another one', async () => {
      const { path } = await make();
      await change(path, 10);
      for (const stale of [{ tag: '"1"' }, { version: 1 }, { tag: '"3", "4"' }, { tag: '"etag"' }]) {
        expect(await change(path, 11, stale)).toMatchObject({ status: 409, code: 'VERSION_CONFLICT' });
      }
      expect(await as().call('DELETE', path, ifMatch('"1"'))).toMatchObject({ status: 409, code: 'VERSION_CONFLICT' });
      for (const malformed of ['2', '"2', '']) {
        expect(await change(path, 11, { tag: malformed })).toMatchObject({ status: 400, code: 'IF_MATCH_INVALID' });
      }
      expect(await change(path, 11, { tag: '"2"', version: 1 })).toMatchObject({
        status: 422,
        body: { errors: [{ path: 'version', code: 'VERSIONS_DIFFER' }] },
      });
      for (const wrong of ['2', 0, null]) expect((await change(path, 11, { version: wrong })).status).toBe(422);
      expect((await read(path)).data.version).toBe(2);
    });

    it('takes the change of one of several writers who read the same', async () => {
      const { path } = await make();
      const answers = await Promise.all([10, 11, 12, 13].map((value) => change(path, value, { tag: '"1"' })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
      expect((await read(path)).data.version).toBe(2);
    });

    it('refuses fields that it does not have, and ends once', async () => {
      const { path } = await make();
      const unknown = await as().call('PATCH', path, { body: { ...patch(10), colour: 'red' } });
      expect(unknown.status).toBe(422);
      expect((await as().call('DELETE', path, ifMatch('"1"'))).status).toBe(204);
      expect((await read(path)).status).toBe(404);
      expect((await as().call('DELETE', path)).status).toBe(404);
      expect((await change(path, 10)).status).toBe(404);
    });
  });

  it('tags single records with their version, and never answers 304', async () => {
    const { path } = await CHANGEABLE[3]!.make();
    const headers = { authorization: `Bearer ${admin.token}`, 'if-none-match': '"1"' };
    const one = await fetch(`${test.url}/api/v1${path}`, { headers });
    expect([one.status, one.headers.get('etag')]).toEqual([200, '"1"']);
    const list = await fetch(`${test.url}/api/v1/devices`, { headers });
    expect([list.status, list.headers.get('etag')]).toEqual([200, null]);
  });

  it('changes a sensor in the version that was read', async () => {
    const { sensorId } = await registered();
    const change = (tag: string) =>
      admin.call<Versioned>('PATCH', `/sensors/${sensorId}`, { body: { name: tag }, ...ifMatch(tag) });
    expect((await change('"1"')).data.version).toBe(2);
    expect(await change('"1"')).toMatchObject({ status: 409, code: 'VERSION_CONFLICT' });
  });

  it('lets the country keep its catalogues, and municipalities read them', async () => {
    const { code, name, transport, settings } = PROTOCOL_EXAMPLE;
    for (const path of ['/sensor-types', '/protocols']) {
      expect((await analyst.call('GET', path)).status).toBe(200);
      for (const client of [admin, analyst]) {
        expect((await client.call('POST', path, { body: { code, name, transport, settings } })).status).toBe(403);
      }
    }
    const made = await root.post<Versioned & { code: string }>('/protocols', { code, name, transport, settings });
    expect(await analyst.get(`/protocols/${code}`)).toMatchObject({ id: made.id, settings });
    expect(await root.call('POST', '/protocols', { body: { code, name, transport } })).toMatchObject({
      status: 409,
      code: 'PROTOCOL_ALREADY_EXISTS',
    });
    const { deviceId } = await registered();
    const choose = (protocolCode: string | null) =>
      admin.call<{ protocolCode: string }>('PATCH', `/devices/${deviceId}`, { body: { protocolCode } });
    expect((await choose(code)).data.protocolCode).toBe(code);
    expect((await choose('none_such')).body).toMatchObject({ status: 422, errors: [{ code: 'UNKNOWN_PROTOCOL' }] });
    expect(await root.call('DELETE', `/protocols/${code}`)).toMatchObject({ status: 409, code: 'PROTOCOL_IN_USE' });
    expect((await choose(null)).data.protocolCode).toBeNull();
    expect((await root.call('DELETE', `/protocols/${made.id}`)).status).toBe(204);
    expect(await root.call('DELETE', '/sensor-types/water_level_cm')).toMatchObject({
      status: 409,
      code: 'SENSOR_TYPE_IN_USE',
    });
    expect((await root.call('GET', '/protocols/Not%20a%20code')).status).toBe(422);
  });

  it('shows dashboards to whom they are for', async () => {
    const { sensorId } = await registered();
    const widget = { id: 'level', kind: 'trend', x: 0, y: 0, w: 8, h: 4, settings: { sensorIds: [sensorId] } };
    const body = { name: 'Flood watch', shared: true, layout: { widgets: [widget] } };
    const shared = await admin.post<Versioned>('/dashboards', body);
    const own = await analyst.post<Versioned>('/dashboards', { ...body, shared: false });
    expect(await analyst.get(`/dashboards/${shared.id}`)).toMatchObject({
      ...body,
      ownerId: null,
      municipalityId: home,
    });
    const ids = async (client: ApiClient, query = '') =>
      (await client.get<Versioned[]>(`/dashboards?limit=500&search=flood${query}`)).map(({ id }) => id);
    expect(await ids(analyst)).toEqual([shared.id, own.id]);
    expect(await ids(analyst, '&shared=false')).toEqual([own.id]);
    expect(await ids(root, `&municipalityId=${home}`)).toEqual([shared.id]);
    expect(await ids(stranger)).toEqual([]);
    expect((await analyst.call('POST', '/dashboards', { body })).code).toBe('SHARED_DASHBOARD');
    expect((await analyst.call('PATCH', `/dashboards/${shared.id}`, { body: { name: 'x' } })).status).toBe(403);
    for (const [client, { id }] of [
      [stranger, shared],
      [stranger, own],
      [admin, own],
      [root, own],
    ] as const) {
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        const more = method === 'PATCH' ? { body: { name: 'x' } } : {};
        expect(await client.call(method, `/dashboards/${id}`, more)).toMatchObject({
          status: 404,
          code: 'DASHBOARD_NOT_FOUND',
        });
      }
    }
    const refused = await stranger.call('POST', '/dashboards', { body });
    expect(refused.body).toMatchObject({ status: 422, errors: [{ code: 'UNKNOWN_SENSOR' }] });
    const foreign = await stranger.call('POST', '/dashboards', { body: { ...body, municipalityId: home } });
    expect(foreign).toMatchObject({ status: 404, code: 'MUNICIPALITY_NOT_FOUND' });
  });

  it('describes layouts, versions and refusals in the OpenAPI document', () => {
    const document = createOpenApiDocument(test.app);
    expect(document.components?.schemas?.['DashboardLayout']).toMatchObject({
      type: 'object',
      properties: { widgets: { maxItems: 64 } },
    });
    for (const path of [
      'dashboards/{id}',
      'protocols/{key}',
      'sensor-types/{key}',
      'devices/{deviceId}',
      'alert-rules/{id}',
    ]) {
      for (const method of ['patch', 'delete'] as const) {
        const operation = document.paths[`/api/v1/${path}`]?.[method];
        expect(operation?.parameters).toContainEqual(
          expect.objectContaining({ name: 'If-Match', in: 'header', required: false }),
        );
        expect(operation?.responses).toHaveProperty('400');
        const conflict = operation?.responses['409'] as { content: Record<string, { examples: object }> };
        expect(conflict.content['application/problem+json']?.examples).toHaveProperty('VERSION_CONFLICT');
      }
    }
  });
});
