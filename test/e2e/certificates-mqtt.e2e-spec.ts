import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { startMosquitto } from '../../scripts/services/mosquitto.mjs';
import { freePort } from '../../scripts/services/ports.mjs';
import type { Service } from '../../scripts/services/service.mjs';
import { newId } from '../../src/common/ids.js';
import { AppConfig } from '../../src/config/app-config.js';
import { DeviceAuthorities } from '../../src/devices/certificates/device-authorities.js';
import { RevocationLists } from '../../src/devices/certificates/revocation-lists.js';
import { SensorTypesService } from '../../src/devices/sensors/sensor-types.service.js';
import { accessTokenOf } from '../support/access-tokens.js';
import { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { describeBothDatabases } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality } from '../support/devices-module.js';
import { makeUser } from '../support/live-app.js';
import { Openssl } from '../support/openssl.js';
import { BROKER_CERTIFICATE, BROKER_KEY, CA_CERTIFICATE } from '../support/tls-fixtures.js';

const WAIT = { timeout: 20_000, interval: 20 };
const PLATFORM = { username: 'platform', password: 'word-of-the-platform' };

interface Issued {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly fingerprint: string;
}

describeBothDatabases((db) => {
  const openssl = new Openssl();
  let broker: Service;
  let running: TestApp;
  let api: ApiClient;
  let home: string;
  let deviceId: string;
  const clients: MqttClient[] = [];

  /** As an installation is set up: the authority first, then a broker that trusts it, one listener for each side. */
  beforeAll(async () => {
    const module = await createDevicesModule(db);
    const [authority] = await module.get(DeviceAuthorities).trusted();
    const crl = await module.get(RevocationLists).pem();
    home = await createMunicipality(module);
    await asTenant('all', () =>
      module.get(SensorTypesService).create({ code: 'water_level_cm', name: 'Water level', unit: 'cm' }),
    );
    await module.close();
    const port = await freePort();
    broker = await startMosquitto({
      dynamicSecurity: PLATFORM,
      tls: { cert: BROKER_CERTIFICATE, key: BROKER_KEY, clientCa: authority!.certificatePem, crl },
      listener: ['use_username_as_clientid true'],
      config: [`listener ${port} 127.0.0.1`],
    });
    running = await startTestApp({
      env: {
        DATABASE_URL: db.url,
        MQTT_URL: `mqtt://127.0.0.1:${port}`,
        MQTT_USERNAME: PLATFORM.username,
        MQTT_PASSWORD: PLATFORM.password,
        MQTT_DYNAMIC_SECURITY: 'true',
      },
      roles: ['api', 'ingest'],
    });
    const { auth } = running.app.get(AppConfig);
    const subject = await makeUser(db.transactions, 'super_admin', null);
    api = new ApiClient(
      running.url,
      await accessTokenOf(db.transactions, auth.jwtSecret, { subject, expiresIn: 3600 }),
    );
  });
  afterAll(async () => {
    for (const client of clients) await client.endAsync(true);
    await running.close();
    await broker.stop();
    openssl.close();
  });
  beforeEach(async () => {
    deviceId = `gauge-${newId().slice(-12)}`;
    const sensors = [{ typeCode: 'water_level_cm' }];
    await api.post('/devices/register', { deviceId, name: 'Gauge', municipalityId: home, sensors });
  });

  const issue = (more: object = {}): Promise<Issued> =>
    api.post<Issued>('/devices/certificates/generate', { deviceId, ...more });

  /** A session over mutual TLS, with no user name and no password. */
  async function connect({
    certificatePem: cert,
    privateKeyPem: key,
  }: {
    certificatePem: string;
    privateKeyPem: string;
  }) {
    const options = { protocolVersion: 5, reconnectPeriod: 0, ca: CA_CERTIFICATE, clientId: deviceId } as const;
    const client = await mqtt.connectAsync(broker.url, { ...options, cert, key }, false);
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  }

  const publish = (client: MqttClient, value: number, to = deviceId): Promise<unknown> =>
    client.publishAsync(`sensors/${to}/data`, JSON.stringify({ values: { water_level_cm: value } }), { qos: 1 });

  /** Publishes as soon as the broker has learned of the device. */
  async function publishSoon(certificate: Issued, value: number): Promise<MqttClient> {
    return vi.waitFor(async () => {
      const client = await connect(certificate);
      await publish(client, value);
      return client;
    }, WAIT);
  }

  const sessionEnd = (client: MqttClient): Promise<void> =>
    new Promise((resolve) => client.once('close', () => resolve()));

  const latest = async (): Promise<unknown[]> =>
    (await api.get<{ value: number }[]>(`/readings/latest?deviceId=${deviceId}`)).map(({ value }) => value);

  const stored = (value: number): Promise<void> =>
    vi.waitFor(async () => expect(await latest()).toEqual([value]), WAIT);

  it('lets a device publish on its own topic by its certificate alone', async () => {
    const client = await publishSoon(await issue(), 45.5);
    await stored(45.5);
    await expect(client.subscribeAsync(`system/${deviceId}/command`, { qos: 1 })).resolves.toHaveLength(1);
    await expect(client.subscribeAsync('sensors/#')).rejects.toThrow();
    // Mosquitto ends the connection of who publishes what they may not.
    await expect(publish(client, 1, 'somebody-else')).rejects.toThrow(/Not authorized/i);
  });

  it('lets nobody in without a certificate of the authority', async () => {
    const { certificatePem } = await issue();
    const subject = openssl.run(['x509', '-noout', '-subject', '-nameopt', 'compat'], certificatePem).text;
    openssl.request('foreign');
    const forge = [
      'req',
      '-x509',
      '-key',
      'foreign.key',
      '-days',
      '9',
      '-subj',
      subject.trim().replace('subject=', ''),
    ];
    const forged = /-----BEGIN[\s\S]+-----END CERTIFICATE-----/.exec(openssl.run(forge).text)![0];
    const key = openssl.run(['pkey', '-in', 'foreign.key']).text;
    await expect(connect({ certificatePem: forged, privateKeyPem: key })).rejects.toThrow();
    await expect(connect({ certificatePem: '', privateKeyPem: '' })).rejects.toThrow();
  });

  it("ends nobody else's session by taking their client id", async () => {
    const victim = await publishSoon(await issue(), 1);
    let ended = false;
    victim.once('close', () => (ended = true));
    const victimId = deviceId;
    deviceId = `gauge-${newId().slice(-12)}`;
    await api.post('/devices/register', { deviceId, name: 'Thief', municipalityId: home });
    const certificate = await issue();
    deviceId = victimId;
    await connect(certificate);
    await publish(victim, 2);
    await stored(2);
    expect(ended).toBe(false);
  });

  it('ends the session of a revoked certificate within a second, and it cannot return', async () => {
    const certificate = await issue();
    const client = await publishSoon(certificate, 1);
    await stored(1);
    const closed = sessionEnd(client);
    const begin = performance.now();
    await api.post(`/devices/certificates/${certificate.fingerprint}/revoke`, { reason: 'key_compromise' }, 200);
    await closed;
    expect(performance.now() - begin).toBeLessThan(1_000);
    // Its certificate is still good for TLS, but its name has no rights any more.
    const returned = await connect(certificate);
    await expect(returned.subscribeAsync(`system/${deviceId}/command`)).rejects.toThrow();
    await expect(publish(await connect(certificate), 666)).rejects.toThrow(/Not authorized/i);
    expect(await latest()).toEqual([1]);
    // The second line: a broker that knows the list does not even greet it.
    const response = await fetch(`${running.url}/api/v1/devices/certificates/crl.pem`);
    writeFileSync(join(broker.dir, 'client-crl.pem'), await response.text());
    process.kill(broker.pid, 'SIGHUP');
    await vi.waitFor(() => expect(connect(certificate)).rejects.toThrow(), WAIT);
    // A new certificate of the same device is good.
    await publishSoon(await issue({ algorithm: 'rsa2048' }), 2);
    await stored(2);
  });

  it('has two certificates of a device at the same time during a renewal', async () => {
    const old = await issue();
    const renewed = await issue({ overlapSeconds: 3600 });
    await (await publishSoon(old, 1)).endAsync();
    await publishSoon(renewed, 2);
    await stored(2);
  });

  it('ends the session of a deactivated device, and lets it return when it is active again', async () => {
    const certificate = await issue();
    const client = await publishSoon(certificate, 1);
    const closed = sessionEnd(client);
    await api.post(`/devices/${deviceId}/deactivate`, {}, 200);
    await closed;
    await api.post(`/devices/${deviceId}/reactivate`, {}, 200);
    await publishSoon(certificate, 2);
    await stored(2);
  });
});
