import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../common/clock.js';
import { pageOf, startAfter, type Page } from '../common/pagination/page.js';
import { requireVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { RegistryVersion } from '../database/registry-version.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import { OutboxService } from '../outbox/outbox.service.js';
import { AlertRule } from './alert-rule.entity.js';
import { RuleAlerts } from './rule-alerts.js';
import { bodyOf, judgesDifferently, patched, type RuleBody } from './rule-condition.js';
import type { CreateRule } from './rule-definition.js';
import { nationalRuleForbidden, ruleNotFound } from './rule.errors.js';
import { checkScope, mayKeepNational, ownerOf } from './rule-ownership.js';
import type { ListRules, PatchRule } from './rule.schemas.js';

const cursorSchema = z.tuple([z.guid()]);

/** Reads and changes alert rules; a municipality sees its own and the national ones, and changes its own. */
@Injectable()
export class RulesService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly registryVersion: RegistryVersion,
    private readonly ruleAlerts: RuleAlerts,
    private readonly outbox: OutboxService,
    private readonly clock: Clock,
  ) {}

  /** Rules in the order of their making. */
  async list(query: ListRules): Promise<Page<AlertRule>> {
    const [after] = startAfter(query, cursorSchema) ?? [];
    const { municipalityId, kind, severity, enabled } = query;
    const where: FilterQuery<AlertRule>[] = [{ deletedAt: null }];
    if (after !== undefined) where.push({ id: { $gt: after } });
    if (municipalityId !== undefined) where.push({ municipalityId });
    if (kind !== undefined) where.push({ kind });
    if (severity !== undefined) where.push({ severity });
    if (enabled !== undefined) where.push({ enabled });
    const rules = await this.em
      .fork()
      .find(AlertRule, { $and: where }, { orderBy: { id: 'asc' }, limit: query.limit + 1 });
    return pageOf(rules, query.limit, ({ id }) => [id]);
  }

  /** @throws NotFoundError `ALERT_RULE_NOT_FOUND` */
  async get(id: string): Promise<AlertRule> {
    const rule = await this.em.fork().findOne(AlertRule, { id, deletedAt: null });
    if (rule === null) throw ruleNotFound(id);
    return rule;
  }

  /**
   * Puts a rule in force. It judges readings that come from now on.
   * @throws ValidationError when its scope names what is not there; NotFoundError, ForbiddenError when it is not the
   *   caller's to make
   */
  create(input: CreateRule): Promise<AlertRule> {
    return this.transactions.run(async (tx) => {
      const municipalityId = await ownerOf(tx.em, input.municipalityId, input.scope);
      await checkScope(tx.em, municipalityId, input.scope);
      const rule = tx.em.create(AlertRule, { ...bodyOf(input), municipalityId });
      await tx.em.flush();
      await this.registryVersion.bump(tx);
      return rule;
    });
  }

  /**
   * Changes a rule; open alerts of sensors that it stops to watch are resolved.
   * @param userId the person who does it
   * @throws NotFoundError `ALERT_RULE_NOT_FOUND`; ForbiddenError for a national rule; ConflictError `VERSION_CONFLICT`;
   *   ZodError or ValidationError when the changed rule is none
   */
  update(
    id: string,
    patch: Omit<PatchRule, 'version'>,
    userId: string,
    expected?: ExpectedVersion,
  ): Promise<AlertRule> {
    return this.change(id, userId, expected, async (tx, rule) => {
      const before: RuleBody = rule;
      const after = patched(rule, patch);
      if (patch.scope !== undefined) await checkScope(tx.em, rule.municipalityId ?? null, after.scope);
      if (judgesDifferently(before, after)) rule.revision++;
      Object.assign(rule, after);
    });
  }

  /**
   * Takes a rule out of force for good; its open alerts are resolved, its alerts stay.
   * @param userId the person who does it
   * @throws NotFoundError `ALERT_RULE_NOT_FOUND`; ForbiddenError for a national rule; ConflictError `VERSION_CONFLICT`
   */
  async remove(id: string, userId: string, expected?: ExpectedVersion): Promise<void> {
    await this.change(id, userId, expected, (_, rule) => {
      rule.enabled = false;
      rule.deletedAt = this.clock.now();
      rule.revision++;
    });
  }

  private change(
    id: string,
    userId: string,
    expected: ExpectedVersion,
    work: (tx: Transaction, rule: AlertRule) => Promise<void> | void,
  ): Promise<AlertRule> {
    return this.transactions.run(async (tx) => {
      const visible = await tx.em.findOne(AlertRule, { id, deletedAt: null });
      if (visible === null) throw ruleNotFound(id);
      if ((visible.municipalityId ?? null) === null && !mayKeepNational()) throw nationalRuleForbidden();
      await this.ruleAlerts.lock(tx, id);
      const options = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true };
      const rule = await tx.em.findOne(AlertRule, { id, deletedAt: null }, options);
      if (rule === null) throw ruleNotFound(id);
      requireVersion(rule, expected);
      await work(tx, rule);
      await tx.em.flush();
      const events = await this.ruleAlerts.release(tx, rule, userId);
      await this.registryVersion.bump(tx);
      await this.outbox.append(tx, events);
      return rule;
    });
  }
}
