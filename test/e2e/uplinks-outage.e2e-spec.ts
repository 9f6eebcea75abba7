import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAdmin } from '../../src/cli/create-admin.js';
import { CHIRPSTACK_EXAMPLE } from '../../src/readings/uplinks/uplink.schemas.js';
import { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { describeBothDatabases } from '../support/databases.js';
import { TcpRelay } from '../support/tcp-relay.js';

const ADMIN = { email: 'root@country.example', password: 'a long enough pass phrase' };

describeBothDatabases((db) => {
  let relay: TcpRelay;
  let running: TestApp;

  beforeAll(async () => {
    await createAdmin(db.config(), { ...ADMIN, name: 'Root' });
    const url = new URL(db.url);
    relay = await TcpRelay.start(url.hostname, Number(url.port));
    url.hostname = '127.0.0.1';
    url.port = String(relay.port);
    running = await startTestApp({ roles: ['api'], env: { DATABASE_URL: url.href } });
  });
  afterAll(async () => {
    relay?.restore();
    await running?.close();
    await relay?.close();
  });

  it('answers 503 while the database is away, and takes the repeated uplink once when it is back', async () => {
    const admin = await ApiClient.signIn(running.url, ADMIN);
    const { id: municipalityId } = await admin.post<{ id: string }>('/municipalities', { code: 'home', name: 'Home' });
    await admin.post('/sensor-types', { code: 'water_level_cm', name: 'Water level', unit: 'cm' });
    const { devEui } = CHIRPSTACK_EXAMPLE.deviceInfo;
    const sensors = [{ typeCode: 'water_level_cm' }];
    const device = { deviceId: 'gauge-1', name: 'Gauge', municipalityId, devEui, sensors };
    await admin.post('/devices/register', device);
    const source = { kind: 'chirpstack', name: 'Network server', municipalityId };
    const { token } = await admin.post<{ token: string }>('/uplink-sources', source);
    const deliver = () =>
      new ApiClient(running.url, token).call<{ accepted: number; duplicates: number }>('POST', '/uplinks/chirpstack', {
        body: CHIRPSTACK_EXAMPLE,
      });

    relay.cut();
    for (let i = 0; i < 3; i++) expect(await deliver()).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE' });
    relay.restore();
    expect(await deliver()).toMatchObject({ status: 200, data: { accepted: 1, duplicates: 0 } });
    expect(await deliver()).toMatchObject({ status: 200, data: { accepted: 0, duplicates: 1 } });
  });
});
