import type { LiveEventType } from '../outbox/live-event.js';
import type { Permission } from '../users/permissions.js';

/** Topics that concern a whole municipality. */
export const MUNICIPALITY_TOPICS = [
  'alerts',
  'anomalies',
  'devices',
  'readings',
  'reports',
  'system',
  'warnings',
] as const;
export type MunicipalityTopic = (typeof MUNICIPALITY_TOPICS)[number];

/** All readings of one sensor. */
export type SensorTopic = `readings:${string}`;

/** What can be subscribed to. */
export type Topic = MunicipalityTopic | SensorTopic;

/** Topic that the events of each type of row go to; rows of readings are told reading by reading. */
export const TOPIC_OF_TYPE: Readonly<Record<Exclude<LiveEventType, 'readings'>, MunicipalityTopic>> = {
  alert: 'alerts',
  anomaly: 'anomalies',
  device: 'devices',
  report: 'reports',
  system: 'system',
  warning: 'warnings',
};

const PERMISSIONS: Readonly<Record<MunicipalityTopic, Permission>> = {
  alerts: 'alert:read',
  anomalies: 'reading:read',
  devices: 'device:read',
  readings: 'reading:read',
  reports: 'alert:read',
  system: 'system:read',
  warnings: 'alert:read',
};

export function sensorTopic(sensorId: string): SensorTopic {
  return `readings:${sensorId}`;
}

/** The sensor of a topic; null of a topic of the whole municipality. */
export function sensorOfTopic(topic: Topic): string | null {
  return topic.startsWith('readings:') ? topic.slice('readings:'.length) : null;
}

/** What somebody needs to be allowed to subscribe to a topic. */
export function permissionOfTopic(topic: Topic): Permission {
  return sensorOfTopic(topic) === null ? PERMISSIONS[topic as MunicipalityTopic] : 'reading:read';
}

/** Name of the room of a topic's subscribers on this instance. */
export function roomOf(municipalityId: string, topic: Topic): string {
  return `${municipalityId}/${topic}`;
}

/** Name of the room of all subscribers of a municipality, also of those who still catch up. */
export function everybodyOf(municipalityId: string): string {
  return `${municipalityId}/`;
}
