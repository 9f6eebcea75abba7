import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { newRequestContext, runWithRequestContext } from '../../src/common/request-context/request-context.js';
import { RegistryVersion } from '../../src/database/registry-version.js';
import { ReferenceSeeder } from '../../src/database/seeders/reference.seeder.js';
import { DeviceRegistrationService } from '../../src/devices/device-registration.service.js';
import { DeviceRegistry } from '../../src/devices/device-registry.js';
import { DevicesService } from '../../src/devices/devices.service.js';
import type { ProfileDefinition } from '../../src/devices/profiles/profile-definition.js';
import { listProfilesSchema } from '../../src/devices/profiles/profile.schemas.js';
import { ProfilesService } from '../../src/devices/profiles/profiles.service.js';
import { UplinkSourceVerifier } from '../../src/devices/uplinks/uplink-source-verifier.js';
import { UplinkSourcesService } from '../../src/devices/uplinks/uplink-sources.service.js';
import { UplinkAuthenticator } from '../../src/auth/uplink-authenticator.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality } from '../support/devices-module.js';
import { StatementCounter } from '../support/statement-counter.js';

const times = (factor: number): ProfileDefinition => ({
  format: 'json',
  values: [{ path: '$.v', code: 'water_level_cm', factor }],
  unmapped: 'ignore',
});

describeEachDatabase((db) => {
  let module: TestingModule;
  let profiles: ProfilesService;
  let sources: UplinkSourcesService;
  let home: string;
  let other: string;

  beforeAll(async () => {
    module = await createDevicesModule(db);
    profiles = module.get(ProfilesService);
    sources = module.get(UplinkSourcesService);
    [home, other] = [await createMunicipality(module), await createMunicipality(module)];
  });
  afterAll(() => module.close());

  const codeOf = (name: string): string => `${name}_${newId().slice(-12)}`;
  const make = (more: object = {}, tenant: string[] | 'all' = [home]) =>
    asTenant(tenant, () => profiles.create({ code: codeOf('acme'), name: 'ACME', definition: times(2), ...more }));
  const register = (more: object, municipalityId = home) =>
    asTenant([municipalityId], () =>
      module.get(DeviceRegistrationService).register({ deviceId: codeOf('device'), name: 'Gauge', ...more }),
    );
  const codesSeenBy = async (tenant: string[] | 'all', query: object = {}) =>
    (await asTenant(tenant, () => profiles.list(listProfilesSchema.parse({ limit: '500', ...query })))).items.map(
      ({ code }) => code,
    );

  it('are seen by their own municipality, and national ones by all', async () => {
    const own = await make();
    const national = await make({}, 'all');
    expect([own.municipalityId, national.municipalityId]).toEqual([home, null]);
    expect(await codesSeenBy([home])).toEqual(expect.arrayContaining([own.code, national.code]));
    const seen = await codesSeenBy([other]);
    expect([seen.includes(own.code), seen.includes(national.code)]).toEqual([false, true]);
    expect(await codesSeenBy('all', { municipalityId: other })).not.toContain(own.code);
    expect(await codesSeenBy([home], { format: 'tts' })).not.toContain(own.code);
    await expect(asTenant([other], () => profiles.get(own.id))).rejects.toMatchObject({ code: 'PROFILE_NOT_FOUND' });
    expect(await asTenant([other], () => profiles.get(national.id))).toMatchObject({ code: national.code });
  });

  it('of the country are changed by a super admin only, those of a municipality by its own people', async () => {
    const national = await make({}, 'all');
    const own = await make();
    const forbidden = { kind: 'forbidden', code: 'NATIONAL_PROFILE' };
    const rename = { name: 'Renamed' };
    await expect(make({ municipalityId: null })).rejects.toMatchObject(forbidden);
    await expect(asTenant([home], () => profiles.update(national.id, rename))).rejects.toMatchObject(forbidden);
    await expect(asTenant([home], () => profiles.remove(national.id))).rejects.toMatchObject(forbidden);
    const notFound = { code: 'PROFILE_NOT_FOUND' };
    await expect(asTenant([other], () => profiles.update(own.id, rename))).rejects.toMatchObject(notFound);
    await expect(asTenant([other], () => profiles.remove(own.id))).rejects.toMatchObject(notFound);
    await expect(make({ municipalityId: other })).rejects.toMatchObject({ code: 'MUNICIPALITY_NOT_FOUND' });
    expect((await asTenant('all', () => profiles.update(national.id, rename, 1))).version).toBe(2);
    await expect(asTenant('all', () => profiles.update(national.id, rename, 1))).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
    });
    await asTenant('all', () => profiles.remove(national.id, 2));
  });

  it('have codes of their own: each once in a municipality, and none of the country’s', async () => {
    const own = await make();
    const taken = { kind: 'conflict', code: 'PROFILE_ALREADY_EXISTS' };
    await expect(make({ code: own.code })).rejects.toMatchObject(taken);
    await make({ code: own.code, municipalityId: other }, [other]);
    const national = await make({}, 'all');
    await expect(make({ code: national.code })).rejects.toMatchObject(taken);
    await expect(make({ code: national.code }, 'all')).rejects.toMatchObject(taken);
  });

  it('are given to devices by their code, the own one before a national one, never another’s', async () => {
    const own = await make();
    await make({ code: own.code }, 'all');
    const { device } = await register({ profileCode: own.code });
    expect(device).toMatchObject({ profileId: own.id, profileCode: own.code });
    const foreign = await register({ profileCode: own.code }, other);
    expect(foreign.device.profileId).not.toBe(own.id);
    const hidden = await make();
    const unknown = { errors: [{ path: 'profileCode', code: 'UNKNOWN_PROFILE' }] };
    await expect(register({ profileCode: hidden.code }, other)).rejects.toMatchObject(unknown);
    const devices = module.get(DevicesService);
    const patch = (profileCode: string | null) => asTenant([home], () => devices.update(device.id, { profileCode }));
    await expect(patch('nobody_has_it')).rejects.toMatchObject(unknown);
    expect(await patch(hidden.code)).toMatchObject({ profileId: hidden.id, profileCode: hidden.code });
    await expect(asTenant([home], () => profiles.remove(hidden.id))).rejects.toMatchObject({ code: 'PROFILE_IN_USE' });
    expect(await patch(null)).toMatchObject({ profileId: null, profileCode: null });
    await asTenant([home], () => profiles.remove(hidden.id));
  });

  it('are compiled once for all devices of an instance, and anew when one changes', async () => {
    const profile = await make();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await register({ profileCode: profile.code })).device.id);
    const plain = (await register({})).device.id;
    // Another instance, which only the database tells of changes.
    const version = new RegistryVersion(db.transactions);
    const registry = new DeviceRegistry(db.transactions, version);
    await version.check();
    const compiled = async () => {
      const devices = await registry.resolve([...ids, plain]);
      return ids.map((id) => devices.get(id)!.profile);
    };
    const [first, ...more] = await compiled();
    expect(first).toMatchObject({ code: profile.code, plan: { mapping: { values: [{ factor: 2 }] } } });
    expect(more.every((one) => one === first)).toBe(true);
    expect((await registry.resolve([plain])).get(plain)!.profile).toBeUndefined();
    await asTenant([home], () => profiles.update(profile.id, { definition: times(3) }));
    expect((await compiled())[0]).toBe(first);
    await version.check();
    expect((await compiled())[0]).toMatchObject({ plan: { mapping: { values: [{ factor: 3 }] } } });
  });

  it('cost devices without one no statement', async () => {
    const ids = [(await register({})).device.id, (await register({})).device.id];
    const registry = new DeviceRegistry(db.transactions, new RegistryVersion(db.transactions));
    const counter = new StatementCounter();
    counter.start();
    const requestId = newId();
    await runWithRequestContext(newRequestContext({ requestId }), () => registry.resolve(ids));
    counter.stop();
    expect(counter.of(requestId)).toHaveLength(1);
  });

  it('are told in the audit log, as sources of uplinks are, without a token', async () => {
    const profile = await make();
    await asTenant([home], () => profiles.update(profile.id, { definition: times(5) }));
    const { source, token } = await asTenant([home], () => sources.create({ kind: 'tts', name: 'Network server' }));
    await asTenant([home], () => sources.rotate(source.id));
    await asTenant([home], () => sources.remove(source.id));
    const { rows } = await db.transactions.query<{ action: string; changes: unknown }>(
      `select action, changes from audit_logs where municipality_id = ? and record_id in (?, ?) order by id`,
      [home, profile.id, source.id],
    );
    expect(rows.map(({ action }) => action)).toEqual([
      ...['device_profile.created', 'device_profile.updated'],
      ...['uplink_source.created', 'uplink_source.updated', 'uplink_source.deleted'],
    ]);
    expect(JSON.stringify(rows)).not.toContain(token.split('.')[0]);
    expect(JSON.stringify(rows[1])).toContain('factor');
  });

  it('of network servers: a token opens the door of its own municipality until it is changed or switched off', async () => {
    const verifier = module.get(UplinkAuthenticator);
    expect(verifier).toBeInstanceOf(UplinkSourceVerifier);
    const { source, token } = await asTenant([home], () => sources.create({ kind: 'chirpstack', name: 'Ours' }));
    const known = { sourceId: source.id, municipalityId: home, kind: 'chirpstack' };
    expect(await verifier.authenticate(token)).toEqual(known);
    const notFound = { code: 'UPLINK_SOURCE_NOT_FOUND' };
    await expect(asTenant([other], () => sources.rotate(source.id))).rejects.toMatchObject(notFound);
    await expect(asTenant([other], () => sources.remove(source.id))).rejects.toMatchObject(notFound);
    const wrong = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    for (const text of [wrong, '', 'hul_none', token.split('.')[0]!, ` ${token}`]) {
      expect(await verifier.authenticate(text)).toBeNull();
    }
    const again = await asTenant([home], () => sources.rotate(source.id));
    expect(await verifier.authenticate(token)).toBeNull();
    expect(await verifier.authenticate(again.token)).toEqual(known);
    await asTenant([home], () => sources.update(source.id, { enabled: false }));
    expect(await verifier.authenticate(again.token)).toBeNull();
    await asTenant([home], () => sources.update(source.id, { enabled: true }));
    await db.transactions.query(`update municipalities set status = 'suspended' where id = ?`, [home]);
    expect(await verifier.authenticate(again.token)).toBeNull();
    await db.transactions.query(`update municipalities set status = 'active' where id = ?`, [home]);
  });

  it('begin with those that devices of every municipality may use', async () => {
    const seeder = new ReferenceSeeder(db.transactions, module.get(RegistryVersion));
    expect(await seeder.run()).toEqual(expect.arrayContaining(['senml', 'thingsboard', 'chirpstack', 'tts']));
    expect(await seeder.run()).toEqual([]);
    expect(await codesSeenBy([other])).toEqual(expect.arrayContaining(['senml', 'thingsboard', 'chirpstack', 'tts']));
    const { device } = await register({ profileCode: 'tts', devEui: '00000000000000AA' });
    expect(device).toMatchObject({ profileCode: 'tts' });
    const registry = new DeviceRegistry(db.transactions, new RegistryVersion(db.transactions));
    expect((await registry.resolve([device.id])).get(device.id)!.profile).toMatchObject({ plan: { kind: 'names' } });
  });
});
