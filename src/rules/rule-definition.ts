import { z } from 'zod';
import { metricCodeSchema, uuidSchema } from '../common/validation/schemas.js';
import { nameSchema } from '../common/validation/text.schemas.js';
import { SEVERITIES } from './severity.js';

/** Kinds of rules that the evaluator knows. */
export const RULE_KINDS = ['threshold', 'range'] as const;

/** Kind of a rule. */
export type RuleKind = (typeof RULE_KINDS)[number];

/** Comparison operators of a threshold rule. */
export const RULE_OPERATORS = ['>', '>=', '<', '<='] as const;

/** Comparison of a threshold rule: the rule is in breach when `reading operator value` holds. */
export type RuleOperator = (typeof RULE_OPERATORS)[number];

/** What a rule watches: one sensor, all sensors of a type, all of a municipality, or those of a type in a municipality. */
export const ruleScopeSchema = z
  .strictObject({
    sensorId: uuidSchema.optional(),
    sensorTypeCode: metricCodeSchema.optional(),
    municipalityId: uuidSchema.optional(),
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

/** Up to a week. */
const delaySchema = z.int().min(0).max(604_800);

const common = {
  name: nameSchema,
  scope: ruleScopeSchema,
  severity: z.enum(SEVERITIES),
  /** The breach must last this long, by event time, before an alert opens. */
  onDelaySeconds: delaySchema.default(0).describe('Seconds that a breach must last before an alert opens'),
  /** The values must be back this long, by event time, before the alert resolves by itself. */
  offDelaySeconds: delaySchema.default(0).describe('Seconds that the values must be back before it resolves by itself'),
  /** How far back inside the limit a value must come before it counts as back, in the sensor's unit. */
  deadband: z.number().min(0).default(0).describe('How far inside the limit a value must come to count as back'),
  enabled: z.boolean().default(true),
  /** The municipality that owns the rule; taken from the signed-in person, stated only by a super admin. */
  municipalityId: uuidSchema
    .nullable()
    .optional()
    .describe('Owner; the own municipality, or that of the scope, unless given. null: a national rule'),
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
