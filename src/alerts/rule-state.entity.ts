import { defineEntity, p } from '@mikro-orm/core';
import { notAudited } from '../database/audited.js';
import { AlertRule } from '../rules/alert-rule.entity.js';

const schema = defineEntity({
  name: 'RuleState',
  tableName: 'rule_states',
  indexes: [{ name: 'rule_states_series_id_phase_index', properties: ['seriesId', 'phase'] }],
  properties: {
    ruleId: () => p.manyToOne(AlertRule).mapToPk().primary().fieldName('rule_id'),
    seriesId: p.integer().unsigned(false).primary(),
    /** Number of the phase after the newest judged reading, see rules/evaluator.ts. */
    phase: p.smallint(),
    /** Start of a pending or clearing run; null in the other phases. */
    since: p.datetime(3).nullable(),
    /** The open alert of this rule and series, if any. */
    alertId: p.uuid().nullable(),
    /** Revision of the rule that the state was judged by. */
    revision: p.integer(),
    /** Readings up to here are closed to this rule: they were stored before the rule, its last change or a manual resolve. */
    floorInstant: p.datetime(3).nullable(),
  },
});

/** Where one rule stands on one series after the newest reading. */
export class RuleState extends schema.class {}
schema.setClass(RuleState);
notAudited(RuleState, 'Follows from readings and rules.');
