import type { AlertRule } from './alert-rule.entity.js';
import type { RuleResponse } from './rule.schemas.js';

/** A rule as callers see it, with its condition at the top level, as in the request. */
export function toRuleResponse(rule: AlertRule): RuleResponse {
  return {
    id: rule.id,
    municipalityId: rule.municipalityId ?? null,
    name: rule.name,
    kind: rule.kind,
    scope: rule.scope,
    ...rule.condition,
    severity: rule.severity,
    onDelaySeconds: rule.onDelaySeconds,
    offDelaySeconds: rule.offDelaySeconds,
    deadband: rule.deadband,
    enabled: rule.enabled,
    version: rule.version,
    createdAt: rule.createdAt.toISOString(),
    updatedAt: rule.updatedAt.toISOString(),
  };
}
