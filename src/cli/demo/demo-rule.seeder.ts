import type { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { RegistryVersion } from '../../database/registry-version.js';
import { Transactions } from '../../database/transaction.js';
import { Sensor } from '../../devices/sensors/sensor.entity.js';
import { AlertRule } from '../../rules/alert-rule.entity.js';
import { createRuleSchema, type RuleScope } from '../../rules/rule-definition.js';
import { DEMO_RULES, type DemoRule } from './demo-rules.js';

/** Makes the alert rules of the demo country; its devices have to be registered. */
@Injectable()
export class DemoRuleSeeder {
  constructor(
    private readonly transactions: Transactions,
    private readonly registry: RegistryVersion,
  ) {}

  /** A rule counts as there when its owner has one of its name, also when somebody changed or deleted it. */
  run(municipalityIds: ReadonlyMap<string, string>): Promise<void> {
    return this.transactions.run(async (transaction) => {
      const { em } = transaction;
      for (const demo of DEMO_RULES) {
        const municipalityId = demo.municipality === null ? null : municipalityIds.get(demo.municipality)!;
        if ((await em.count(AlertRule, { name: demo.rule.name, municipalityId })) > 0) continue;
        const scope = await scopeOf(em, demo, municipalityId);
        const { kind, name, severity, onDelaySeconds, offDelaySeconds, deadband, enabled, ...condition } =
          createRuleSchema.parse({ ...demo.rule, scope });
        em.create(AlertRule, {
          municipalityId,
          name,
          kind,
          scope,
          condition: 'value' in condition ? pick(condition) : { min: condition.min, max: condition.max },
          severity,
          onDelaySeconds,
          offDelaySeconds,
          deadband,
          enabled,
        });
      }
      await em.flush();
      await this.registry.bump(transaction);
    });
  }
}

function pick<O, V>({ operator, value }: { operator: O; value: V }): { operator: O; value: V } {
  return { operator, value };
}

async function scopeOf(em: EntityManager, { scope }: DemoRule, municipalityId: string | null): Promise<RuleScope> {
  if ('metric' in scope) {
    const sensor = await em.findOneOrFail(Sensor, { deviceId: scope.deviceId, code: scope.metric });
    return { sensorId: sensor.id };
  }
  return municipalityId === null ? scope : { ...scope, municipalityId };
}
