import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';
import { Device } from './device.entity.js';
import type { LifeReason, LifeState } from './heartbeat/life.js';

/** What a device says of itself on its status topic. */
export type ReportedStatus = 'online' | 'offline' | 'maintenance' | 'fault';

const schema = defineEntity({
  name: 'DevicePresence',
  tableName: 'device_presence',
  indexes: [{ name: 'device_presence_next_due_at_device_id_index', properties: ['nextDueAt', 'deviceId'] }],
  properties: {
    deviceId: () =>
      p.manyToOne(Device).mapToPk().primary().fieldName('device_id').deleteRule('cascade').updateRule('no action'),
    /** Arrival of the last message that shows that the device lives. */
    lastSeenAt: p.datetime(3),
    reportedStatus: p.string().length(16).$type<ReportedStatus>().nullable(),
    reportedAt: p.datetime(3).nullable(),
    /** Percent. */
    batteryLevel: p.double().$type<number>().nullable(),
    /** dBm. */
    signalStrength: p.double().$type<number>().nullable(),
    firmware: p.string().length(100).nullable(),
    message: p.string().length(500).nullable(),
    /** Arrival of the last readings. */
    lastDataAt: p.datetime(3).nullable(),
    /** Arrival of the last readings whose time could not be right; null once their times are right again. */
    clockWrongAt: p.datetime(3).nullable(),
    /** What the device was last found to be. */
    state: p.string().length(16).$type<LifeState>().default('online'),
    /** When it became so; null before the first look. */
    stateSince: p.datetime(3).nullable(),
    reason: p.string().length(24).$type<LifeReason>().nullable(),
    /** What is wrong with a device though it lives, separated by commas. */
    conditions: p.string().length(120).default(''),
    /** Silence before this instant does not count: it was first heard, taken back into service, or its maintenance ended. */
    watchedSince: p.datetime(3).nullable(),
    /** When the state changes if nothing comes; null: it does not. */
    nextDueAt: p.datetime(3).nullable(),
  },
});

/** The latest signs of life of a device; apart from the device row, because it changes with every heartbeat. */
export class DevicePresence extends schema.class {}
schema.setClass(DevicePresence);
notAudited(DevicePresence, 'Signs of life of devices; nobody decides about them.');
