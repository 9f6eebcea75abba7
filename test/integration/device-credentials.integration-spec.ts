import { EntityManager } from '@mikro-orm/core';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DeviceAuthenticator } from '../../src/auth/device-authenticator.js';
import { newId } from '../../src/common/ids.js';
import { CredentialRotationService } from '../../src/devices/credentials/credential-rotation.service.js';
import { CredentialUsage } from '../../src/devices/credentials/credential-usage.js';
import { CredentialVerifier } from '../../src/devices/credentials/credential-verifier.js';
import { toCredentialResponse } from '../../src/devices/credentials/credential.mapper.js';
import { listCredentialsSchema, type AuthMethod } from '../../src/devices/credentials/credential.schemas.js';
import { CredentialsService } from '../../src/devices/credentials/credentials.service.js';
import { MqttPasswords } from '../../src/devices/credentials/mqtt-passwords.js';
import { DeviceCredential } from '../../src/devices/credentials/device-credential.entity.js';
import { hashSecret, newSecret } from '../../src/devices/credentials/secrets.js';
import { DeviceRegistrationService } from '../../src/devices/device-registration.service.js';
import { DeviceRegistry } from '../../src/devices/device-registry.js';
import { DevicesService } from '../../src/devices/devices.service.js';
import { HmacKeys } from '../../src/devices/signatures/hmac-keys.js';
import { BrokerAuthority } from '../../src/mqtt/broker-authority.js';
import { OutboxEvent } from '../../src/outbox/outbox-event.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality } from '../support/devices-module.js';

const ALL: AuthMethod[] = ['api_key', 'mqtt', 'hmac', 'certificate'];
/** Every instance looks at the registry four times a second; how long it takes is measured, not asserted. */
const SOON = { timeout: 20_000, interval: 20 };

describeEachDatabase((db) => {
  let module: TestingModule;
  let em: EntityManager;
  let home: string;
  let rotation: CredentialRotationService;
  let credentials: CredentialsService;
  let verifier: CredentialVerifier;

  beforeAll(async () => {
    module = await createDevicesModule(db);
    em = module.get(EntityManager);
    home = await createMunicipality(module);
    rotation = module.get(CredentialRotationService);
    credentials = module.get(CredentialsService);
    verifier = module.get(CredentialVerifier);
  });
  afterAll(() => module.close());

  const register = (authMethods = ALL) => {
    const deviceId = `dev-${newId().slice(-12)}`;
    return asTenant([home], () => module.get(DeviceRegistrationService).register({ deviceId, name: 'x', authMethods }));
  };
  const list = async (deviceId: string, query: object = {}) => {
    const page = await asTenant([home], () => credentials.list(deviceId, listCredentialsSchema.parse(query)));
    return page.items;
  };
  const rowOf = (id: string) => asTenant('all', () => em.fork().findOneOrFail(DeviceCredential, { id }));

  it('are listed without anything secret, the newest first, page by page', async () => {
    const { device, credentials: issued } = await register();
    const rows = await list(device.id);
    expect(rows.map(({ kind }) => kind).sort()).toEqual([...ALL].sort());
    expect(rows.map(({ id }) => id)).toEqual(
      rows
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
    const text = JSON.stringify(rows.map((row) => toCredentialResponse(row, Date.now())));
    const { apiKey, mqtt, hmac, certificate } = issued;
    for (const secret of [apiKey!, mqtt!.password, hmac!.secret, certificate!.privateKeyPem!, 'argon2', 'sha256']) {
      expect(text).not.toContain(secret);
    }
    expect(rows.map(({ lookup }) => lookup).sort()).toEqual(
      [apiKey!.split('.')[0], mqtt!.username, hmac!.keyId, certificate!.fingerprint].sort(),
    );
    const first = await asTenant([home], () => credentials.list(device.id, listCredentialsSchema.parse({ limit: 3 })));
    const rest = await list(device.id, { limit: 3, cursor: first.nextCursor });
    expect([...first.items, ...rest].map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect((await list(device.id, { kind: 'hmac' })).map(({ kind }) => kind)).toEqual(['hmac']);
  });

  it('are added beside the old ones, or take their place after an overlap', async () => {
    const { device, credentials: first } = await register(['hmac']);
    const add = (overlap?: number) => asTenant([home], () => rotation.add(device.id, 'hmac', overlap));
    const second = await add();
    expect(second.previousValidUntil).toBeNull();
    expect(await statuses(device.id)).toEqual(['live', 'live']);
    const third = await add(3600);
    expect(third.previousValidUntil!.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    expect(await statuses(device.id)).toEqual(['live', 'ending', 'ending']);
    const keys = (await module.get(HmacKeys).resolve([device.id])).get(device.id)!;
    const live = [first.hmac!, second.credentials.hmac!, third.credentials.hmac!];
    expect(keys.map(({ keyId }) => keyId).sort()).toEqual(live.map(({ keyId }) => keyId).sort());
    await add(0);
    expect(await statuses(device.id)).toEqual(['live', 'ended', 'ended', 'ended']);
    expect((await module.get(HmacKeys).resolve([device.id])).get(device.id)).toHaveLength(1);
    expect(await changes(device.id)).toEqual([
      'registered',
      'credentials_added',
      'credentials_rotated',
      'credentials_rotated',
    ]);
  });

  it('of every kind can be added, and revoked one by one', async () => {
    const { device } = await register(['api_key']);
    for (const kind of ALL) {
      const { credential, credentials: issued } = await asTenant([home], () => rotation.add(device.id, kind));
      expect(credential).toMatchObject({ kind, deviceId: device.id });
      expect(Object.keys(issued)).toHaveLength(1);
      await asTenant([home], () => credentials.revoke(device.id, credential.id));
      const { revokedAt } = await rowOf(credential.id);
      expect(revokedAt).toBeInstanceOf(Date);
      await asTenant([home], () => credentials.revoke(device.id, credential.id));
      expect((await rowOf(credential.id)).revokedAt).toEqual(revokedAt);
    }
    expect(await statuses(device.id)).toEqual(['ended', 'ended', 'ended', 'ended', 'live']);
  });

  it('have an end to their number', async () => {
    const { device } = await register(['api_key']);
    const add = (overlap?: number) => asTenant([home], () => rotation.add(device.id, 'api_key', overlap));
    for (let i = 0; i < 9; i++) await add();
    await expect(add()).rejects.toMatchObject({ kind: 'conflict', code: 'TOO_MANY_CREDENTIALS' });
    await add(0);
    expect((await statuses(device.id)).filter((status) => status === 'live')).toHaveLength(1);
  });

  it('of another device or tenant do not exist', async () => {
    const { device } = await register(['api_key']);
    const { device: other } = await register(['api_key']);
    const [own] = await list(device.id);
    const stranger = await createMunicipality(module);
    const attempts: [string[], () => Promise<unknown>][] = [
      [[home], () => credentials.revoke(other.id, own!.id)],
      [[home], () => credentials.revoke(device.id, newId())],
      [[stranger], () => credentials.revoke(device.id, own!.id)],
      [[stranger], () => credentials.list(device.id, listCredentialsSchema.parse({}))],
      [[stranger], () => rotation.add(device.id, 'api_key', 0)],
    ];
    for (const [tenant, attempt] of attempts) {
      await expect(asTenant(tenant, attempt)).rejects.toMatchObject({ kind: 'not_found' });
    }
    expect((await rowOf(own!.id)).revokedAt).toBeNull();
  });

  describe('MQTT passwords', () => {
    it('are stored as argon2id, and those of earlier versions become so at their next use', async () => {
      const { device, credentials: issued } = await register(['mqtt']);
      const { username, password } = issued.mqtt!;
      const [row] = await list(device.id);
      expect(row!.secretHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      expect(await verifier.byMqttPassword(username, password)).toMatchObject({ deviceId: device.id });

      const old = { id: newId(), deviceId: device.id, kind: 'mqtt' as const, lookup: device.id };
      const oldPassword = newSecret();
      await asTenant('all', () =>
        em.fork().insert(DeviceCredential, { ...old, secretHash: hashSecret(oldPassword), createdAt: new Date() }),
      );
      expect(await verifier.byMqttPassword(device.id, password)).toBeNull();
      expect((await rowOf(old.id)).secretHash).toMatch(/^sha256\$/);
      const authority = module.get(BrokerAuthority);
      const signIn = { clientId: device.id, username: device.id, password: oldPassword };
      expect(await authority.authenticate(signIn)).toMatchObject({ decision: 'allow' });
      expect(await authority.authorize(device.id, `sensors/${device.id}/data`, 'publish')).toBe('allow');
      expect((await rowOf(old.id)).secretHash).toMatch(/^\$argon2id\$/);
      expect(await verifier.byMqttPassword(device.id, oldPassword)).toMatchObject({ deviceId: device.id });
      expect(await verifier.byMqttPassword(device.id, `${oldPassword}x`)).toBeNull();
    });

    it('that are remembered are refused at once when they are revoked, and when they were changed', async () => {
      const { device, credentials: issued } = await register(['mqtt']);
      const { username, password } = issued.mqtt!;
      const [row] = await list(device.id);
      const ask = () => verifier.byMqttPassword(username, password);
      expect([await ask(), await ask()]).toEqual([expect.anything(), expect.anything()]);
      const { secretHash } = await rowOf(row!.id);
      await setHash(row!.id, hashSecret('another'));
      expect(await ask()).toBeNull();
      await setHash(row!.id, secretHash!);
      expect(await ask()).not.toBeNull();
      await asTenant([home], () => credentials.revoke(device.id, row!.id));
      expect(await ask()).toBeNull();
    });

    it('wait with strangers when their names can be guessed or are not live', async () => {
      const { device, credentials: issued } = await register(['mqtt']);
      const { username, password } = issued.mqtt!;
      const legacy = { id: newId(), deviceId: device.id, kind: 'mqtt' as const, lookup: device.id };
      await asTenant('all', () =>
        em.fork().insert(DeviceCredential, { ...legacy, secretHash: hashSecret('x'), createdAt: new Date() }),
      );
      const matches = vi.spyOn(module.get(MqttPasswords), 'matches');
      const isStranger = async (name: string) => {
        await verifier.byMqttPassword(name, password);
        return matches.mock.lastCall?.[3];
      };
      expect(await isStranger(username)).toBe(false);
      for (const name of [device.id, `${device.id}~${newId()}`, 'no such name', '']) {
        expect([name, await isStranger(name)]).toEqual([name, true]);
      }
      const revoked = (await list(device.id)).find(({ lookup }) => lookup === username)!;
      await asTenant([home], () => credentials.revoke(device.id, revoked.id));
      expect(await isStranger(username)).toBe(true);
      matches.mockRestore();
    });

    const setHash = (id: string, hash: string) =>
      db.transactions.query('update device_credentials set secret_hash = ? where id = ?', [hash, id]);
  });

  it('remember their last use, each of its own', async () => {
    const { device, credentials: issued } = await register(['api_key', 'mqtt']);
    const used = async () => {
      await module.get(CredentialUsage).flush();
      const rows = await list(device.id);
      return Object.fromEntries(rows.map(({ kind, lastUsedAt }) => [kind, lastUsedAt instanceof Date]));
    };
    expect(await used()).toEqual({ api_key: false, mqtt: false });
    await verifier.byMqttPassword(issued.mqtt!.username, issued.mqtt!.password);
    expect(await used()).toEqual({ api_key: false, mqtt: true });
    await verifier.byApiKey(device.id, issued.apiKey!);
    expect(await used()).toEqual({ api_key: true, mqtt: true });
  });

  it('stop at every door of another instance when the device is deactivated', async () => {
    const other = await createDevicesModule(db);
    try {
      const { device, credentials: issued } = await register(['api_key', 'mqtt', 'hmac']);
      const { username, password } = issued.mqtt!;
      const doors = async () => [
        (await other.get(DeviceAuthenticator).authenticate({ deviceId: device.id, apiKey: issued.apiKey! })) !== null,
        (await other.get(CredentialVerifier).byMqttPassword(username, password)) !== null,
        (await other.get(BrokerAuthority).authorize(username, `sensors/${device.id}/data`, 'publish')) === 'allow',
        (await other.get(DeviceRegistry).resolve([device.id])).get(device.id)!.active,
      ];
      expect(await doors()).toEqual([true, true, true, true]);
      await asTenant([home], () => module.get(DevicesService).setStatus(device.id, 'deactivated'));
      await vi.waitFor(async () => expect(await doors()).toEqual([false, false, false, false]), SOON);
      await asTenant([home], () => module.get(DevicesService).setStatus(device.id, 'active'));
      await vi.waitFor(async () => expect(await doors()).toEqual([true, true, true, true]), SOON);
      const [row] = await list(device.id, { kind: 'hmac' });
      expect((await other.get(HmacKeys).resolve([device.id])).get(device.id)).toHaveLength(1);
      await asTenant([home], () => credentials.revoke(device.id, row!.id));
      const keys = async () => (await other.get(HmacKeys).resolve([device.id])).get(device.id);
      await vi.waitFor(async () => expect(await keys()).toEqual([]), SOON);
    } finally {
      await other.close();
    }
  });

  async function statuses(deviceId: string): Promise<string[]> {
    return (await list(deviceId)).map((row) => toCredentialResponse(row, Date.now()).status);
  }

  async function changes(deviceId: string): Promise<unknown[]> {
    const rows = await em.fork().find(OutboxEvent, { municipalityId: home }, { orderBy: { position: 'asc' } });
    const events = rows.map(({ payload }) => JSON.parse(payload) as { deviceId?: string; change: unknown });
    return events.filter((event) => event.deviceId === deviceId).map(({ change }) => change);
  }
});
