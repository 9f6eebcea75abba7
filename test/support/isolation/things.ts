import { randomBytes } from 'node:crypto';
import { newId } from '../../../src/common/ids.js';

/**
 * What a parameter or field can name. `national`: the same for everybody, so that it says nothing about a tenant.
 * A new kind of record is added here, and to the fixtures.
 */
export const THINGS = {
  municipality: 'own',
  region: 'own',
  device: 'own',
  sensor: 'own',
  share: 'own',
  rule: 'own',
  alert: 'own',
  user: 'own',
  email: 'own',
  role: 'own',
  roleCode: 'own',
  session: 'own',
  dashboard: 'own',
  auditRow: 'own',
  command: 'own',
  group: 'own',
  batch: 'own',
  certificate: 'own',
  profile: 'own',
  uplinkSource: 'own',
  credential: 'own',
  marker: 'own',
  /** Whom one shares with: any municipality of the country. */
  recipient: 'national',
  recipientCode: 'national',
  sensorType: 'national',
  protocol: 'national',
} as const;
export type Thing = keyof typeof THINGS;

/** How the things of a tenant are called. */
export type Ids = Readonly<Record<Thing, string>>;

/** What the last part of a path before a parameter `id` or `code` holds. */
const COLLECTIONS: Readonly<Record<string, Thing>> = {
  alerts: 'alert',
  'alert-rules': 'rule',
  'audit-logs': 'auditRow',
  dashboards: 'dashboard',
  'device-groups': 'group',
  'device-profiles': 'profile',
  devices: 'device',
  municipalities: 'municipality',
  protocols: 'protocol',
  roles: 'role',
  'sensor-types': 'sensorType',
  'sensor-shares': 'share',
  sensors: 'sensor',
  sessions: 'session',
  shares: 'share',
  'uplink-sources': 'uplinkSource',
  users: 'user',
};

/** What a parameter or field of this name holds, wherever it stands. */
const NAMES: Readonly<Record<string, Thing>> = {
  actorId: 'user',
  alertId: 'alert',
  batchId: 'batch',
  commandId: 'command',
  credentialId: 'credential',
  dashboardId: 'dashboard',
  deviceId: 'device',
  deviceIds: 'device',
  email: 'email',
  fingerprint: 'certificate',
  municipalityId: 'municipality',
  municipalityIds: 'municipality',
  ownerId: 'user',
  sensorTypeId: 'sensorType',
  protocolId: 'protocol',
  parentId: 'region',
  recipientCode: 'recipientCode',
  recipientId: 'recipient',
  recordId: 'device',
  regionId: 'region',
  role: 'roleCode',
  roleCode: 'roleCode',
  roleId: 'role',
  ruleId: 'rule',
  search: 'marker',
  sensorId: 'sensor',
  sensorIds: 'sensor',
  sessionId: 'session',
  shareId: 'share',
  userId: 'user',
};

/** Fields that look like ids and name no record of a tenant; with a dot: inside of that list. */
const NO_RECORD: ReadonlySet<string> = new Set(['requestId', 'keyId', 'clientId', 'clientid', 'unitId', 'widgets.id']);

/** Objects whose fields name no record, whatever they are called. */
export const NO_RECORDS_INSIDE: ReadonlySet<string> = new Set(['contact']);

/** Something that the fixtures do not know; its message says what to add. */
export class UnknownThing extends Error {}

/** The thing that a parameter of the path names. @throws UnknownThing */
export function thingOfPathParameter(path: string, name: string): Thing {
  const before =
    path
      .slice(0, path.indexOf(`{${name}}`))
      .split('/')
      .at(-2) ?? '';
  const thing = NAMES[name] ?? COLLECTIONS[before];
  if (thing === undefined) throw new UnknownThing(`no fixture for "${before}/{${name}}": add it to things.ts`);
  return thing;
}

/** The thing that a field of a query or body names; undefined when it names none. @throws UnknownThing */
export function thingOfField(name: string, inside = ''): Thing | undefined {
  const known = NAMES[name];
  if (known !== undefined || NO_RECORD.has(name) || NO_RECORD.has(`${inside}.${name}`)) return known;
  if (/(^i|[a-z]I)ds?$/.test(name)) throw new UnknownThing(`no fixture for the field "${name}": add it to things.ts`);
  return undefined;
}

/** Ids that nothing has; what is national is the same for everybody. */
export function unknownIds(known: Ids): Ids {
  const word = `zqxx${newId().slice(-8)}`;
  const ids = Object.fromEntries(Object.keys(THINGS).map((thing) => [thing, newId()])) as Record<Thing, string>;
  const texts = {
    device: `${word}-gauge`,
    email: `${word}@test.example`,
    roleCode: word,
    marker: word,
    certificate: randomBytes(32).toString('hex'),
  };
  const national = Object.entries(known).filter(([thing]) => THINGS[thing as Thing] === 'national');
  return { ...ids, ...texts, ...Object.fromEntries(national) };
}
