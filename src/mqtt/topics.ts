import { deviceIdSchema } from '../common/validation/schemas.js';

/** Every topic pattern of the platform; `+` stands for the device id. */
export const TOPICS = {
  /** device → platform: readings */
  data: 'sensors/+/data',
  /** device → platform: online, offline, maintenance, fault */
  status: 'sensors/+/status',
  /** device → platform: sign of life */
  heartbeat: 'sensors/+/heartbeat',
  /** platform → device */
  command: 'system/+/command',
  /** device → platform: answer to a command */
  response: 'system/+/response',
} as const;

export type TopicPattern = (typeof TOPICS)[keyof typeof TOPICS];

const SHARED_PREFIX = /^\$share\/[^/+#]+\//;

/**
 * The topic of one device.
 * @throws RangeError for what is not a device id: a `/` or `+` in it would reach other devices' topics.
 */
export function topicOf(pattern: TopicPattern, deviceId: string): string {
  if (!deviceIdSchema.safeParse(deviceId).success) throw new RangeError(`"${deviceId}" is not a device id`);
  return pattern.replace('+', deviceId);
}

/** The second level of a topic, where all ours carry the device id; empty when there is none. Not validated. */
export function secondLevelOf(topic: string): string {
  const start = topic.indexOf('/') + 1;
  if (start === 0) return '';
  const end = topic.indexOf('/', start);
  return end === -1 ? topic.slice(start) : topic.slice(start, end);
}

/** The device id in a topic; undefined when the topic has none or it is not of the form of a device id. */
export function deviceIdOf(topic: string): string | undefined {
  return deviceIdSchema.safeParse(secondLevelOf(topic)).data;
}

/**
 * What to subscribe for a pattern: itself, or its share for a group of instances.
 * @throws RangeError for a group name that MQTT does not allow.
 */
export function subscriptionOf(pattern: string, sharedGroup?: string): string {
  if (sharedGroup === undefined) return pattern;
  if (!/^[^/+#]+$/.test(sharedGroup)) throw new RangeError(`"${sharedGroup}" is not a name for a shared group`);
  return `$share/${sharedGroup}/${pattern}`;
}

/** A pattern as a regular expression over topics: `+` is one level, a last `#` any number, neither matches `$SYS`. */
export function topicExpression(pattern: string): RegExp {
  const levels = pattern.replace(SHARED_PREFIX, '').split('/');
  const source = levels
    .map((level, index) => {
      if (level === '#' && index === levels.length - 1) return index === 0 ? '.*' : '(?:/.*)?';
      return (index === 0 ? '' : '/') + (level === '+' ? '[^/]*' : escapeForExpression(level));
    })
    .join('');
  const wild = levels[0] === '+' || levels[0] === '#';
  return new RegExp(`^${wild ? '(?!\\$)' : ''}${source}$`, 's');
}

function escapeForExpression(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
