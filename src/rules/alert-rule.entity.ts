import { defineEntity, p } from '@mikro-orm/core';
import { audited } from '../database/audited.js';
import { idProperty, timestampProperties } from '../database/base.entity.js';
import { tenantFilter } from '../database/tenant.filter.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import type { RuleCondition, RuleKind, RuleScope } from './rule-definition.js';
import type { Severity } from './severity.js';

const schema = defineEntity({
  name: 'AlertRule',
  tableName: 'alert_rules',
  filters: tenantFilter({ shared: true }),
  properties: {
    ...idProperty,
    /** Null: a national rule, kept by a super admin, that applies in every municipality. */
    municipalityId: () =>
      p
        .manyToOne(Municipality)
        .mapToPk()
        .nullable()
        .fieldName('municipality_id')
        .deleteRule('no action')
        .index('alert_rules_municipality_id_index'),
    name: p.string().length(200),
    kind: p.string().length(32).$type<RuleKind>(),
    scope: p.json<RuleScope>(),
    condition: p.json<RuleCondition>().fieldName('rule_condition'),
    severity: p.string().length(16).$type<Severity>(),
    onDelaySeconds: p.integer().default(0),
    offDelaySeconds: p.integer().default(0),
    deadband: p.double().$type<number>().default(0),
    enabled: p.boolean().default(true),
    /** Grows with every change of what the rule says; rule states remember the version they were judged by. */
    revision: p.integer().default(1),
    deletedAt: p.datetime(3).nullable(),
    version: p.integer().version().default(1),
    ...timestampProperties,
  },
});

/** A rule as data: what to watch, when it is in breach, how severe that is. */
export class AlertRule extends schema.class {}
schema.setClass(AlertRule);
audited(AlertRule, {
  type: 'alert_rule',
  label: ({ name }) => name,
  chains: ({ municipalityId }) => [municipalityId],
  verb: ({ deletedAt }) => (deletedAt ? 'deleted' : 'updated'),
});
