import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../database/audited.js';
import { idProperty, timestampProperties } from '../database/base.entity.js';
import { tenantFilter } from '../database/tenant.filter.js';
import { Device } from '../devices/device.entity.js';
import { Sensor } from '../devices/sensors/sensor.entity.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import { AlertRule } from '../rules/alert-rule.entity.js';
import type { Severity } from '../rules/severity.js';
import type { AlertKind } from './alert-kind.js';
import type { AlertStatus } from './alert-status.js';

/** An alert is kept to its tenant by its own column; the filters of what it is about would join three tables to every list. */
const OWN_FILTER = { tenant: false };

const schema = defineEntity({
  name: 'Alert',
  tableName: 'alerts',
  filters: tenantFilter(),
  uniques: [
    { name: 'alerts_one_open_per_rule_and_sensor', properties: ['ruleId', 'sensorId', 'openMarker'] },
    { name: 'alerts_one_open_per_device_and_kind', properties: ['deviceId', 'kind', 'deviceMarker'] },
  ],
  indexes: [
    { name: 'alerts_municipality_id_opened_at_id_index', properties: ['municipalityId', 'openedAt', 'id'] },
    { name: 'alerts_opened_at_id_index', properties: ['openedAt', 'id'] },
    { name: 'alerts_rule_id_sensor_id_opened_at_index', properties: ['ruleId', 'sensorId', 'openedAt'] },
  ],
  properties: {
    ...idProperty,
    municipalityId: () => p.manyToOne(Municipality).mapToPk().fieldName('municipality_id'),
    kind: p.string().length(32).$type<AlertKind>().default('rule'),
    /** Null, as everything of a sensor below, for an alert about the device itself. */
    ruleId: () =>
      p.manyToOne(AlertRule).mapToPk().nullable().deleteRule('no action').fieldName('rule_id').filters(OWN_FILTER),
    deviceId: () =>
      p.manyToOne(Device).mapToPk().fieldName('device_id').filters(OWN_FILTER).index('alerts_device_id_index'),
    sensorId: () =>
      p
        .manyToOne(Sensor)
        .mapToPk()
        .nullable()
        .deleteRule('no action')
        .fieldName('sensor_id')
        .filters(OWN_FILTER)
        .index('alerts_sensor_id_index'),
    /** Name of the rule when the alert opened, or what is wrong with the device. */
    title: p.string().length(200),
    /** Code of the sensor. */
    metric: p.string().length(64).nullable(),
    severity: p.string().length(16).$type<Severity>(),
    status: p.string().length(16).$type<AlertStatus>(),
    /** 1 while the alert is open, null afterwards: makes the unique key allow one open alert and many closed ones. */
    openMarker: p.smallint().nullable(),
    /** 1 while an alert about the device itself is open: null is never the same as null, so rules are left alone by the key. */
    deviceMarker: p.smallint().nullable(),
    /** Event time of the reading that opened it, or when it became wrong with the device. */
    openedAt: p.datetime(3),
    /** Event time of the newest reading in breach. */
    lastOccurredAt: p.datetime(3),
    /** Stored readings in breach during the alert. */
    occurrences: p.integer(),
    openingValue: p.double().$type<number>().nullable(),
    lastValue: p.double().$type<number>().nullable(),
    acknowledgedAt: p.datetime(3).nullable(),
    acknowledgedBy: p.uuid().nullable(),
    /** Event time of the reading that cleared it, or the time of the person's decision. */
    resolvedAt: p.datetime(3).nullable(),
    /** The person who resolved it; null when it cleared by itself. */
    resolvedBy: p.uuid().nullable(),
    ...timestampProperties,
  },
});

/** A rule's breach on one sensor, or something that is wrong with a device, from its opening to its end. */
export class Alert extends schema.class {}
schema.setClass(Alert);
audited(Alert, {
  type: 'alert',
  label: ({ title }) => title,
  chains: ({ municipalityId }) => [municipalityId],
  // The platform opens, counts and ends alerts; what people decide about them is told.
  only: ['acknowledgedBy', 'resolvedBy'],
  verb: ({ resolvedBy }) => (resolvedBy ? 'resolved' : 'acknowledged'),
});
