import type {
  Acl,
  DefaultAccess,
  DynsecCommand,
  ListedClient,
  ListedRole,
} from '../../mqtt/dynamic-security/dynsec.types.js';
import { parseMqttUserName } from '../credentials/mqtt-user-name.js';
import { deviceOfRole } from './device-rights.js';

/** A client of ours as the broker has it. */
export interface PresentClient {
  readonly clientid: string | undefined;
  readonly disabled: boolean;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

/** A rule as the broker has it. */
export type PresentAcl = Omit<Acl, 'acltype'> & { readonly acltype: string };

/** What a broker holds of ours. Clients and roles whose names are not of our form are somebody else's, and not kept. */
export class BrokerState {
  private readonly clients = new Map<string, Map<string, PresentClient>>();
  private readonly roles = new Map<string, readonly PresentAcl[]>();

  constructor(
    clients: readonly ListedClient[],
    roles: readonly ListedRole[],
    readonly defaults: DefaultAccess,
  ) {
    for (const { username, clientid, disabled = false, roles: named, groups } of clients) {
      this.setClient(username, {
        clientid,
        disabled,
        roles: named.map(({ rolename }) => rolename),
        groups: groups.map(({ groupname }) => groupname),
      });
    }
    for (const { rolename, acls } of roles) this.setRole(rolename, acls);
  }

  /** Ids of devices, also former ones, of which the broker has something. */
  devices(): Set<string> {
    return new Set([...this.clients.keys(), ...this.roles.keys()]);
  }

  clientsOf(deviceId: string): ReadonlyMap<string, PresentClient> {
    return this.clients.get(deviceId) ?? new Map<string, PresentClient>();
  }

  roleOf(deviceId: string): readonly PresentAcl[] | undefined {
    return this.roles.get(deviceId);
  }

  /** How many clients of ours it has. */
  get size(): number {
    let size = 0;
    for (const clients of this.clients.values()) size += clients.size;
    return size;
  }

  /** Follows a command that the broker has carried out. */
  apply(command: DynsecCommand): void {
    switch (command.command) {
      case 'createClient': {
        const roles = command.roles.map(({ rolename }) => rolename);
        this.setClient(command.username, { clientid: command.clientid, disabled: false, roles, groups: [] });
        break;
      }
      case 'deleteClient':
        this.removeClient(command.username);
        break;
      case 'createRole':
      case 'modifyRole':
        this.setRole(command.rolename, command.acls);
        break;
      case 'deleteRole':
        this.roles.delete(deviceOfRole(command.rolename) ?? '');
        break;
      default:
    }
  }

  private setClient(username: string, client: PresentClient): void {
    const deviceId = ownerOf(username);
    if (deviceId === null) return;
    const known = this.clients.get(deviceId);
    if (known) known.set(username, client);
    else this.clients.set(deviceId, new Map([[username, client]]));
  }

  private removeClient(username: string): void {
    const deviceId = ownerOf(username) ?? '';
    const known = this.clients.get(deviceId);
    known?.delete(username);
    if (known?.size === 0) this.clients.delete(deviceId);
  }

  private setRole(rolename: string, acls: readonly PresentAcl[]): void {
    const deviceId = deviceOfRole(rolename);
    if (deviceId !== null) this.roles.set(deviceId, acls);
  }
}

/** Whose client it is; null for a name that is not `<deviceId>~<credentialId>`. */
function ownerOf(username: string): string | null {
  const user = parseMqttUserName(username);
  return user === null || user.credentialId === null ? null : user.deviceId;
}
