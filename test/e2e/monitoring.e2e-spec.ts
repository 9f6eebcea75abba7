import { connectivitySchema, mqttStatusSchema, systemStatusSchema } from '../../src/monitoring/system-status.schema.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RoleCode } from '../../src/users/role-code.js';
import { describeBothDatabases } from '../support/databases.js';
import { LiveApp } from '../support/live-app.js';
import { makeMunicipalities } from '../support/live-log.js';

const PATHS = ['system-status', 'system-connectivity', 'mqtt/status'];

describeBothDatabases((db) => {
  let live: LiveApp;
  let municipality: string;
  beforeAll(async () => {
    live = await LiveApp.start(db);
    [municipality] = (await makeMunicipalities(db.transactions, 1)) as [string];
  });
  afterAll(() => live?.close());

  async function get(path: string, role?: RoleCode): Promise<{ status: number; data: unknown; text: string }> {
    const token = role && (await live.token(role, role === 'super_admin' ? null : municipality));
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${live.running.url}/api/v1/monitoring/${path}`, { headers });
    const text = await response.text();
    return { status: response.status, data: (JSON.parse(text) as { data?: unknown }).data, text };
  }

  it('tells everybody one word', async () => {
    expect(await get('health')).toMatchObject({ status: 200, data: { status: 'up' } });
  });

  it.each(PATHS)('shows %s to those who run the platform, and to nobody else', async (path) => {
    expect((await get(path)).status).toBe(401);
    expect((await get(path, 'analyst')).status).toBe(403);
    for (const role of ['operator', 'field_engineer', 'municipality_admin', 'super_admin'] as const) {
      expect((await get(path, role)).status).toBe(200);
    }
  });

  it('answers as documented, without a secret', async () => {
    const status = await get('system-status', 'super_admin');
    expect(systemStatusSchema.parse(status.data)).toMatchObject({
      status: 'up',
      roles: ['api'],
      services: { database: { status: 'up' }, redis: { status: 'up' } },
    });
    expect(connectivitySchema.parse((await get('system-connectivity', 'operator')).data)).toHaveProperty('database');
    const broker = await get('mqtt/status', 'operator');
    expect(mqttStatusSchema.parse(broker.data)).toMatchObject({ enabled: false, subscriber: { status: 'closed' } });
    expect(status.text + broker.text).not.toMatch(/:\/\/[^\s"]*:[^\s"]*@/);
  });
});
