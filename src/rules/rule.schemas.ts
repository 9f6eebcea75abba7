import { z } from 'zod';
import { pageQuerySchema } from '../common/pagination/page.js';
import { instantOutSchema, uuidSchema } from '../common/validation/schemas.js';
import { nameSchema } from '../common/validation/text.schemas.js';
import { versionOutSchema, versionSchema } from '../common/versioning/version.js';
import { RULE_KINDS, RULE_OPERATORS, ruleScopeSchema } from './rule-definition.js';
import { SEVERITIES } from './severity.js';

/** Body of `PATCH /alert-rules/{id}`: any part of a rule; the rule as a whole is checked when the parts are put in. */
export const patchRuleSchema = z
  .strictObject({
    name: nameSchema.optional(),
    kind: z.enum(RULE_KINDS).optional(),
    scope: ruleScopeSchema.optional(),
    operator: z.enum(RULE_OPERATORS).optional(),
    value: z.number().optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    severity: z.enum(SEVERITIES).optional(),
    onDelaySeconds: z.int().optional(),
    offDelaySeconds: z.int().optional(),
    deadband: z.number().optional(),
    enabled: z.boolean().optional().describe('false: its open alerts are resolved'),
    version: versionSchema,
  })
  .meta({ example: { value: 380, severity: 'CRITICAL', version: 1 } });
export type PatchRule = z.infer<typeof patchRuleSchema>;

/** Query of `GET /alert-rules`. */
export const listRulesSchema = pageQuerySchema.extend({
  municipalityId: uuidSchema.optional().describe('Rules of this municipality, without national ones'),
  kind: z.enum(RULE_KINDS).optional(),
  severity: z.enum(SEVERITIES).optional(),
  enabled: z.stringbool().optional(),
});
export type ListRules = z.infer<typeof listRulesSchema>;

/** A rule in an answer; its condition stands where it stood in the request. */
export const ruleSchema = z
  .object({
    id: z.string(),
    municipalityId: z.string().nullable().describe('null: a national rule'),
    name: z.string(),
    kind: z.enum(RULE_KINDS),
    scope: z.object({
      sensorId: z.string().optional(),
      sensorTypeCode: z.string().optional(),
      municipalityId: z.string().optional(),
    }),
    operator: z.enum(RULE_OPERATORS).optional().describe('Of a threshold rule'),
    value: z.number().optional().describe('Of a threshold rule'),
    min: z.number().optional().describe('Of a range rule'),
    max: z.number().optional().describe('Of a range rule'),
    severity: z.enum(SEVERITIES),
    onDelaySeconds: z.int(),
    offDelaySeconds: z.int(),
    deadband: z.number(),
    enabled: z.boolean(),
    version: versionOutSchema,
    createdAt: instantOutSchema,
    updatedAt: instantOutSchema,
  })
  .meta({ id: 'AlertRule' });
export type RuleResponse = z.infer<typeof ruleSchema>;
