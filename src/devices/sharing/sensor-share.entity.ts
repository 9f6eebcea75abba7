import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../database/audited.js';
import { requireTenantScope } from '../../common/request-context/request-context.js';
import { idProperty, timestampProperties } from '../../database/base.entity.js';
import { Municipality } from '../../municipalities/municipality.entity.js';
import { Sensor } from '../sensors/sensor.entity.js';

/** Both sides see a share: whose sensor it is, and who may read it. Fails closed, as the filter of other entities. */
const tenant = {
  name: 'tenant',
  default: true,
  cond: () => {
    const scope = requireTenantScope();
    if (scope.kind === 'all') return {};
    // One object for each: the ORM rewrites conditions in place.
    const own = () => ({ $in: [...scope.municipalityIds] });
    return { $or: [{ municipalityId: own() }, { recipientId: own() }] };
  },
};

const schema = defineEntity({
  name: 'SensorShare',
  tableName: 'sensor_shares',
  filters: { tenant },
  properties: {
    ...idProperty,
    sensorId: () =>
      p.manyToOne(Sensor).mapToPk().fieldName('sensor_id').deleteRule('cascade').index('sensor_shares_sensor_id_index'),
    /** Whose sensor it is. */
    municipalityId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .fieldName('municipality_id')
        .deleteRule('no action')
        .index('sensor_shares_municipality_id_index'),
    /** Who may read it. */
    recipientId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .fieldName('recipient_id')
        .deleteRule('no action')
        .index('sensor_shares_recipient_id_index'),
    validFrom: p.datetime(3),
    validUntil: p.datetime(3),
    reason: p.string().length(500).default(''),
    /** When it was ended before its time. */
    endedAt: p.datetime(3).nullable(),
    ...timestampProperties,
  },
});

/** One municipality lets another one read a sensor for a time. */
export class SensorShare extends schema.class {}
schema.setClass(SensorShare);
audited(SensorShare, {
  type: 'sensor_share',
  // Both sides can prove who saw what.
  chains: ({ municipalityId, recipientId }) => [municipalityId, recipientId],
});
