import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../database/audited.js';
import { timestampProperties } from '../database/base.entity.js';
import { tenantFilter } from '../database/tenant.filter.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import { DeviceProfile } from './profiles/device-profile.entity.js';
import { Protocol } from './protocols/protocol.entity.js';

/** Whether the platform takes anything from the device. */
export type DeviceStatus = 'active' | 'deactivated';

const schema = defineEntity({
  name: 'Device',
  tableName: 'devices',
  filters: tenantFilter(),
  indexes: [{ name: 'devices_municipality_id_id_index', properties: ['municipalityId', 'id'] }],
  uniques: [{ name: 'devices_municipality_id_dev_eui_unique', properties: ['municipalityId', 'devEui'] }],
  properties: {
    /** The public code used in topics (3–64 of A–Z a–z 0–9 _ -), unique in the country. */
    id: p.string().length(64).primary(),
    municipalityId: () => p.manyToOne(Municipality).mapToPk().fieldName('municipality_id'),
    name: p.string().length(200),
    status: p.string().length(16).$type<DeviceStatus>().default('active'),
    /** WGS 84 degrees. */
    latitude: p.double().$type<number>().nullable(),
    longitude: p.double().$type<number>().nullable(),
    /** Expected seconds between two signs of life. */
    heartbeatIntervalSeconds: p.integer().default(900),
    /** Expected seconds between two reading sets; null: as often as a sign of life. */
    reportingIntervalSeconds: p.integer().nullable(),
    /** Somebody works on the device until then, and why: nothing that it does or leaves is an alert. */
    maintenanceUntil: p.datetime(3).nullable(),
    maintenanceReason: p.string().length(500).nullable(),
    signatureRequired: p.boolean().default(false),
    /** Code of the protocol that the device speaks; null: nobody said. */
    protocolCode: () =>
      p
        .manyToOne(Protocol)
        .mapToPk()
        .targetKey('code')
        .nullable()
        .fieldName('protocol_code')
        .deleteRule('no action')
        .index('devices_protocol_code_index'),
    /** How its payloads are read; null: as reading sets or SenML. */
    profileId: () =>
      p
        .manyToOne(DeviceProfile)
        .mapToPk()
        .nullable()
        .fieldName('profile_id')
        // Its filter would join the profiles to every look at a device, whose own column keeps it to its tenant.
        .filters({ tenant: false })
        .deleteRule('no action')
        .index('devices_profile_id_index'),
    /** Code of that profile, which never changes. */
    profileCode: p.string().length(64).nullable(),
    /** DevEUI of a LoRaWAN device, 16 lower-case hexadecimal digits; network servers name it by that. */
    devEui: p.string().length(16).nullable(),
    metadata: p.json<Record<string, unknown>>().nullable(),
    version: p.integer().version().default(1),
    ...timestampProperties,
  },
});

/** A box in the field that hands over readings; its sensors are its channels. */
export class Device extends schema.class {}
schema.setClass(Device);
audited(Device, { type: 'device', label: ({ name }) => name, chains: ({ municipalityId }) => [municipalityId] });
