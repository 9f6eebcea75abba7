import { EntityManager } from '@mikro-orm/core';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { AppConfig } from '../../src/config/app-config.js';
import type { IssuedCredentials } from '../../src/devices/credentials/credential.schemas.js';
import { CredentialRotationService } from '../../src/devices/credentials/credential-rotation.service.js';
import { mqttUserName } from '../../src/devices/credentials/mqtt-user-name.js';
import { DeviceRegistrationService } from '../../src/devices/device-registration.service.js';
import type { RegisterDevice } from '../../src/devices/device.schemas.js';
import { Device } from '../../src/devices/device.entity.js';
import { DevicesService } from '../../src/devices/devices.service.js';
import { DeviceImportService } from '../../src/devices/import/device-import.service.js';
import { BrokerAuthority, type BrokerAction } from '../../src/mqtt/broker-authority.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality } from '../support/devices-module.js';

describeEachDatabase((db) => {
  let module: TestingModule;
  let authority: BrokerAuthority;
  let home: string;
  let own: IssuedCredentials;
  /** Device → its MQTT user name. */
  const users = new Map<string, string>();

  beforeAll(async () => {
    module = await createDevicesModule(db);
    authority = module.get(BrokerAuthority);
    home = await createMunicipality(module);
    own = await register('pump-1');
    await register('pump-2');
    await register('pump-3', ['api_key']);
  });
  afterAll(() => module.close());

  async function register(deviceId: string, authMethods: RegisterDevice['authMethods'] = ['mqtt']) {
    const input = { deviceId, name: deviceId, authMethods };
    const { credentials } = await asTenant([home], () => module.get(DeviceRegistrationService).register(input));
    users.set(deviceId, credentials.mqtt?.username ?? deviceId);
    return credentials;
  }
  const decide = async (clientId: string, username: string | undefined, password: string | undefined) =>
    (await authority.authenticate({ clientId, username, password })).decision;
  const userOf = (deviceId: string): string => users.get(deviceId)!;

  /** Answers the certificate's name. */
  async function addCertificate(deviceId: string): Promise<string> {
    const added = await asTenant([home], () => module.get(CredentialRotationService).add(deviceId, 'certificate'));
    return mqttUserName(deviceId, added.credential.id);
  }

  it('refuses to register ids that the platform itself connects under', async () => {
    const { clientId } = module.get(AppConfig).mqtt;
    const ids = ['hydroalert-anything', clientId, `${clientId}-publisher`, `${clientId}-control`];
    for (const deviceId of ids) {
      await expect(register(deviceId)).rejects.toMatchObject({
        kind: 'validation',
        errors: [{ path: 'deviceId', code: 'RESERVED_DEVICE_ID' }],
      });
    }
    const lines = ['device_id,name', ...[...ids, 'pump-imported'].map((id) => `${id},Pump`)];
    const { rows } = await asTenant([home], () =>
      module.get(DeviceImportService).import(Buffer.from(lines.join('\r\n')), { atomic: false, dryRun: false }),
    );
    expect(rows.map(({ status, errors }) => [status, errors?.map(({ code }) => code) ?? []])).toEqual([
      ...ids.map(() => ['error', ['RESERVED_DEVICE_ID']]),
      ['created', []],
    ]);
  });

  it('lets a device have ten live certificates, and no more', async () => {
    await register('pump-4', ['certificate']);
    const add = (overlap?: number) =>
      asTenant([home], () => module.get(CredentialRotationService).add('pump-4', 'certificate', overlap));
    for (let i = 0; i < 8; i++) await add();
    const both = await Promise.allSettled([add(), add()]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(add(60)).rejects.toMatchObject({ kind: 'conflict', code: 'TOO_MANY_CREDENTIALS' });
    // All at once for a new one is always possible.
    await add(0);
    await expect(add()).resolves.toBeDefined();
  });

  describe('authenticate', () => {
    it('lets a device connect by its user and password, under a client id that can be nobody else’s', async () => {
      for (const clientId of ['pump-1', 'pump-1~2', userOf('pump-1'), '']) {
        expect([clientId, await decide(clientId, userOf('pump-1'), own.mqtt!.password)]).toEqual([clientId, 'allow']);
      }
      // Nobody can say of these whose they are: another process of the platform may connect under any.
      for (const clientId of ['mqttjs_8f2a', 'ingest-2', 'pump-10', 'pump-1-publisher', 'ä', 'x'.repeat(200)]) {
        expect([clientId, await decide(clientId, userOf('pump-1'), own.mqtt!.password)]).toEqual([clientId, 'deny']);
      }
    });

    it('lets nobody take the session of a process of the platform, also of another one', async () => {
      await asTenant([home], async () => {
        // From a time when such ids were not refused.
        const em = module.get(EntityManager).fork();
        em.create(Device, { id: 'hydroalert-web-2', municipalityId: home, name: 'Old' });
        await em.flush();
        const { credentials } = await module.get(CredentialRotationService).add('hydroalert-web-2', 'mqtt');
        const { username, password } = credentials.mqtt!;
        for (const clientId of ['hydroalert-web-2', 'hydroalert-web-2-control', `hydroalert-web-2~1`]) {
          expect([clientId, await decide(clientId, username, password)]).toEqual([clientId, 'deny']);
        }
      });
    });

    it('lets a device with a certificate in, whatever its broker sends for no password', async () => {
      const certificateName = await addCertificate('pump-1');
      const admit = async (username: string | undefined, password: string | undefined) =>
        (await authority.authenticate({ clientId: 'pump-1', username, password, certificateName })).decision;
      for (const none of [undefined, '', 'undefined']) {
        expect([none, await admit(certificateName, none)]).toEqual([none, 'allow']);
        // Its own certificate, and the user name of somebody else: rights are asked for by the user name.
        for (const other of [
          userOf('pump-1'),
          userOf('pump-2'),
          await addCertificate('pump-2'),
          'pump-1',
          '',
          undefined,
        ]) {
          expect([none, other, await admit(other, none)]).toEqual([none, other, 'deny']);
        }
      }
      expect(await admit(userOf('pump-1'), own.mqtt!.password)).toBe('allow');
      expect(await admit(userOf('pump-1'), 'wrong')).toBe('deny');
    });

    it('denies everything else', async () => {
      const password = own.mqtt!.password;
      const platform = module.get(AppConfig).mqtt.clientId;
      for (const [clientId, username, secret] of [
        ['pump-1', userOf('pump-1'), `${password}x`],
        ['pump-1', userOf('pump-1'), ''],
        ['pump-1', userOf('pump-1'), undefined],
        ['pump-1', undefined, password],
        ['pump-1', undefined, undefined],
        ['pump-1', userOf('pump-2'), password],
        ['pump-1', 'pump-1', password],
        ['pump-1', 'nobody', password],
        ['pump-1', mqttUserName('pump-1', newId()), password],
        ['pump-1', userOf('pump-1').replace('pump-1', 'pump-2'), password],
        ['pump-1', '\0', password],
        ['pump-2', userOf('pump-1'), password],
        [platform, userOf('pump-1'), password],
        [`${platform}-publisher`, userOf('pump-1'), password],
      ] as const) {
        expect([clientId, username, await decide(clientId, username, secret)]).toEqual([clientId, username, 'deny']);
      }
    });
  });

  describe('authorize', () => {
    const may = (action: BrokerAction, topic: string, username: string | undefined = userOf('pump-1')) =>
      authority.authorize(username, topic, action);

    it('gives a device its own topics', async () => {
      for (const topic of [
        'sensors/pump-1/data',
        'sensors/pump-1/status',
        'sensors/pump-1/heartbeat',
        'system/pump-1/response',
      ]) {
        expect([topic, await may('publish', topic)]).toEqual([topic, 'allow']);
      }
      expect(await may('subscribe', 'system/pump-1/command')).toBe('allow');
    });

    it('denies everything else', async () => {
      const publish = [
        'sensors/pump-2/data',
        'system/pump-1/command',
        'sensors/pump-1',
        'sensors/pump-1/data/x',
        'sensors/pump-1/Data',
        '$SYS/x',
        '',
      ];
      const subscribe = [
        '#',
        '+/+/+',
        'system/+/command',
        'system/pump-2/command',
        'system/pump-1/#',
        'sensors/pump-1/data',
        '$share/g/system/pump-1/command',
        'system/pump-1/command/',
      ];
      for (const topic of publish) expect([topic, await may('publish', topic)]).toEqual([topic, 'deny']);
      for (const topic of subscribe) expect([topic, await may('subscribe', topic)]).toEqual([topic, 'deny']);
      const strange = mqttUserName('pump-1', newId());
      const ofAnother = userOf('pump-2').replace('pump-2', 'pump-1');
      for (const user of ['pump-1', strange, ofAnother]) {
        expect([user, await may('publish', 'sensors/pump-1/data', user)]).toEqual([user, 'deny']);
      }
      expect(await authority.authorize(undefined, 'sensors/pump-1/data', 'publish')).toBe('deny');
      for (const user of ['', '+', '#', 'nobody', 'pump-1/x', '\0']) {
        expect([user, await may('publish', `sensors/${user}/data`, user)]).toEqual([user, 'deny']);
      }
    });

    it('denies a device without an MQTT user, and one that was deactivated, at once', async () => {
      expect(await may('publish', 'sensors/pump-3/data', 'pump-3')).toBe('deny');
      expect(await may('publish', 'sensors/pump-2/data', userOf('pump-2'))).toBe('allow');
      await asTenant([home], () => module.get(DevicesService).setStatus('pump-2', 'deactivated'));
      expect(await may('publish', 'sensors/pump-2/data', userOf('pump-2'))).toBe('deny');
      await asTenant([home], () => module.get(DevicesService).setStatus('pump-2', 'active'));
      expect(await may('publish', 'sensors/pump-2/data', userOf('pump-2'))).toBe('allow');
    });
  });
});
