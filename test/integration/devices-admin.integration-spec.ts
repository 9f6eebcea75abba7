import { EntityManager } from '@mikro-orm/core';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { CredentialRotationService } from '../../src/devices/credentials/credential-rotation.service.js';
import { CredentialUsage } from '../../src/devices/credentials/credential-usage.js';
import { CredentialVerifier } from '../../src/devices/credentials/credential-verifier.js';
import { DeviceCredential } from '../../src/devices/credentials/device-credential.entity.js';
import { DeviceRegistrationService } from '../../src/devices/device-registration.service.js';
import { DeviceRegistry } from '../../src/devices/device-registry.js';
import { DeviceRemovalService } from '../../src/devices/device-removal.service.js';
import { listDevicesSchema } from '../../src/devices/device.schemas.js';
import { DevicesService } from '../../src/devices/devices.service.js';
import { SensorTypesService } from '../../src/devices/sensors/sensor-types.service.js';
import { listSensorsSchema } from '../../src/devices/sensors/sensor.schemas.js';
import { SensorsService } from '../../src/devices/sensors/sensors.service.js';
import { OutboxEvent } from '../../src/outbox/outbox-event.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality, createSensorTypes } from '../support/devices-module.js';

describeEachDatabase((db) => {
  let module: TestingModule;
  let em: EntityManager;
  let devices: DevicesService;
  let sensors: SensorsService;
  let home: string;
  let other: string;

  beforeAll(async () => {
    module = await createDevicesModule(db);
    em = module.get(EntityManager);
    devices = module.get(DevicesService);
    sensors = module.get(SensorsService);
    await createSensorTypes(module);
  });
  afterAll(() => module.close());

  beforeEach(async () => {
    home = await createMunicipality(module);
    other = await createMunicipality(module);
  });

  const register = (deviceId: string, name = deviceId, municipalityId = home) =>
    asTenant('all', () =>
      module.get(DeviceRegistrationService).register({
        deviceId,
        name,
        municipalityId,
        authMethods: ['api_key', 'mqtt'],
        sensors: [{ typeCode: 'water_level_cm' }, { typeCode: 'temperature_c' }],
      }),
    );
  const unique = (name: string): string => `${name}-${newId().slice(-12)}`;

  async function changes(municipalityId = home): Promise<unknown[]> {
    const rows = await em.fork().find(OutboxEvent, { municipalityId }, { orderBy: { position: 'asc' } });
    return rows.map(({ payload }) => (JSON.parse(payload) as { change: unknown }).change);
  }

  describe('devices', () => {
    it('are listed page by page, by id, with filters', async () => {
      const ids = ['c', 'a', 'b', 'e', 'd'].map((letter) => `${letter}-${home.slice(-12)}`);
      for (const id of ids) await register(id, id.startsWith('e') ? 'Alte MUEHLE 50%' : `Pegel ${id}`);
      await asTenant([home], () => devices.setStatus(ids[0]!, 'deactivated'));
      const list = (query: object) => asTenant([home], () => devices.list(listDevicesSchema.parse(query)));

      const first = await list({ limit: 2 });
      const second = await list({ limit: 2, cursor: first.nextCursor });
      const third = await list({ limit: 2, cursor: second.nextCursor });
      const seen = [first, second, third].flatMap(({ items }) => items.map(({ device }) => device.id));
      expect(seen).toEqual(ids.toSorted());
      expect(third.nextCursor).toBeNull();

      const found = async (query: object) => (await list(query)).items.map(({ device }) => device.id);
      expect(await found({ status: 'deactivated' })).toEqual([ids[0]]);
      expect(await found({ search: 'alte muehle' })).toEqual([ids[3]]);
      expect(await found({ search: '50%' })).toEqual([ids[3]]);
      expect(await found({ search: 'A-' + home.slice(-12) })).toEqual([ids[1]]);
      expect(await found({ search: '_' })).toEqual([]);
      expect(await found({ municipalityId: other })).toEqual([]);
      await expect(list({ cursor: 'broken' })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    });

    it('are changed, and everybody is told', async () => {
      const id = unique('dev');
      await register(id);
      const registry = module.get(DeviceRegistry);
      expect((await registry.resolve([id])).get(id)?.signatureRequired).toBe(false);
      const patch = { name: 'New', metadata: { a: { b: 1 } }, signatureRequired: true, latitude: 47, longitude: 15 };
      await asTenant([home], () => devices.update(id, patch));
      await asTenant([home], () => devices.update(id, { metadata: { c: 2 } }));
      const { device } = await asTenant([home], () => devices.detail(id));
      expect(device).toMatchObject({ name: 'New', metadata: { c: 2 }, latitude: 47, heartbeatIntervalSeconds: 900 });
      expect(device.metadata).not.toHaveProperty('a');
      expect((await registry.resolve([id])).get(id)?.signatureRequired).toBe(true);
      expect(await changes()).toEqual(['registered', 'updated', 'updated']);
    });

    it('are stopped at every door, and allowed again', async () => {
      const id = unique('dev');
      const { credentials } = await register(id);
      const verifier = module.get(CredentialVerifier);
      const registry = module.get(DeviceRegistry);
      for (const [status, active] of [
        ['deactivated', false],
        ['deactivated', false],
        ['active', true],
      ] as const) {
        await asTenant([home], () => devices.setStatus(id, status));
        expect(await verifier.byApiKey(id, credentials.apiKey!)).toEqual(active ? expect.anything() : null);
        expect(await verifier.byMqttPassword(credentials.mqtt!.username, credentials.mqtt!.password)).toEqual(
          active ? expect.anything() : null,
        );
        expect((await registry.resolve([id])).get(id)?.active).toBe(active);
      }
      expect(await changes()).toEqual(['registered', 'deactivated', 'reactivated']);
    });

    it('are deleted only while they have no history', async () => {
      const [empty, used] = [unique('empty'), unique('used')];
      await register(empty);
      const { sensors: own } = await register(used);
      await em
        .fork()
        .getConnection()
        .execute(
          `insert into latest_readings (series_id, instant, value, quality, risk)
         select series_id, '2026-03-01 12:00:00', 1, 0, 0 from sensors where id = '${own[0]!.sensor.id}'`,
        );
      const remove = (id: string) => asTenant([home], () => module.get(DeviceRemovalService).remove(id));
      await expect(remove(used)).rejects.toMatchObject({ kind: 'conflict', code: 'DEVICE_HAS_HISTORY' });
      await remove(empty);
      await expect(remove(empty)).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
      await asTenant('all', async () => {
        expect(await em.fork().count(DeviceCredential, { deviceId: empty })).toBe(0);
        expect(await em.fork().count(DeviceCredential, { deviceId: used })).toBe(2);
      });
      await register(empty);
    });

    it('of another tenant do not exist', async () => {
      const id = unique('dev');
      const { sensors: own } = await register(id);
      const attempts: (() => Promise<unknown>)[] = [
        () => devices.detail(id),
        () => devices.withPresence(id),
        () => devices.update(id, { name: 'Mine' }),
        () => devices.setStatus(id, 'deactivated'),
        () => module.get(DeviceRemovalService).remove(id),
        () => module.get(CredentialRotationService).refreshApiKey(id, 0),
        () => sensors.create({ deviceId: id, typeCode: 'water_level_cm', code: 'more' }),
        () => sensors.get(own[0]!.sensor.id),
        () => sensors.update(own[0]!.sensor.id, { enabled: false }),
      ];
      for (const attempt of attempts) {
        await expect(asTenant([other], attempt)).rejects.toMatchObject({ kind: 'not_found' });
      }
      const listed = await asTenant([other], () => devices.list(listDevicesSchema.parse({ municipalityId: home })));
      expect(listed.items).toEqual([]);
      const seen = await asTenant([other], () => sensors.list(listSensorsSchema.parse({ deviceId: id })));
      expect(seen.items).toEqual([]);
      expect(await changes()).toEqual(['registered']);
      expect((await asTenant([home], () => devices.detail(id))).authMethods).toEqual(['api_key', 'mqtt']);
    });
  });

  describe('API keys', () => {
    const verify = (id: string, key: string) => module.get(CredentialVerifier).byApiKey(id, key);
    const refresh = (id: string, overlap: number) =>
      asTenant([home], () => module.get(CredentialRotationService).refreshApiKey(id, overlap));

    it('are replaced at once, or with an overlap in which both live', async () => {
      const id = unique('dev');
      const first = (await register(id)).credentials.apiKey!;
      const second = (await refresh(id, 3600)).apiKey;
      expect([await verify(id, first), await verify(id, second)]).toEqual([expect.anything(), expect.anything()]);
      const third = (await refresh(id, 0)).apiKey;
      expect(await Promise.all([first, second, third].map((key) => verify(id, key)))).toEqual([
        null,
        null,
        expect.anything(),
      ]);
      expect(await changes()).toEqual(['registered', 'credentials_rotated', 'credentials_rotated']);
    });

    it('end with their overlap, which a later rotation does not lengthen', async () => {
      const id = unique('dev');
      const first = (await register(id)).credentials.apiKey!;
      await refresh(id, 60);
      await refresh(id, 7200);
      const rows = await asTenant('all', () => em.fork().find(DeviceCredential, { deviceId: id, kind: 'api_key' }));
      const row = rows.find(({ lookup }) => first.startsWith(lookup))!;
      expect(row.expiresAt!.getTime()).toBeLessThanOrEqual(Date.now() + 60_000);
      await db.transactions.query(`update device_credentials set expires_at = ? where id = ?`, [
        db.dialect.instant(Date.now() - 1),
        row.id,
      ]);
      expect(await verify(id, first)).toBeNull();
    });

    it('leave one live key when two people rotate at once', async () => {
      const id = unique('dev');
      await register(id);
      const keys = await Promise.all([refresh(id, 0), refresh(id, 0), refresh(id, 0)]);
      const live = await Promise.all(keys.map(({ apiKey }) => verify(id, apiKey)));
      expect(live.filter((device) => device !== null)).toHaveLength(1);
    });

    it('remember their last use, to the minute', async () => {
      const id = unique('dev');
      const { apiKey } = (await register(id)).credentials;
      const usage = module.get(CredentialUsage);
      const lastUse = async () => {
        await usage.flush();
        const [row] = await asTenant('all', () => em.fork().find(DeviceCredential, { deviceId: id, kind: 'api_key' }));
        return row!.lastUsedAt;
      };
      expect(await lastUse()).toBeNull();
      await verify(id, 'wrong');
      expect(await lastUse()).toBeNull();
      for (let i = 0; i < 5; i++) await verify(id, apiKey!);
      const first = await lastUse();
      expect(first).toBeInstanceOf(Date);
      await verify(id, apiKey!);
      expect(await lastUse()).toEqual(first);
    });
  });

  describe('sensors', () => {
    it('are added, changed and found', async () => {
      const id = unique('dev');
      await register(id);
      const added = await asTenant([home], () =>
        sensors.create({ deviceId: id, typeCode: 'temperature_c', code: 'air_c', name: 'Air' }),
      );
      expect(added).toMatchObject({ sensor: { code: 'air_c', municipalityId: home }, type: { unit: '°C' } });
      await expect(
        asTenant([home], () => sensors.create({ deviceId: id, typeCode: 'temperature_c', code: 'air_c' })),
      ).rejects.toMatchObject({ code: 'SENSOR_ALREADY_EXISTS' });
      await expect(
        asTenant([home], () => sensors.create({ deviceId: id, typeCode: 'nonsense' })),
      ).rejects.toMatchObject({ errors: [{ path: 'typeCode', code: 'UNKNOWN_SENSOR_TYPE' }] });

      const thresholds = { direction: 'above' as const, high: 35 };
      await asTenant([home], () => sensors.update(added.sensor.id, { thresholds }));
      const registered = (await module.get(DeviceRegistry).resolve([id])).get(id);
      expect(registered?.sensors.get('air_c')).toMatchObject({ thresholds });
      await asTenant([home], () => sensors.update(added.sensor.id, { thresholds: null, enabled: false }));
      expect((await module.get(DeviceRegistry).resolve([id])).get(id)?.sensors.has('air_c')).toBe(false);

      const found = async (query: object) => {
        const page = await asTenant([home], () => sensors.list(listSensorsSchema.parse(query)));
        return page.items.map(({ sensor }) => sensor.code);
      };
      expect(await found({ deviceId: id })).toEqual(['water_level_cm', 'temperature_c', 'air_c']);
      expect(await found({ sensorType: 'temperature_c' })).toEqual(['temperature_c', 'air_c']);
      expect(await found({ sensorType: 'no_such' })).toEqual([]);
      expect(await found({ enabled: 'false' })).toEqual(['air_c']);
      expect(await found({ search: 'AIR' })).toEqual(['air_c']);
      expect(await changes()).toEqual(['registered', 'sensors_changed', 'sensors_changed', 'sensors_changed']);
    });
  });

  describe('sensor types', () => {
    it('are added and changed at run time, and ingestion follows', async () => {
      const types = module.get(SensorTypesService);
      const code = `snow_${newId().slice(-12)}`;
      await types.create({ code, name: 'Snow', unit: 'cm', validMin: 0, validMax: 800 });
      await expect(types.create({ code, name: 'Snow', unit: 'cm' })).rejects.toMatchObject({
        code: 'SENSOR_TYPE_ALREADY_EXISTS',
      });
      const id = unique('dev');
      await register(id);
      await asTenant([home], () => sensors.create({ deviceId: id, typeCode: code }));
      const registry = module.get(DeviceRegistry);
      expect((await registry.resolve([id])).get(id)?.sensors.get(code)).toMatchObject({
        validMax: 800,
        thresholds: null,
      });
      await types.update(code, { validMax: 900, thresholds: { direction: 'above', medium: 60 } });
      expect((await registry.resolve([id])).get(id)?.sensors.get(code)).toMatchObject({
        validMax: 900,
        thresholds: { medium: 60 },
      });
      await expect(types.update(code, { validMin: 1000 })).rejects.toMatchObject({
        errors: [{ code: 'RANGE_UPSIDE_DOWN' }],
      });
      await expect(types.update('no_such', { name: 'x' })).rejects.toMatchObject({ code: 'SENSOR_TYPE_NOT_FOUND' });
      expect(await types.get(code)).toMatchObject({ validMin: 0, validMax: 900 });
    });
  });
});
