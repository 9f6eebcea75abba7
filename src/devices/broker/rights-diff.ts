import type { DefaultAccess, DynsecCommand } from '../../mqtt/dynamic-security/dynsec.types.js';
import type { BrokerState, PresentClient } from './broker-state.js';
import { aclsOf, roleOf, sameAcls } from './device-rights.js';

/** A credential that the broker has to know. */
export interface DesiredClient {
  readonly username: string;
  /** With an MQTT password, or none: a certificate has been checked by the TLS layer. */
  readonly kind: 'mqtt' | 'certificate';
  /** Null where it is not known, or there is none. */
  readonly password: string | null;
}

/** Live credentials of a device by its id; a device without any may not stand in it. */
export type DesiredState = ReadonlyMap<string, readonly DesiredClient[]>;

/** What has to be done about one device. */
export interface DevicePlan {
  readonly deviceId: string;
  readonly commands: readonly DynsecCommand[];
  /** Somebody loses a right by it. */
  readonly removes: boolean;
}

/**
 * What has to be told the broker so that it holds of these devices what is desired, and nothing else. Devices in step
 * are not in the answer. Nothing is ever said about clients and roles that are not named by our rules.
 */
export function plansFor(deviceIds: Iterable<string>, desired: DesiredState, state: BrokerState): DevicePlan[] {
  const plans: DevicePlan[] = [];
  for (const deviceId of new Set(deviceIds)) {
    const plan = planFor(deviceId, desired.get(deviceId) ?? [], state);
    if (plan.commands.length > 0) plans.push(plan);
  }
  // Whoever is to be kept out is kept out before others are let in.
  return plans.sort((a, b) => Number(b.removes) - Number(a.removes));
}

/** Defaults under which a device may do what its role allows and no more; null when they hold already. */
export function defaultsPlan({ publishClientSend, subscribe }: DefaultAccess): DynsecCommand | null {
  if (!publishClientSend && !subscribe) return null;
  return {
    command: 'setDefaultACLAccess',
    acls: [
      { acltype: 'publishClientSend', allow: false },
      { acltype: 'subscribe', allow: false },
    ],
  };
}

function planFor(deviceId: string, clients: readonly DesiredClient[], state: BrokerState): DevicePlan {
  const present = state.clientsOf(deviceId);
  const kept = clients.filter((client) => isAsMade(client, deviceId, present.get(client.username)));
  const keptNames = new Set(kept.map(({ username }) => username));
  const strays = [...present.keys()].filter((username) => !keptNames.has(username));
  const missing = clients.filter(
    ({ username, kind, password }) => !keptNames.has(username) && (kind === 'certificate' || password !== null),
  );
  const role = rolePlan(deviceId, kept.length + missing.length > 0, state);
  const commands: DynsecCommand[] = [
    // Deleted, never disabled: only that ends the session, and a disabled client with a certificate may go on publishing.
    ...strays.map((username) => ({ command: 'deleteClient', username }) as const),
    ...role.commands,
    ...missing.map((client) => creation(deviceId, client)),
  ];
  return { deviceId, commands, removes: strays.length > 0 || role.removes };
}

function rolePlan(deviceId: string, needed: boolean, state: BrokerState): Omit<DevicePlan, 'deviceId'> {
  const rolename = roleOf(deviceId);
  const present = state.roleOf(deviceId);
  if (!needed) {
    if (present === undefined) return { commands: [], removes: false };
    return { commands: [{ command: 'deleteRole', rolename }], removes: true };
  }
  const acls = aclsOf(deviceId, !state.defaults.publishClientReceive);
  if (present === undefined) return { commands: [{ command: 'createRole', rolename, acls }], removes: false };
  if (sameAcls(acls, present)) return { commands: [], removes: false };
  return { commands: [{ command: 'modifyRole', rolename, acls }], removes: true };
}

function creation(deviceId: string, { username, password }: DesiredClient): DynsecCommand {
  const base = { command: 'createClient', username, roles: [{ rolename: roleOf(deviceId) }] } as const;
  return password === null ? base : { ...base, password, clientid: deviceId };
}

/**
 * A client id of its own for each device: so nobody takes over the session of another device, or of the platform. It is
 * checked with the password; where a certificate stands for it, `use_username_as_clientid` of the listener does the same.
 */
function isAsMade({ kind }: DesiredClient, deviceId: string, present: PresentClient | undefined): boolean {
  if (present === undefined) return false;
  const { clientid, disabled, roles, groups } = present;
  const bound = clientid === (kind === 'mqtt' ? deviceId : undefined);
  return bound && !disabled && groups.length === 0 && roles.length === 1 && roles[0] === roleOf(deviceId);
}
