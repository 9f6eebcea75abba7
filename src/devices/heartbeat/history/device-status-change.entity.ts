import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../../../database/audited.js';
import { idProperty } from '../../../database/base.entity.js';
import { tenantFilter } from '../../../database/tenant.filter.js';
import { Municipality } from '../../../municipalities/municipality.entity.js';
import { Device } from '../../device.entity.js';
import type { LifeReason, LifeState } from '../life.js';

/** A row is kept to its tenant by its own column. */
const OWN_FILTER = { tenant: false };

const schema = defineEntity({
  name: 'DeviceStatusChange',
  tableName: 'device_status_history',
  filters: tenantFilter(),
  indexes: [
    { name: 'device_status_history_device_id_changed_at_id_index', properties: ['deviceId', 'changedAt', 'id'] },
    { name: 'device_status_history_municipality_id_changed_at_index', properties: ['municipalityId', 'changedAt'] },
  ],
  properties: {
    ...idProperty,
    deviceId: () => p.manyToOne(Device).mapToPk().fieldName('device_id').deleteRule('cascade').filters(OWN_FILTER),
    municipalityId: () => p.manyToOne(Municipality).mapToPk().fieldName('municipality_id'),
    fromState: p.string().length(16).$type<LifeState>(),
    toState: p.string().length(16).$type<LifeState>(),
    reason: p.string().length(24).$type<LifeReason>(),
    /** When it became true, which may be before it was found. */
    changedAt: p.datetime(3),
  },
});

/** A device that became online, late, offline and so on; only added. */
export class DeviceStatusChange extends schema.class {}
schema.setClass(DeviceStatusChange);
notAudited(
  DeviceStatusChange,
  'Follows from signs of life; what people decide about devices is audited with the device.',
);
