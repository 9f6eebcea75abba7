import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DefaultAccess, ListedClient, ListedRole } from '../../mqtt/dynamic-security/dynsec.types.js';
import { BrokerState } from './broker-state.js';
import { aclsOf, roleOf, sameAcls } from './device-rights.js';
import { defaultsPlan, plansFor } from './rights-diff.js';

const DENYING: DefaultAccess = {
  publishClientSend: false,
  publishClientReceive: true,
  subscribe: false,
  unsubscribe: true,
};
const IDS = Array.from({ length: 4 }, (_, n) => `0199c0de-0000-7000-8000-00000000000${n}`);
const DEVICES = ['gauge-1', 'gauge-2', 'gauge-3'];

const deviceId = fc.constantFrom(...DEVICES);
const username = fc.tuple(deviceId, fc.constantFrom(...IDS)).map(([device, id]) => `${device}~${id}`);
const foreignName = fc.constantFrom('admin', 'gauge-1', 'gauge-1~', '~x', 'gauge-1~backup', 'node-red', 'a b~c');

/** Credentials of devices as the database could hold them. */
const desiredState = fc
  .uniqueArray(
    fc.oneof(
      fc.record({
        username,
        kind: fc.constant<'mqtt'>('mqtt'),
        password: fc.option(fc.constant('secret'), { nil: null }),
      }),
      fc.record({ username, kind: fc.constant<'certificate'>('certificate'), password: fc.constant(null) }),
    ),
    { selector: (client) => client.username },
  )
  .map((clients) => new Map(DEVICES.map((id) => [id, clients.filter((one) => one.username.startsWith(`${id}~`))])));

const listedClient = (name: fc.Arbitrary<string>): fc.Arbitrary<ListedClient> =>
  fc.record({
    username: name,
    clientid: fc.option(deviceId, { nil: undefined }),
    disabled: fc.option(fc.boolean(), { nil: undefined }),
    roles: fc.array(fc.record({ rolename: fc.oneof(deviceId.map(roleOf), fc.constant('admin')) }), { maxLength: 2 }),
    groups: fc.array(fc.record({ groupname: fc.constant('staff') }), { maxLength: 1 }),
  });
const acl = fc.record({
  acltype: fc.constantFrom('publishClientSend', 'subscribePattern', 'subscribeLiteral'),
  topic: fc.constantFrom('#', 'sensors/gauge-1/data', 'system/gauge-1/command'),
  priority: fc.constantFrom(0, 5),
  allow: fc.boolean(),
});
const acls = fc.oneof(
  deviceId.map((id) => aclsOf(id, false).map((one) => ({ priority: 0, ...one }))),
  fc.array(acl),
);
const listedRole = (name: fc.Arbitrary<string>): fc.Arbitrary<ListedRole> => fc.record({ rolename: name, acls });
const unique = <T>(one: fc.Arbitrary<T>, selector: (item: T) => string) => fc.uniqueArray(one, { selector });

const brokerContent = fc.record({
  clients: unique(listedClient(username), (one) => one.username),
  roles: unique(listedRole(deviceId.map(roleOf)), (one) => one.rolename),
  foreignClients: unique(listedClient(foreignName), (one) => one.username),
  foreignRoles: unique(listedRole(fc.constantFrom('admin', 'device:', 'device:a/b', 'devices')), (one) => one.rolename),
  defaults: fc.record({
    publishClientSend: fc.boolean(),
    publishClientReceive: fc.boolean(),
    subscribe: fc.boolean(),
    unsubscribe: fc.boolean(),
  }),
});

describe('what the broker has to be told', () => {
  it('leads from whatever it holds to what is desired, says nothing of others, and then nothing more', () => {
    fc.assert(
      fc.property(desiredState, brokerContent, (desired, content) => {
        const clients = [...content.clients, ...content.foreignClients];
        const state = new BrokerState(clients, [...content.roles, ...content.foreignRoles], content.defaults);
        const existing = new Set(content.clients.map((one) => one.username));
        const ids = new Set([...desired.keys(), ...state.devices()]);
        const plans = plansFor(ids, desired, state);
        for (const { deviceId: id, commands } of plans) {
          for (const command of commands) {
            if ('username' in command) expect(command.username.startsWith(`${id}~`)).toBe(true);
            if ('rolename' in command) expect(command.rolename).toBe(roleOf(id));
            state.apply(command);
          }
        }
        for (const id of ids) {
          const wanted = desired.get(id) ?? [];
          const present = state.clientsOf(id);
          // Without its password a client cannot be made, but one that is there as it should be may stay.
          for (const { username: name, kind, password } of wanted) {
            if (kind === 'certificate' || password !== null) expect(present.has(name)).toBe(true);
            else if (present.has(name)) expect(existing.has(name)).toBe(true);
          }
          for (const [name, client] of present) {
            const kind = wanted.find((one) => one.username === name)?.kind;
            expect(kind).toBeDefined();
            const clientid = kind === 'mqtt' ? id : undefined;
            expect(client).toEqual({ clientid, disabled: false, roles: [roleOf(id)], groups: [] });
          }
          const role = state.roleOf(id);
          if (present.size === 0) expect(role).toBeUndefined();
          else expect(sameAcls(aclsOf(id, !content.defaults.publishClientReceive), role ?? [])).toBe(true);
        }
        expect(plansFor(ids, desired, state)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('takes rights away before it gives any', () => {
    const name = `gauge-2~${IDS[0]}`;
    const listed = { username: name, clientid: 'gauge-2', roles: [{ rolename: roleOf('gauge-2') }], groups: [] };
    const role = { rolename: roleOf('gauge-2'), acls: [] };
    const state = new BrokerState([listed], [role], DENYING);
    const desired = new Map([
      ['gauge-1', [{ username: `gauge-1~${IDS[1]}`, kind: 'mqtt' as const, password: 'secret' }]],
    ]);
    const plans = plansFor(['gauge-1', 'gauge-2'], desired, state);
    expect(plans.map((plan) => [plan.deviceId, plan.removes])).toEqual([
      ['gauge-2', true],
      ['gauge-1', false],
    ]);
    expect(plans[0]?.commands).toEqual([
      { command: 'deleteClient', username: name },
      { command: 'deleteRole', rolename: 'device:gauge-2' },
    ]);
    expect(plans[1]?.commands).toEqual([
      { command: 'createRole', rolename: 'device:gauge-1', acls: aclsOf('gauge-1', false) },
      {
        command: 'createClient',
        username: `gauge-1~${IDS[1]}`,
        password: 'secret',
        clientid: 'gauge-1',
        roles: [{ rolename: 'device:gauge-1' }],
      },
    ]);
  });

  it('gives rules below the id of the device alone, and one for receiving only where the broker needs it', () => {
    for (const receiving of [true, false]) {
      const rules = aclsOf('gauge-1', receiving);
      expect(rules.every(({ topic }) => /^(sensors|system)\/gauge-1\/(\+|\w+)$/.test(topic))).toBe(true);
      // Whoever may subscribe to a pattern may listen to others.
      const patterns = rules.filter(({ topic }) => topic.includes('+')).map(({ acltype }) => acltype);
      expect(patterns).toEqual(['publishClientSend']);
      expect(rules.some(({ acltype }) => acltype === 'publishClientReceive')).toBe(receiving);
    }
  });

  it('closes a broker that allows by default', () => {
    expect(defaultsPlan(DENYING)).toBeNull();
    expect(defaultsPlan({ ...DENYING, subscribe: true })).toMatchObject({ command: 'setDefaultACLAccess' });
    expect(defaultsPlan({ ...DENYING, publishClientSend: true })).toMatchObject({ command: 'setDefaultACLAccess' });
  });
});
