import { deviceIdSchema } from '../../common/validation/schemas.js';
import type { BrokerAction } from '../../mqtt/broker-authority.js';
import type { Acl } from '../../mqtt/dynamic-security/dynsec.types.js';
import { TOPICS, topicOf, type TopicPattern } from '../../mqtt/topics.js';

/** What a device may do, on its own topics only; whatever broker asks or is told. */
export const RIGHTS: Readonly<Record<Exclude<BrokerAction, 'receive'>, readonly TopicPattern[]>> = {
  publish: [TOPICS.data, TOPICS.status, TOPICS.heartbeat, TOPICS.response],
  subscribe: [TOPICS.command],
};

/** Begins the names of all our roles; an administrator's own roles begin otherwise. */
const ROLE_PREFIX = 'device:';

/** The role of a device at a broker with dynamic security. */
export function roleOf(deviceId: string): string {
  return ROLE_PREFIX + deviceId;
}

/** Whose role it is; null for a role that is none of ours. */
export function deviceOfRole(rolename: string): string | null {
  if (!rolename.startsWith(ROLE_PREFIX)) return null;
  return deviceIdSchema.safeParse(rolename.slice(ROLE_PREFIX.length)).data ?? null;
}

/**
 * The rules of a device's role; its id stands in them, since Mosquitto 2.0 replaces no `%u`. Each rule costs time with every
 * change of the broker's file: so one is for all topics below `sensors/<id>`, of which those that are no topics of ours have
 * no subscriber, and there is one for receiving only where it is needed.
 * @param receiving whether the broker lets nobody receive what no rule allows
 */
export function aclsOf(deviceId: string, receiving: boolean): Acl[] {
  const command = topicOf(TOPICS.command, deviceId);
  const rules: Acl[] = [
    { acltype: 'publishClientSend', topic: `sensors/${deviceId}/+`, allow: true },
    { acltype: 'publishClientSend', topic: topicOf(TOPICS.response, deviceId), allow: true },
    { acltype: 'subscribeLiteral', topic: command, allow: true },
  ];
  return receiving ? [...rules, { acltype: 'publishClientReceive', topic: command, allow: true }] : rules;
}

/** The same rules in the same words, whatever their order. */
export function sameAcls(
  wanted: readonly Acl[],
  present: readonly { acltype: string; topic: string; priority?: number; allow: boolean }[],
): boolean {
  const key = ({ acltype, topic, priority = 0, allow }: (typeof present)[number]) =>
    JSON.stringify([acltype, topic, priority, allow]);
  const keys = new Set(present.map(key));
  return wanted.length === present.length && wanted.every((rule) => keys.has(key(rule)));
}
