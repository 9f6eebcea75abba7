import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { Device } from '../../src/devices/device.entity.js';
import { DeviceRegistrationService } from '../../src/devices/device-registration.service.js';
import { DeviceImportService } from '../../src/devices/import/device-import.service.js';
import type { ImportResult } from '../../src/devices/import/import.schemas.js';
import { DeviceProfile, NATIONAL_OWNER } from '../../src/devices/profiles/device-profile.entity.js';
import { Sensor } from '../../src/devices/sensors/sensor.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality, createSensorTypes } from '../support/devices-module.js';

const ONCE = { atomic: false, dryRun: false };

describeEachDatabase((db) => {
  let module: TestingModule;
  let town: string;
  let otherTown: string;
  /** New in every test: device ids are unique in the country. */
  let prefix: string;

  beforeAll(async () => {
    module = await createDevicesModule(db);
    await createSensorTypes(module);
  });
  afterAll(() => module.close());
  beforeEach(async () => {
    [town, otherTown] = [await createMunicipality(module), await createMunicipality(module)];
    prefix = newId().slice(-12);
  });

  function importAs(scope: string[] | 'all', lines: string[], query: Partial<typeof ONCE> = {}): Promise<ImportResult> {
    const service = module.get(DeviceImportService);
    return asTenant(scope, () => service.import(Buffer.from(lines.join('\r\n')), { ...ONCE, ...query }));
  }

  const devices = (): Promise<Device[]> =>
    asTenant('all', () => db.orm.em.fork().find(Device, { id: { $like: `${prefix}%` } }, { orderBy: { id: 'asc' } }));

  it('registers every line with its sensors, place, metadata and credentials', async () => {
    const { counts, rows } = await importAs(
      [town],
      [
        'device_id,name,auth_methods,latitude,longitude,sensors,heartbeat_interval_seconds,metadata.Mast',
        `${prefix}-1,"Gauge, upper",api_key|mqtt;hmac,47.07,15.43,water_level_cm|temperature_c:water_temp,300,M-4`,
        `${prefix}-2,Plain,,,,,,`,
      ],
    );
    expect(counts).toMatchObject({ rows: 2, created: 2 });
    expect(rows.map(({ line, status }) => [line, status])).toEqual([
      [2, 'created'],
      [3, 'created'],
    ]);
    expect(Object.keys(rows[0]!.credentials!).sort()).toEqual(['apiKey', 'hmac', 'mqtt']);
    expect(Object.keys(rows[1]!.credentials!)).toEqual(['apiKey']);
    const [first, second] = await devices();
    expect(first).toMatchObject({
      municipalityId: town,
      name: 'Gauge, upper',
      latitude: 47.07,
      longitude: 15.43,
      heartbeatIntervalSeconds: 300,
      metadata: { Mast: 'M-4' },
    });
    expect(second).toMatchObject({ name: 'Plain', heartbeatIntervalSeconds: 900, metadata: null });
    const sensors = await asTenant('all', () => db.orm.em.fork().find(Sensor, { deviceId: first!.id }));
    expect(sensors.map(({ code }) => code).sort()).toEqual(['water_level_cm', 'water_temp']);
  });

  it('tells what is wrong with each line, and registers the others', async () => {
    const service = module.get(DeviceRegistrationService);
    await asTenant([otherTown], () => service.register({ deviceId: `${prefix}-taken`, name: 'Elsewhere' }));
    const { counts, rows } = await importAs(
      [town],
      [
        'device_id,name,municipality,sensors,latitude,longitude,protocol',
        `${prefix}-1,One,,,,,`,
        `${prefix}-taken,Two,,,,,`,
        `${prefix}-3,Three,,no_such_type,,,`,
        `${prefix}-4,Four,${otherTown},,,,`,
        `${prefix}-1,Five,,,,,`,
        `x,Six,,,95,,`,
        `${prefix}-7,Seven,,,,,smoke_signals`,
        `${prefix}-8,Eight`,
        `${prefix}-9,Nine,${town},,,,`,
      ],
    );
    expect(
      rows.map(({ line, status, errors }) => [line, status, errors?.map(({ path, code }) => `${path} ${code}`)]),
    ).toEqual([
      [2, 'created', undefined],
      [3, 'exists', undefined],
      [4, 'error', ['sensors.0 UNKNOWN_SENSOR_TYPE']],
      [5, 'error', ['municipality MUNICIPALITY_NOT_FOUND']],
      [6, 'error', ['device_id DUPLICATE_IN_FILE']],
      [7, 'error', ['device_id INVALID_FORMAT', 'latitude TOO_BIG', 'longitude CUSTOM']],
      [8, 'error', ['protocol UNKNOWN_PROTOCOL']],
      [9, 'error', [' WRONG_NUMBER_OF_CELLS']],
      [10, 'created', undefined],
    ]);
    expect(counts).toMatchObject({ rows: 9, created: 2, exists: 1, error: 6 });
    expect((await devices()).map(({ id }) => id)).toEqual([`${prefix}-1`, `${prefix}-9`, `${prefix}-taken`]);
  });

  it('gives devices of several makes the profile of each, and a DevEUI to one of them', async () => {
    const em = db.orm.em.fork();
    const definition = {
      format: 'json' as const,
      values: [{ path: '$.l', code: 'level' }],
      unmapped: 'ignore' as const,
    };
    const profiles = [
      [null, 'national'],
      [town, 'ours'],
      [otherTown, 'theirs'],
    ] as const;
    for (const [municipalityId, name] of profiles) {
      const owner = municipalityId ?? NATIONAL_OWNER;
      em.create(DeviceProfile, { municipalityId, owner, code: `p${prefix}_${name}`, name, format: 'json', definition });
    }
    await asTenant('all', () => em.flush());
    const header = 'device_id,name,profile,dev_eui,reporting_interval_seconds,signature_required';
    const first = [
      `${prefix}-1,One,p${prefix}_ours,A840410000000001,600,yes`,
      `${prefix}-2,Two,p${prefix}_national,,,no`,
      `${prefix}-3,Three,p${prefix}_theirs,,,`,
    ];
    const told = async (lines: string[]) =>
      (await importAs([town], [header, ...lines])).rows.map(({ status, code }) => code ?? status);
    expect(await told(first)).toEqual(['created', 'created', 'UNKNOWN_PROFILE']);
    expect(await devices()).toMatchObject([
      {
        profileCode: `p${prefix}_ours`,
        devEui: 'a840410000000001',
        reportingIntervalSeconds: 600,
        signatureRequired: true,
      },
      { profileCode: `p${prefix}_national`, devEui: null, reportingIntervalSeconds: null, signatureRequired: false },
    ]);
    expect(await told([`${prefix}-1,One,,A840410000000001,,`])).toEqual(['DEVICE_ALREADY_EXISTS']);
    expect(await told([`${prefix}-4,Four,,a840410000000001,,`])).toEqual(['DEV_EUI_TAKEN']);
  });

  it('names municipalities by code or id, for whoever has more than one', async () => {
    const code = newId();
    await db.transactions.query('update municipalities set code = ? where id = ?', [code, otherTown]);
    const { rows } = await importAs('all', [
      'device_id;name;municipality;latitude;longitude',
      `${prefix}-1;One;${town.toUpperCase()};47,5;15,25`,
      `${prefix}-2;Two;${code};;`,
      `${prefix}-3;Three;;;`,
    ]);
    expect(rows.map(({ status, code: problem }) => problem ?? status)).toEqual([
      'created',
      'created',
      'MUNICIPALITY_REQUIRED',
    ]);
    const [first, second] = await devices();
    expect(first).toMatchObject({ municipalityId: town, latitude: 47.5, longitude: 15.25 });
    expect(second).toMatchObject({ municipalityId: otherTown });
  });

  it('stores all or nothing on request', async () => {
    const good = [`device_id,name,sensors`, `${prefix}-1,One,water_level_cm`, `${prefix}-2,Two,temperature_c`];
    const failed = await importAs([town], [...good, `${prefix}-3,Three,no_such_type`], { atomic: true });
    expect(failed.rows.map(({ status }) => status)).toEqual(['not_stored', 'not_stored', 'error']);
    expect(JSON.stringify(failed)).not.toContain('credentials');
    expect(await devices()).toEqual([]);
    const stored = await importAs([town], good, { atomic: true });
    expect(stored.counts.created).toBe(2);
    expect(await devices()).toHaveLength(2);
  });

  it('stores nothing of an atomic file when a device is registered elsewhere at the last moment', async () => {
    const service = module.get(DeviceRegistrationService);
    const store = service.store.bind(service);
    let calls = 0;
    service.store = async (tx, prepared) => {
      // The second device comes into being between the check of the file and its first line.
      const second = { deviceId: `${prefix}-2`, name: 'Elsewhere', municipalityId: otherTown };
      if (++calls === 1) await asTenant([otherTown], () => service.register(second));
      return store(tx, prepared);
    };
    const lines = ['device_id,name', `${prefix}-1,One`, `${prefix}-2,Two`, `${prefix}-3,Three`];
    const { rows } = await importAs([town], lines, { atomic: true }).finally(() => (service.store = store));
    expect(rows.map(({ status }) => status)).toEqual(['not_stored', 'exists', 'not_stored']);
    expect(await devices()).toMatchObject([{ id: `${prefix}-2`, municipalityId: otherTown }]);
  });

  it('only checks in a dry run', async () => {
    const lines = ['device_id,name,sensors', `${prefix}-1,One,`, `${prefix}-2,Two,no_such_type`];
    const { counts, rows } = await importAs([town], lines, { dryRun: true });
    expect(rows.map(({ status }) => status)).toEqual(['valid', 'error']);
    expect(counts).toMatchObject({ valid: 1, error: 1, created: 0 });
    expect(await devices()).toEqual([]);
  });

  it('takes the same file again without doubling anything', async () => {
    const lines = ['device_id,name', `${prefix}-1,One`, `${prefix}-2,Two`];
    await importAs([town], lines);
    const { rows } = await importAs([town], [...lines, `${prefix}-3,Three`]);
    expect(rows.map(({ status }) => status)).toEqual(['exists', 'exists', 'created']);
    expect(await devices()).toHaveLength(3);
  });

  it('registers 500 devices of one file, each alone or all together', async () => {
    for (const atomic of [false, true]) {
      const lines = Array.from(
        { length: 500 },
        (_, i) => `${prefix}-${String(atomic)}-${i},Device ${i},water_level_cm`,
      );
      const { counts } = await importAs([town], ['device_id,name,sensors', ...lines], { atomic });
      expect(counts.created).toBe(500);
    }
    expect(await devices()).toHaveLength(1000);
  });
});
