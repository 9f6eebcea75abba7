import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../database/audited.js';
import { idProperty } from '../../database/base.entity.js';
import { tenantFilter } from '../../database/tenant.filter.js';
import { Municipality } from '../../municipalities/municipality.entity.js';
import type { JsonValue } from './command.schemas.js';
import { DeviceGroup } from './groups/device-group.entity.js';

/** A member of the group that got no command, and why. */
export interface SkippedMember {
  readonly deviceId: string;
  readonly reason: 'DEVICE_INACTIVE';
}

const schema = defineEntity({
  name: 'CommandBatch',
  tableName: 'command_batches',
  filters: tenantFilter(),
  uniques: [{ name: 'command_batches_group_id_idempotency_key_unique', properties: ['groupId', 'idempotencyKey'] }],
  indexes: [{ name: 'command_batches_group_id_id_index', properties: ['groupId', 'id'] }],
  properties: {
    ...idProperty,
    municipalityId: () =>
      p.manyToOne(Municipality).mapToPk().fieldName('municipality_id').index('command_batches_municipality_id_index'),
    /** Null when the group was deleted since. */
    groupId: () =>
      p
        .manyToOne(DeviceGroup)
        .mapToPk()
        .nullable()
        .fieldName('group_id')
        .filters({ tenant: false })
        .deleteRule('set null'),
    name: p.string().length(64),
    /** Any JSON. */
    payload: p.json<JsonValue>().nullable(),
    timeoutSeconds: p.integer(),
    maxAttempts: p.integer(),
    /** Members that got a command. */
    total: p.integer(),
    skipped: p.json<SkippedMember[]>(),
    requestedBy: p.uuid().nullable(),
    idempotencyKey: p.string().length(128).nullable(),
    createdAt: p.datetime(3).onCreate(() => new Date()),
  },
});

/** One call that sent the same command to every active member of a group. */
export class CommandBatch extends schema.class {}
schema.setClass(CommandBatch);
audited(CommandBatch, {
  type: 'command_batch',
  label: ({ name }) => name,
  chains: ({ municipalityId }) => [municipalityId],
});
