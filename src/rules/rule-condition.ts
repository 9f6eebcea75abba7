import type { AlertRule } from './alert-rule.entity.js';
import { createRuleSchema, type CreateRule, type RuleCondition } from './rule-definition.js';
import type { PatchRule } from './rule.schemas.js';

/** What of a rule a person states; ownership apart. */
export type RuleBody = Omit<CreateRule, 'municipalityId' | 'operator' | 'value' | 'min' | 'max'> & {
  readonly condition: RuleCondition;
};

/** Parts of a rule as its entity keeps them. */
export function bodyOf(rule: CreateRule): RuleBody {
  const { name, kind, scope, severity, onDelaySeconds, offDelaySeconds, deadband, enabled } = rule;
  const condition =
    rule.kind === 'range' ? { min: rule.min, max: rule.max } : { operator: rule.operator, value: rule.value };
  return { name, kind, scope, condition, severity, onDelaySeconds, offDelaySeconds, deadband, enabled };
}

/**
 * The rule with a person's changes put in; another kind brings its whole condition.
 * @throws ZodError when the changed rule is none
 */
export function patched(rule: AlertRule, patch: PatchRule): RuleBody {
  const { name, kind, scope, condition, severity, onDelaySeconds, offDelaySeconds, deadband, enabled } = rule;
  const kept = patch.kind === undefined || patch.kind === kind ? condition : {};
  const whole = { name, kind, scope, severity, onDelaySeconds, offDelaySeconds, deadband, enabled };
  return bodyOf(createRuleSchema.parse({ ...whole, ...kept, ...patch }));
}

/** Whether readings are judged differently after the change; what is only shown does not count. */
export function judgesDifferently(before: RuleBody, after: RuleBody): boolean {
  const judged = ({ kind, scope, condition, onDelaySeconds, offDelaySeconds, deadband, enabled }: RuleBody): string =>
    JSON.stringify([kind, sorted(scope), sorted(condition), onDelaySeconds, offDelaySeconds, deadband, enabled]);
  return judged(before) !== judged(after);
}

/** Databases give the keys of an object back in an order of their own. */
function sorted(value: object): unknown[] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
