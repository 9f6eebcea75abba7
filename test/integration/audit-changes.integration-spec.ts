import { EntityManager } from '@mikro-orm/core';
import { Logger } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import {
  type Actor,
  ALL_TENANTS,
  newRequestContext,
  runWithRequestContext,
} from '../../src/common/request-context/request-context.js';
import { auditStandingOf } from '../../src/database/audited.js';
import { ENTITIES } from '../../src/database/entities.js';
import { Transactions } from '../../src/database/transaction.js';
import { CredentialRotationService } from '../../src/devices/credentials/credential-rotation.service.js';
import { DeviceCredential } from '../../src/devices/credentials/device-credential.entity.js';
import { DeviceRegistrationService } from '../../src/devices/device-registration.service.js';
import { DeviceRemovalService } from '../../src/devices/device-removal.service.js';
import { Device } from '../../src/devices/device.entity.js';
import { DevicesService } from '../../src/devices/devices.service.js';
import { SensorShare } from '../../src/devices/sharing/sensor-share.entity.js';
import { Sensor } from '../../src/devices/sensors/sensor.entity.js';
import { Membership } from '../../src/users/membership.entity.js';
import { Role } from '../../src/users/role.entity.js';
import { User } from '../../src/users/user.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { createDevicesModule, createMunicipality, createSensorTypes } from '../support/devices-module.js';

Logger.overrideLogger(false);

describe('every entity', () => {
  it.each(ENTITIES.map((entity) => [entity.name, entity] as const))(
    '%s says how it is audited, or why not',
    (_, entity) => {
      const standing = auditStandingOf(entity);
      expect(standing).toBeDefined();
      if (standing?.audited === false) expect(standing.reason).toMatch(/^[A-Z].+\.$/);
      if (standing?.audited === true) expect(standing.declaration.type).toMatch(/^[a-z_]+$/);
    },
  );
});

interface Row {
  municipality_id: string | null;
  action: string;
  record_id: string;
  record_label: string | null;
  actor_id: string | null;
  actor_label: string | null;
  address: string | null;
  request_id: string | null;
  operation: string | null;
  changes: string;
}

describeEachDatabase((db) => {
  let module: TestingModule;
  let [north, south] = ['', ''];
  const person: Actor = { kind: 'user', id: newId(), label: 'admin@north.example', municipalityIds: [] };

  beforeAll(async () => {
    module = await createDevicesModule(db);
    await createSensorTypes(module);
    [north, south] = [await createMunicipality(module), await createMunicipality(module)];
  });
  afterAll(() => module?.close());

  /** Does work as somebody, and answers what the log says of it. */
  const told = async (work: () => Promise<unknown>, actor: Actor = person): Promise<Row[]> => {
    const requestId = newId();
    const origin = { address: '192.0.2.7', userAgent: 'Firefox' };
    const context = newRequestContext({ requestId, actor, tenant: ALL_TENANTS, origin, operation: 'PATCH /x' });
    await runWithRequestContext(context, work);
    const { rows } = await db.transactions.query<Row>(`select * from audit_logs where request_id = ? order by id`, [
      requestId,
    ]);
    return rows;
  };
  const changesOf = (row: Row | undefined): unknown => JSON.parse(row?.changes ?? 'null');
  const register = (deviceId: string) =>
    module.get(DeviceRegistrationService).register({
      ...{ deviceId, municipalityId: north, name: 'Bridge', heartbeatIntervalSeconds: 60 },
      ...{ sensors: [{ typeCode: 'water_level_cm' }], authMethods: ['api_key', 'hmac'] },
    } as never);
  const update = (deviceId: string, patch: object) => module.get(DevicesService).update(deviceId, patch);

  it('tells who changed what, from where, before and after', async () => {
    await told(() => register('gauge-1'));
    const [row, ...others] = await told(() => update('gauge-1', { name: 'Weir', metadata: { key: 1, apiKey: 'abc' } }));
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      ...{ municipality_id: north, action: 'device.updated', record_id: 'gauge-1', record_label: 'Weir' },
      ...{ actor_id: person.id, actor_label: 'admin@north.example', address: '192.0.2.7', operation: 'PATCH /x' },
    });
    expect(changesOf(row)).toEqual({
      before: { name: 'Bridge', metadata: null },
      after: { name: 'Weir', metadata: { key: 1, apiKey: '[secret]' } },
    });
    const [again] = await told(() => update('gauge-1', { metadata: { key: 2 }, latitude: 47.5 }));
    expect(changesOf(again)).toEqual({
      before: { metadata: { key: 1, apiKey: '[secret]' }, latitude: null },
      after: { metadata: { key: 2 }, latitude: 47.5 },
    });
    expect(await told(() => update('gauge-1', { latitude: 47.5 }))).toEqual([]);
  });

  it('tells of secrets that they changed, and never what they are', async () => {
    const made = await told(() => register('gauge-2'));
    expect(made.map(({ action }) => action).sort()).toEqual([
      ...['device.created', 'device_credential.created', 'device_credential.created', 'sensor.created'],
    ]);
    expect(made.every(({ municipality_id: chain }) => chain === north)).toBe(true);
    const rotated = await told(() => module.get(CredentialRotationService).refreshApiKey('gauge-2', 0));
    expect(rotated.map(({ action }) => action).sort()).toEqual([
      'device_credential.created',
      'device_credential.updated',
    ]);
    const stored = await module
      .get(EntityManager)
      .fork()
      .find(DeviceCredential, { deviceId: 'gauge-2' }, { filters: false });
    const secrets = stored.flatMap(({ secretHash, secretEncrypted }) => [secretHash, secretEncrypted]);
    const text = [...made, ...rotated].map(({ changes }) => changes).join();
    for (const secret of secrets) if (secret) expect(text).not.toContain(secret);
    expect(text).toContain('"secretHash":"[secret]"');
    expect(text).toContain('"secretEncrypted":"[secret]"');
  });

  it('tells what was deleted, with everything that went with it', async () => {
    await told(() => register('gauge-3'));
    const rows = await told(() => module.get(DeviceRemovalService).remove('gauge-3'));
    expect(rows.map(({ action }) => action).sort()).toEqual(['device.deleted', 'sensor.deleted']);
    const device = rows.find(({ action }) => action === 'device.deleted');
    expect(changesOf(device)).toMatchObject({ before: { id: 'gauge-3', name: 'Bridge', status: 'active' } });
    expect(changesOf(device)).not.toHaveProperty('after');
  });

  it('is there together with the change, or not at all', async () => {
    await told(() => register('gauge-4'));
    const change = async (fail: boolean): Promise<void> =>
      module.get(Transactions).run(async ({ em }) => {
        const device = await em.findOneOrFail(Device, { id: 'gauge-4' });
        device.name = 'Changed';
        await em.flush();
        if (fail) throw new Error('changed its mind');
      });
    expect(await told(() => expect(change(true)).rejects.toThrow('changed its mind'))).toEqual([]);
    expect(await told(() => change(false))).toHaveLength(1);
    const plain = async (): Promise<void> => {
      const em = module.get(EntityManager).fork();
      (await em.findOneOrFail(Device, { id: 'gauge-4' })).name = 'Without a transaction around it';
      await em.flush();
    };
    expect(await told(plain)).toHaveLength(1);
    const broken = async (): Promise<void> => {
      const em = module.get(EntityManager).fork();
      (await em.findOneOrFail(Device, { id: 'gauge-4' })).name = 'x';
      em.create(Device, { id: 'gauge-1', municipalityId: north, name: 'twice' });
      await em.flush();
    };
    expect(await told(() => expect(broken()).rejects.toThrow())).toEqual([]);
  });

  it('says nothing of what devices and the broker cause', async () => {
    await told(() => register('gauge-5'));
    for (const actor of [
      { kind: 'device', id: 'gauge-5', municipalityIds: [north] },
      { kind: 'system', id: 'broker', municipalityIds: [] },
    ] as const) {
      expect(await told(() => update('gauge-5', { name: newId() }), actor)).toEqual([]);
    }
    const cli = { kind: 'system', id: 'cli', municipalityIds: [] } as const;
    expect(await told(() => update('gauge-5', { name: newId() }), cli)).toMatchObject([{ actor_id: 'cli' }]);
  });

  it('puts a person into the log of each of their municipalities, and a share into those of both sides', async () => {
    const em = module.get(EntityManager).fork();
    const userId = newId();
    const made = await told(async () => {
      const { id: roleId } = await em.findOneOrFail(Role, { code: 'operator', municipalityId: null });
      em.create(User, { id: userId, email: `${userId}@x.example`, name: 'Both', passwordHash: '$argon2id$abc' });
      for (const municipalityId of [north, south]) em.create(Membership, { userId, municipalityId, roleId });
      await em.flush();
    });
    const chains = (action: string, rows: Row[]): (string | null)[] =>
      rows.filter((row) => row.action === action).map((row) => row.municipality_id);
    expect(new Set(chains('user.created', made))).toEqual(new Set([north, south]));
    expect(new Set(chains('membership.created', made))).toEqual(new Set([north, south]));
    expect(made.map(({ changes }) => changes).join()).not.toContain('argon2id');
    // Both see the end, though the memberships end with it.
    const removed = await told(async () => {
      for (const membership of await em.find(Membership, { userId })) em.remove(membership);
      em.remove(await em.findOneOrFail(User, { id: userId }));
      await em.flush();
    });
    expect(new Set(chains('user.deleted', removed))).toEqual(new Set([north, south]));
    await told(() => register('gauge-6'));
    const shared = await told(async () => {
      const sensor = await em.findOneOrFail(Sensor, { deviceId: 'gauge-6' });
      const validFrom = new Date();
      const share = { sensorId: sensor.id, municipalityId: north, recipientId: south, validFrom };
      em.create(SensorShare, { ...share, validUntil: new Date(validFrom.getTime() + 60_000) });
      await em.flush();
    });
    expect(new Set(chains('sensor_share.created', shared))).toEqual(new Set([north, south]));
  });
});
