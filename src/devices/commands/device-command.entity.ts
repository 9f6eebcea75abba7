import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../database/audited.js';
import { idProperty, timestampProperties } from '../../database/base.entity.js';
import { tenantFilter } from '../../database/tenant.filter.js';
import { Municipality } from '../../municipalities/municipality.entity.js';
import { Device } from '../device.entity.js';
import { CommandBatch } from './command-batch.entity.js';
import type { CommandStatus } from './command-life.js';
import type { JsonValue } from './command.schemas.js';

/** A command is kept to its tenant by its own column; the filters of what it is about would join their tables. */
const OWN_FILTER = { tenant: false };

const schema = defineEntity({
  name: 'DeviceCommand',
  tableName: 'device_commands',
  filters: tenantFilter(),
  uniques: [{ name: 'device_commands_device_id_idempotency_key_unique', properties: ['deviceId', 'idempotencyKey'] }],
  indexes: [
    { name: 'device_commands_device_id_id_index', properties: ['deviceId', 'id'] },
    { name: 'device_commands_status_due_at_index', properties: ['status', 'dueAt'] },
    { name: 'device_commands_status_expires_at_index', properties: ['status', 'expiresAt'] },
  ],
  properties: {
    ...idProperty,
    municipalityId: () =>
      p.manyToOne(Municipality).mapToPk().fieldName('municipality_id').index('device_commands_municipality_id_index'),
    deviceId: () => p.manyToOne(Device).mapToPk().fieldName('device_id').filters(OWN_FILTER).deleteRule('cascade'),
    /** The call that sent it to a whole group. */
    batchId: () =>
      p
        .manyToOne(CommandBatch)
        .mapToPk()
        .nullable()
        .fieldName('batch_id')
        .filters(OWN_FILTER)
        .deleteRule('cascade')
        .index('device_commands_batch_id_index'),
    /** What the device is to do, in its own words. */
    name: p.string().length(64),
    /** Any JSON. */
    payload: p.json<JsonValue>().nullable(),
    status: p.string().length(16).$type<CommandStatus>().default('queued'),
    timeoutSeconds: p.integer(),
    /** After it the device is not to carry out the command any more, and its answer is late. */
    expiresAt: p.datetime(3),
    attempts: p.integer().default(0),
    maxAttempts: p.integer().default(1),
    dueAt: p.datetime(3).nullable(),
    leaseUntil: p.datetime(3).nullable(),
    sentAt: p.datetime(3).nullable(),
    respondedAt: p.datetime(3).nullable(),
    finishedAt: p.datetime(3).nullable(),
    cancelledAt: p.datetime(3).nullable(),
    late: p.boolean().default(false),
    /** What the device answered beside its status; `resultOmitted`: more than is kept. */
    result: p.json<JsonValue>().nullable(),
    resultOmitted: p.boolean().default(false),
    error: p.string().length(500).nullable(),
    /** The person who sent it. */
    requestedBy: p.uuid().nullable(),
    cancelledBy: p.uuid().nullable(),
    /** Given by the caller, so that the same call made twice sends one command. */
    idempotencyKey: p.string().length(128).nullable(),
    ...timestampProperties,
  },
});

/** Something that a device is told to do, from the call to the answer. */
export class DeviceCommand extends schema.class {}
schema.setClass(DeviceCommand);
audited(DeviceCommand, {
  type: 'device_command',
  label: ({ deviceId, name }) => `${deviceId} ${name}`,
  chains: ({ municipalityId }) => [municipalityId],
  // What the platform and the device make of it stands in the command itself; who sent or cancelled it is told.
  ignore: [
    'status',
    'attempts',
    'dueAt',
    'leaseUntil',
    'sentAt',
    'respondedAt',
    'finishedAt',
    'late',
    'result',
    'resultOmitted',
    'error',
  ],
  verb: ({ cancelledAt }) => ((cancelledAt ?? null) === null ? 'updated' : 'cancelled'),
});
