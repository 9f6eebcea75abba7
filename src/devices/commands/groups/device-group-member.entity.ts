import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../../database/audited.js';
import { tenantFilter } from '../../../database/tenant.filter.js';
import { Municipality } from '../../../municipalities/municipality.entity.js';
import { Device } from '../../device.entity.js';
import { DeviceGroup } from './device-group.entity.js';

const OWN_FILTER = { tenant: false };

const schema = defineEntity({
  name: 'DeviceGroupMember',
  tableName: 'device_group_members',
  filters: tenantFilter(),
  properties: {
    groupId: () =>
      p
        .manyToOne(DeviceGroup)
        .mapToPk()
        .primary()
        .fieldName('group_id')
        .filters(OWN_FILTER)
        .deleteRule('cascade')
        .updateRule('no action'),
    deviceId: () =>
      p
        .manyToOne(Device)
        .mapToPk()
        .primary()
        .fieldName('device_id')
        .filters(OWN_FILTER)
        .deleteRule('cascade')
        .updateRule('no action')
        .index('device_group_members_device_id_index'),
    /** That of the group and of the device. */
    municipalityId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .fieldName('municipality_id')
        .index('device_group_members_municipality_id_index'),
    createdAt: p.datetime(3).onCreate(() => new Date()),
  },
});

/** A device of a group. */
export class DeviceGroupMember extends schema.class {}
schema.setClass(DeviceGroupMember);
audited(DeviceGroupMember, {
  type: 'device_group_member',
  label: ({ deviceId }) => deviceId,
  // The history of a group's members is asked for by the group.
  id: ({ groupId }) => groupId,
  chains: ({ municipalityId }) => [municipalityId],
});
