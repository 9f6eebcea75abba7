import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErrorTranslation } from '../../src/common/errors/error-translation.js';
import { newId } from '../../src/common/ids.js';
import type { Page } from '../../src/common/pagination/page.js';
import { RegistryVersion } from '../../src/database/registry-version.js';
import { ReferenceSeeder } from '../../src/database/seeders/reference.seeder.js';
import { DeviceRegistrationService } from '../../src/devices/device-registration.service.js';
import { DeviceRemovalService } from '../../src/devices/device-removal.service.js';
import { toDeviceResponse } from '../../src/devices/device.mapper.js';
import { DevicesService } from '../../src/devices/devices.service.js';
import { createProtocolSchema, listProtocolsSchema } from '../../src/devices/protocols/protocol.schemas.js';
import { ProtocolsService } from '../../src/devices/protocols/protocols.service.js';
import { listSensorTypesSchema } from '../../src/devices/sensors/sensor-type.schemas.js';
import { SensorType } from '../../src/devices/sensors/sensor-type.entity.js';
import { SensorTypesService } from '../../src/devices/sensors/sensor-types.service.js';
import { SensorsService } from '../../src/devices/sensors/sensors.service.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality } from '../support/devices-module.js';

describeEachDatabase((db) => {
  let module: TestingModule;
  let types: SensorTypesService;
  let protocols: ProtocolsService;
  let devices: DevicesService;
  let registration: DeviceRegistrationService;
  let home: string;

  beforeAll(async () => {
    module = await createDevicesModule(db);
    types = module.get(SensorTypesService);
    protocols = module.get(ProtocolsService);
    devices = module.get(DevicesService);
    registration = module.get(DeviceRegistrationService);
    home = await createMunicipality(module);
  });
  afterAll(() => module.close());

  const asHome = <T>(work: () => Promise<T>): Promise<T> => asTenant([home], work);
  const codeOf = (name: string): string => `${name}_${newId().slice(-12)}`;
  const conflict = { kind: 'conflict', code: 'VERSION_CONFLICT' };

  async function allOf<T>(list: (cursor: object) => Promise<Page<T>>): Promise<T[]> {
    const items: T[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await list(cursor === undefined ? {} : { cursor });
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }
  const register = (more: object = {}) =>
    asHome(() => registration.register({ deviceId: codeOf('device'), name: 'Gauge', ...more }));

  describe('sensor types', () => {
    const make = (name = 'level') => types.create({ code: codeOf(name), name: 'Level', unit: 'cm' });

    it('count their changes, and are changed in the expected version only', async () => {
      const { id, code, version } = await make();
      expect(version).toBe(1);
      expect((await types.update(code, { name: 'Level' })).version).toBe(1);
      expect((await types.update(code, { validMax: 900 }, 1)).version).toBe(2);
      await expect(types.update(id, { validMax: 800 }, 1)).rejects.toMatchObject(conflict);
      await expect(types.remove(id, [1, 3])).rejects.toMatchObject(conflict);
      expect(await types.get(id)).toMatchObject({ code, validMax: 900, version: 2 });
    });

    it('let one of two writers through who read the same version', async () => {
      const { code } = await make();
      const results = await Promise.allSettled(
        [1, 2, 3, 4].map((precision) => types.update(code, { precision, name: `By ${precision}` }, 1)),
      );
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason: expect.objectContaining(conflict) })));
      expect((await types.get(code)).version).toBe(2);
    });

    it('are deleted when nothing uses them', async () => {
      const { id, code } = await make();
      await types.remove(id, 1);
      await expect(types.get(code)).rejects.toMatchObject({ code: 'SENSOR_TYPE_NOT_FOUND' });
      await expect(types.remove(code)).rejects.toMatchObject({ code: 'SENSOR_TYPE_NOT_FOUND' });
    });

    it('are kept while sensors or rules use them', async () => {
      const { code } = await make();
      await register({ sensors: [{ typeCode: code }] });
      await expect(types.remove(code)).rejects.toMatchObject({ kind: 'conflict', code: 'SENSOR_TYPE_IN_USE' });

      const ruled = await make('a_b');
      const similar = await types.create({ code: ruled.code.replace('a_b', 'axb'), name: 'Similar', unit: 'cm' });
      const scope = JSON.stringify({ sensorTypeCode: ruled.code });
      const now = db.dialect.instant(Date.now());
      const ruleId = newId();
      await db.transactions.query(
        `insert into alert_rules (id, name, kind, scope, rule_condition, severity, created_at, updated_at)
         values (?, 'High', 'threshold', ?, '{"operator":">","value":1}', 'HIGH', ?, ?)`,
        [ruleId, scope, now, now],
      );
      await expect(types.remove(ruled.code)).rejects.toMatchObject({ code: 'SENSOR_TYPE_IN_USE' });
      await types.remove(similar.code);
      await db.transactions.query('update alert_rules set deleted_at = ? where id = ?', [now, ruleId]);
      await types.remove(ruled.code);
    });

    it('are found by code and by words, page by page', async () => {
      const word = codeOf('word');
      const made = [];
      for (const letter of ['c', 'a', 'b']) {
        const type = { code: codeOf(letter), name: `Depth ${word.toUpperCase()}`, unit: 'cm' };
        made.push((await types.create(type)).code);
      }
      const query = (more: object) => listSensorTypesSchema.parse({ limit: '2', ...more });
      const found = await allOf((cursor) => types.list(query({ search: word, ...cursor })));
      expect(found.map(({ code }) => code)).toEqual(made.sort());
      expect((await types.list(query({ code: made[1] }))).items).toHaveLength(1);
      expect((await types.list(query({ search: '%' }))).items).toEqual([]);
    });
  });

  describe('protocols', () => {
    const make = (more: object = {}) =>
      protocols.create(
        createProtocolSchema.parse({ code: codeOf('lora'), name: 'LoRa', transport: 'lorawan', ...more }),
      );

    it('begin with those that the platform speaks, which are put in once', async () => {
      const seeder = new ReferenceSeeder(db.transactions, module.get(RegistryVersion));
      expect(await seeder.run()).toEqual(expect.arrayContaining(['mqtt', 'http']));
      await protocols.update('http', { description: 'Ours' });
      expect(await seeder.run()).toEqual([]);
      expect(await protocols.get('http')).toMatchObject({
        description: 'Ours',
        settings: { method: 'POST' },
        version: 2,
      });
    });

    it('are made, read by id and by code, changed and deleted', async () => {
      const made = await make({ settings: { fPort: 2 } });
      expect(made).toMatchObject({ description: '', enabled: true, settings: { fPort: 2 }, version: 1 });
      const changed = await protocols.update(made.id, { settings: { fPort: 3, deviceClass: 'C' } }, 1);
      expect(changed).toMatchObject({ settings: { fPort: 3, deviceClass: 'C' }, version: 2 });
      expect(await protocols.get(made.code)).toMatchObject({ id: made.id, version: 2 });
      await expect(protocols.update(made.code, { name: 'Late' }, 1)).rejects.toMatchObject(conflict);
      await expect(protocols.remove(made.code, 1)).rejects.toMatchObject(conflict);
      await protocols.remove(made.code, 2);
      await expect(protocols.get(made.id)).rejects.toMatchObject({ code: 'PROTOCOL_NOT_FOUND' });
    });

    it('have one code each, and the settings of their transport', async () => {
      const { code } = await make();
      await expect(make({ code })).rejects.toMatchObject({ kind: 'conflict', code: 'PROTOCOL_ALREADY_EXISTS' });
      await expect(protocols.update(code, { settings: { fPort: 0 } })).rejects.toMatchObject({
        kind: 'validation',
        errors: [{ path: 'settings.fPort' }],
      });
      await protocols.update(code, { settings: { fPort: 9 } });
      await expect(protocols.update(code, { transport: 'modbus' })).rejects.toMatchObject({ kind: 'validation' });
      const moved = await protocols.update(code, { transport: 'modbus', settings: { unitId: 7 } });
      expect(moved).toMatchObject({ transport: 'modbus', settings: { unitId: 7 } });
    });

    it('are found by transport, state and words, page by page', async () => {
      const word = codeOf('mesh');
      const made = [];
      for (let index = 0; index < 3; index++) made.push((await make({ name: word })).code);
      await protocols.update(made[0]!, { enabled: false });
      const query = (more: object) => listProtocolsSchema.parse({ limit: '2', search: word, ...more });
      const found = await allOf((cursor) => protocols.list(query(cursor)));
      expect(found.map(({ code }) => code)).toEqual([...made].sort());
      expect((await protocols.list(query({ enabled: 'false' }))).items).toHaveLength(1);
      expect((await protocols.list(query({ transport: 'mqtt' }))).items).toEqual([]);
    });

    it('are given to devices, which keep them', async () => {
      const { code } = await make();
      const { device } = await register({ protocolCode: code });
      expect(toDeviceResponse((await asHome(() => devices.detail(device.id))).device)).toMatchObject({
        protocolCode: code,
        version: 1,
      });
      await expect(protocols.remove(code)).rejects.toMatchObject({ kind: 'conflict', code: 'PROTOCOL_IN_USE' });
      const unknown = { kind: 'validation', errors: [{ path: 'protocolCode', code: 'UNKNOWN_PROTOCOL' }] };
      await protocols.update(code, { enabled: false });
      await expect(register({ protocolCode: code })).rejects.toMatchObject(unknown);
      await expect(register({ protocolCode: 'none_such' })).rejects.toMatchObject(unknown);
      const update = (patch: object) => asHome(() => devices.update(device.id, patch));
      expect((await update({ protocolCode: code, name: 'Kept' })).protocolCode).toBe(code);
      await expect(update({ protocolCode: 'none_such' })).rejects.toMatchObject(unknown);
      expect((await update({ protocolCode: null })).protocolCode).toBeNull();
      await protocols.remove(code);
    });
  });

  describe('devices and sensors', () => {
    it('are changed in the expected version only, and one of two writers comes too late', async () => {
      const { code } = await types.create({ code: codeOf('level'), name: 'Level', unit: 'cm' });
      const { device, sensors } = await register({ sensors: [{ typeCode: code }] });
      const rename = (name: string) => asHome(() => devices.update(device.id, { name }, 1));
      const results = await Promise.allSettled([rename('One'), rename('Two')]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const sensorId = sensors[0]!.sensor.id;
      const change = (name: string) => asHome(() => module.get(SensorsService).update(sensorId, { name }, 1));
      const changes = await Promise.allSettled([change('One'), change('Two'), change('Three')]);
      expect(changes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const removal = module.get(DeviceRemovalService);
      await expect(asHome(() => removal.remove(device.id, 1))).rejects.toMatchObject(conflict);
      await asHome(() => removal.remove(device.id, 2));
      await expect(asHome(() => devices.detail(device.id))).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
    });
  });

  it('translates a version that changed behind the back of the ORM', async () => {
    const { id } = await types.create({ code: codeOf('level'), name: 'Level', unit: 'cm' });
    const em = db.orm.em.fork();
    const type = await em.findOneOrFail(SensorType, { id });
    await types.update(id, { name: 'Other' });
    type.name = 'Late';
    const error: unknown = await em.flush().catch((thrown: unknown) => thrown);
    expect(module.get(ErrorTranslation).translate(error)).toMatchObject(conflict);
  });
});
