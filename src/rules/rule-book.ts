import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { RegistryVersion } from '../database/registry-version.js';
import type { Transaction } from '../database/transaction.js';
import type { RegisteredSensor } from '../devices/device-registry.js';
import { AlertRule } from './alert-rule.entity.js';
import { compile, type Evaluator } from './evaluator.js';

/** A rule in force, ready to judge. */
export interface ActiveRule {
  readonly rule: AlertRule;
  readonly evaluator: Evaluator;
}

const NONE: readonly ActiveRule[] = [];

/** The enabled rules as they were at one moment, and which of them watch a sensor. */
export class RuleSet {
  private readonly bySeries = new Map<number, readonly ActiveRule[]>();

  constructor(private readonly rules: readonly ActiveRule[]) {}

  /** The rules that watch a sensor, by id; empty for most sensors of most installations. */
  rulesFor(sensor: RegisteredSensor): readonly ActiveRule[] {
    let rules = this.bySeries.get(sensor.seriesId);
    if (rules === undefined) {
      const watching = this.rules.filter(({ rule }) => watches(rule, sensor));
      rules = watching.length > 0 ? watching : NONE;
      this.bySeries.set(sensor.seriesId, rules);
    }
    return rules;
  }
}

/** Keeps the rules in force in memory; forgotten when the registry version changes. */
@Injectable()
export class RuleBook {
  private current: RuleSet | undefined;
  private generation = 0;

  constructor(
    private readonly em: EntityManager,
    registryVersion: RegistryVersion,
  ) {
    registryVersion.onChange(() => this.forget());
  }

  /**
   * The rules in force now.
   * @param transaction of a caller that holds locks: they are read on its connection, since all others may be taken by
   *   those who wait for these locks
   */
  async rules(transaction?: Transaction): Promise<RuleSet> {
    while (this.current === undefined) {
      const generation = this.generation;
      const em = transaction?.em.fork({ keepTransactionContext: true }) ?? this.em.fork();
      const rules = await em.find(
        AlertRule,
        { enabled: true, deletedAt: null },
        { filters: { tenant: false }, orderBy: { id: 'asc' } },
      );
      const loaded = new RuleSet(rules.map((rule) => ({ rule, evaluator: compile(rule) })));
      if (generation === this.generation) this.current = loaded;
    }
    return this.current;
  }

  /** Makes the next {@link rules} read them again. */
  forget(): void {
    this.generation++;
    this.current = undefined;
  }
}

/** Whether a rule's scope takes the sensor in; a municipality's rule never reaches beyond the municipality. */
export function watches(
  rule: Pick<AlertRule, 'municipalityId' | 'scope'>,
  sensor: Pick<RegisteredSensor, 'id' | 'municipalityId' | 'typeCode'>,
): boolean {
  if (rule.municipalityId != null && rule.municipalityId !== sensor.municipalityId) return false;
  const { sensorId, sensorTypeCode, municipalityId } = rule.scope;
  return (
    (sensorId === undefined || sensorId === sensor.id) &&
    (sensorTypeCode === undefined || sensorTypeCode === sensor.typeCode) &&
    (municipalityId === undefined || municipalityId === sensor.municipalityId)
  );
}
