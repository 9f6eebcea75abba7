import { z } from 'zod';
import { SEVERITIES } from './severity.js';

/** Kinds of rules that the evaluator knows. */
export const RULE_KINDS = ['threshold', 'range'] as const;

/** Kind of a rule. */
export type RuleKind = (typeof RULE_KINDS)[number];

/** Comparison operators of a threshold rule. */
export const RULE_OPERATORS = ['>', '>=', '<', '<='] as const;

/** Comparison of a threshold rule: the rule is in breach when `reading operator value` holds. */
export type RuleOperator = (typeof RULE_OPERATORS)[number];

const metricCode = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'a metric code is snake_case');

/** What a rule watches: exactly one of a sensor, all sensors of a type, or all sensors of a municipality. */
export const ruleScopeSchema = z
  .strictObject({
    sensorId: z.uuid().optional(),
    sensorTypeCode: metricCode.optional(),
    municipalityId: z.uuid().optional(),
  })
  .refine(
    (scope) => Object.values(scope).filter((part) => part !== undefined).length >= 1,
    'name what the rule watches',
  )
  .refine(
    (scope) => scope.sensorId === undefined || (scope.sensorTypeCode ?? scope.municipalityId) === undefined,
    'a sensor stands alone',
  )
  .meta({ example: { sensorTypeCode: 'water_level_cm' } });

/** Scope of a rule; a type and a municipality together mean the type's sensors of that municipality. */
export type RuleScope = z.infer<typeof ruleScopeSchema>;

/** Stored condition of a rule: a threshold with its operator, or the range outside which the rule is in breach. */
export type RuleCondition = { operator: RuleOperator; value: number } | { min: number; max: number };

const common = {
  name: z.string().trim().min(1).max(200),
  scope: ruleScopeSchema,
  severity: z.enum(SEVERITIES),
  /** The breach must last this long, by event time, before an alert opens. */
  onDelaySeconds: z.int().min(0).max(604_800).default(0),
  /** The values must be back this long, by event time, before the alert resolves by itself. */
  offDelaySeconds: z.int().min(0).max(604_800).default(0),
  /** How far back inside the limit a value must come before it counts as back, in the sensor's unit. */
  deadband: z.number().min(0).default(0),
  enabled: z.boolean().default(true),
  /** The municipality that owns the rule; taken from the signed-in person, stated only by a super admin. */
  municipalityId: z.uuid().nullish(),
};

/** Body that creates a rule. */
export const createRuleSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('threshold'), ...common, operator: z.enum(RULE_OPERATORS), value: z.number() }),
    z
      .strictObject({ kind: z.literal('range'), ...common, min: z.number(), max: z.number() })
      .refine((rule) => rule.min < rule.max, { path: ['max'], message: 'max must be greater than min' }),
  ])
  .meta({
    id: 'CreateAlertRule',
    example: {
      name: 'River high',
      kind: 'threshold',
      scope: { sensorTypeCode: 'water_level_cm' },
      operator: '>',
      value: 350,
      severity: 'HIGH',
      deadband: 5,
    },
  });

/** A rule as it is given by a person. */
export type CreateRule = z.infer<typeof createRuleSchema>;
