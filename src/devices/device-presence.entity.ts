import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';
import { Device } from './device.entity.js';

/** What a device says of itself on its status topic. */
export type ReportedStatus = 'online' | 'offline' | 'maintenance' | 'fault';

const schema = defineEntity({
  name: 'DevicePresence',
  tableName: 'device_presence',
  properties: {
    deviceId: () =>
      p.manyToOne(Device).mapToPk().primary().fieldName('device_id').deleteRule('cascade').updateRule('no action'),
    /** Arrival of the last status or heartbeat message. */
    lastSeenAt: p.datetime(3),
    reportedStatus: p.string().length(16).$type<ReportedStatus>().nullable(),
    reportedAt: p.datetime(3).nullable(),
    /** Percent. */
    batteryLevel: p.double().$type<number>().nullable(),
    /** dBm. */
    signalStrength: p.double().$type<number>().nullable(),
    firmware: p.string().length(100).nullable(),
    message: p.string().length(500).nullable(),
  },
});

/** The latest signs of life of a device; apart from the device row, because it changes with every heartbeat. */
export class DevicePresence extends schema.class {}
schema.setClass(DevicePresence);
notAudited(DevicePresence, 'Signs of life of devices; nobody decides about them.');
