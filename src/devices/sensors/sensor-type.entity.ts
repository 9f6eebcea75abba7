import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../../database/audited.js';
import { idProperty, timestampProperties } from '../../database/base.entity.js';
import type { RiskThresholds } from './risk-thresholds.js';

const schema = defineEntity({
  name: 'SensorType',
  tableName: 'sensor_types',
  properties: {
    ...idProperty,
    /** Metric code, snake_case, e.g. water_level_cm. */
    code: p.string().length(64).unique(),
    name: p.string().length(200),
    unit: p.string().length(32),
    /** A value outside the valid range is stored with quality bad. */
    validMin: p.double().$type<number>().nullable(),
    validMax: p.double().$type<number>().nullable(),
    /** Digits after the point that are shown. */
    precision: p.smallint().default(2),
    thresholds: p.json<RiskThresholds>().nullable(),
    version: p.integer().version().default(1),
    ...timestampProperties,
  },
});

/** What a sensor measures: code, unit, valid range, precision and default risk thresholds. Data, not code. */
export class SensorType extends schema.class {}
schema.setClass(SensorType);
audited(SensorType, { type: 'sensor_type', label: ({ code }) => code, chains: () => [null] });
