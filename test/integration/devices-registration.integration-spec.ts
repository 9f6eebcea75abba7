import { EntityManager } from '@mikro-orm/core';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { CredentialVerifier } from '../../src/devices/credentials/credential-verifier.js';
import { DeviceCredential } from '../../src/devices/credentials/device-credential.entity.js';
import { SecretCipher } from '../../src/database/secret-cipher.js';
import { DeviceRegistrationService } from '../../src/devices/device-registration.service.js';
import { DeviceRegistry } from '../../src/devices/device-registry.js';
import { Device } from '../../src/devices/device.entity.js';
import { Sensor } from '../../src/devices/sensors/sensor.entity.js';
import { OutboxEvent } from '../../src/outbox/outbox-event.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality, createSensorTypes } from '../support/devices-module.js';

describeEachDatabase((db) => {
  let module: TestingModule;
  let registration: DeviceRegistrationService;
  let em: EntityManager;

  beforeAll(async () => {
    module = await createDevicesModule(db);
    registration = module.get(DeviceRegistrationService);
    em = module.get(EntityManager);
    await createSensorTypes(module);
  });
  afterAll(() => module.close());

  it('stores device, sensors and credentials, and shows the secrets once', async () => {
    const home = await createMunicipality(module);
    const result = await asTenant([home], () =>
      registration.register({
        deviceId: 'gauge-1',
        name: 'Gauge 1',
        authMethods: ['api_key', 'mqtt', 'hmac'],
        sensors: [{ typeCode: 'water_level_cm' }, { typeCode: 'temperature_c', code: 'air_c', name: 'Air' }],
        metadata: { mast: 'M-4' },
      }),
    );
    expect(result.device).toMatchObject({ id: 'gauge-1', municipalityId: home, status: 'active' });
    expect(result.device.heartbeatIntervalSeconds).toBe(900);
    expect(result.sensors.map(({ sensor, type }) => [sensor.code, type.code, sensor.name])).toEqual([
      ['water_level_cm', 'water_level_cm', 'Water level'],
      ['air_c', 'temperature_c', 'Air'],
    ]);
    const { apiKey, mqtt, hmac } = result.credentials;

    const stored = await asTenant([home], () => em.fork().find(DeviceCredential, { deviceId: 'gauge-1' }));
    const text = JSON.stringify(stored.map((row) => [row.lookup, row.secretHash, row.secretEncrypted]));
    for (const secret of [apiKey!, apiKey!.split('.')[1]!, mqtt!.password, hmac!.secret]) {
      expect(text).not.toContain(secret);
    }
    const mqttRow = stored.find(({ kind }) => kind === 'mqtt')!;
    expect(mqtt?.username).toBe(`gauge-1~${mqttRow.id}`);
    expect(mqttRow.lookup).toBe(mqtt?.username);
    const hmacRow = stored.find(({ kind }) => kind === 'hmac')!;
    expect(module.get(SecretCipher).decrypt(hmacRow.secretEncrypted!, hmac!.keyId)).toBe(hmac!.secret);

    const events = await em.fork().find(OutboxEvent, { municipalityId: home });
    expect(events.map(({ type, payload }) => [type, (JSON.parse(payload) as { change: unknown }).change])).toEqual([
      ['device', 'registered'],
    ]);
    expect(events[0]!.payload).not.toContain(apiKey);
  });

  it('gives what it has issued the right to authenticate, and nothing else', async () => {
    const home = await createMunicipality(module);
    const { credentials } = await asTenant([home], () =>
      registration.register({ deviceId: 'gauge-2', name: 'Gauge 2', authMethods: ['api_key', 'mqtt'] }),
    );
    const verifier = module.get(CredentialVerifier);
    const apiKey = credentials.apiKey!;
    const device = { deviceId: 'gauge-2', municipalityId: home };
    await expect(verifier.byApiKey('gauge-2', apiKey)).resolves.toEqual(device);
    await expect(verifier.byMqttPassword(credentials.mqtt!.username, credentials.mqtt!.password)).resolves.toEqual(
      device,
    );
    const wrong = `${apiKey.slice(0, -1)}${apiKey.endsWith('A') ? 'B' : 'A'}`;
    for (const [id, key] of [
      ['gauge-2', wrong],
      ['gauge-2', ''],
      ['gauge-2', `${apiKey} `],
      ['gauge-1', apiKey],
      ['nobody', apiKey],
      ['gauge-2', '\u0000😀'],
    ] as const) {
      await expect(verifier.byApiKey(id, key)).resolves.toBeNull();
    }
    for (const user of [credentials.mqtt!.username, 'gauge-2', 'nobody', '\u0000😀', '']) {
      await expect(verifier.byMqttPassword(user, 'wrong')).resolves.toBeNull();
      await expect(verifier.byMqttPassword(user, '')).resolves.toBeNull();
    }
  });

  it('makes a new device known to ingestion', async () => {
    const home = await createMunicipality(module);
    const registry = module.get(DeviceRegistry);
    expect((await registry.resolve(['gauge-3'])).has('gauge-3')).toBe(false);
    const sensors = [{ typeCode: 'water_level_cm', thresholds: { direction: 'above' as const, high: 3 } }];
    await asTenant([home], () => registration.register({ deviceId: 'gauge-3', name: 'Gauge 3', sensors }));
    const device = (await registry.resolve(['gauge-3'])).get('gauge-3');
    expect(device).toMatchObject({ municipalityId: home, active: true });
    expect(device?.sensors.get('water_level_cm')).toMatchObject({ thresholds: { direction: 'above', high: 3 } });
  });

  it('stores nothing of a registration that fails', async () => {
    const home = await createMunicipality(module);
    const other = await createMunicipality(module);
    const attempt = (scope: string[] | 'all', input: object) =>
      asTenant(scope, () => registration.register({ deviceId: 'gauge-4', name: 'Gauge 4', ...input }));
    await expect(
      attempt([home], { sensors: [{ typeCode: 'water_level_cm' }, { typeCode: 'no_such' }] }),
    ).rejects.toMatchObject({
      kind: 'validation',
      errors: [{ path: 'sensors.1.typeCode', code: 'UNKNOWN_SENSOR_TYPE' }],
    });
    await expect(attempt([home], { municipalityId: other })).rejects.toMatchObject({ code: 'MUNICIPALITY_NOT_FOUND' });
    await expect(attempt('all', { municipalityId: newId() })).rejects.toMatchObject({ code: 'MUNICIPALITY_NOT_FOUND' });
    await expect(attempt('all', {})).rejects.toMatchObject({ errors: [{ code: 'MUNICIPALITY_REQUIRED' }] });
    await asTenant('all', async () => {
      expect(await em.fork().count(Device, { id: 'gauge-4' })).toBe(0);
      expect(await em.fork().count(Sensor, { deviceId: 'gauge-4' })).toBe(0);
    });
    expect(await em.fork().count(OutboxEvent, { municipalityId: home })).toBe(0);
  });

  it('refuses an id that is taken in the country, also one of another tenant', async () => {
    const home = await createMunicipality(module);
    const other = await createMunicipality(module);
    await asTenant([home], () => registration.register({ deviceId: 'gauge-5', name: 'First' }));
    for (const scope of [[home], [other]]) {
      await expect(
        asTenant(scope, () => registration.register({ deviceId: 'gauge-5', name: 'Second' })),
      ).rejects.toMatchObject({ kind: 'conflict', code: 'DEVICE_ALREADY_EXISTS' });
    }
    await asTenant([other], () => registration.register({ deviceId: 'GAUGE-5', name: 'Another code' }));
  });
});
