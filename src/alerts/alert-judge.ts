import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import type { Transaction } from '../database/transaction.js';
import type { NewLiveEvent } from '../outbox/live-event.js';
import { ReadingJudge, type JudgedReading, type JudgedSeries } from '../readings/reading-judge.js';
import { AlertRule } from '../rules/alert-rule.entity.js';
import { RuleBook, type ActiveRule, type RuleSet } from '../rules/rule-book.js';
import { AlertBook, type Verdict } from './alert-book.js';
import { foldForward } from './forward-fold.js';
import { judgeLate } from './late-readings.js';
import { StoredHistory } from './stored-history.js';
import { assumedClear, RuleStates, type PairState, type WatchedSeries } from './rule-states.js';

interface Watched extends WatchedSeries {
  readonly judged: JudgedSeries;
}

interface OpenVerdict extends Verdict {
  /** It opens an alert that the books do not have. */
  readonly opens: boolean;
  readonly stateChanged: boolean;
}

interface Judgement {
  readonly verdicts: readonly OpenVerdict[];
  readonly changed: readonly PairState[];
}

/**
 * Judges newly stored readings by the rules, in the readings' own transaction. Readings that continue a series are
 * folded forward from the stored state; late ones make the affected stretch be judged again from the stored readings.
 * Either way alerts are a function of what is stored, so that it does not matter which instance took which reading.
 */
@Injectable()
export class AlertJudge extends ReadingJudge {
  constructor(
    private readonly ruleBook: RuleBook,
    private readonly states: RuleStates,
    private readonly book: AlertBook,
  ) {
    super();
  }

  async judge(transaction: Transaction, series: readonly JudgedSeries[]): Promise<NewLiveEvent[]> {
    for (;;) {
      const rules = await this.ruleBook.rules(transaction);
      const watched = watchedBy(rules, series);
      if (watched.length === 0) return [];
      const { verdicts, changed } = await this.judgeBy(transaction, rules, watched);
      if (await this.inForce(transaction, verdicts)) {
        const events = await this.book.enter(transaction, verdicts);
        await this.states.save(transaction, changed);
        return events;
      }
      // A rule was changed elsewhere a moment ago: nothing is written yet, so judge again by what it says now.
      this.ruleBook.forget();
    }
  }

  private async judgeBy(transaction: Transaction, rules: RuleSet, watched: readonly Watched[]): Promise<Judgement> {
    const states = await this.states.load(transaction, rules, watched);
    const verdicts: OpenVerdict[] = [];
    const changed: PairState[] = [];
    for (const item of watched) {
      const ofSeries = states.get(item.seriesId);
      for (const active of item.rules) {
        const known = ofSeries?.get(active.rule.id);
        if (known === undefined && staysClear(active, item.judged.readings)) continue;
        const state = known ?? assumedClear(active.rule.id, item.seriesId, active.rule.revision);
        const verdict = await this.judgePair(transaction, item, active, state);
        if (verdict?.stateChanged) changed.push(state);
        if (verdict && verdict.outcome.episodes.length + verdict.outcome.superseded.length > 0) verdicts.push(verdict);
      }
    }
    return { verdicts, changed };
  }

  /**
   * Whether the rules that open alerts still say what they were judged by. They stay so until the commit: whoever takes
   * a rule out of force waits for us, and then closes what we opened.
   */
  private async inForce({ em }: Transaction, verdicts: readonly OpenVerdict[]): Promise<boolean> {
    const opening = new Map(verdicts.filter(({ opens }) => opens).map(({ rule }) => [rule.id, rule.revision]));
    if (opening.size === 0) return true;
    const current = await em.find(
      AlertRule,
      { id: { $in: [...opening.keys()] }, enabled: true, deletedAt: null },
      { filters: { tenant: false }, fields: ['revision'], orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_READ },
    );
    return current.length === opening.size && current.every(({ id, revision }) => opening.get(id) === revision);
  }

  private async judgePair(
    transaction: Transaction,
    { judged, late }: Watched,
    active: ActiveRule,
    state: PairState,
  ): Promise<OpenVerdict | null> {
    const readings = aboveFloor(judged.readings, state.floor);
    if (readings.length === 0) return null;
    return late && readings[0]!.instant <= judged.previousInstant!
      ? this.judgeAgain(transaction, judged, active, state, readings)
      : this.judgeOn(judged, active, state, readings);
  }

  private judgeOn(judged: JudgedSeries, active: ActiveRule, state: PairState, readings: readonly JudgedReading[]) {
    const before = state.progress;
    const { progress, episodes } = foldForward(active.evaluator, before, state.alertId, readings);
    const opens = episodes.some(({ alertId }) => alertId === null);
    const open = episodes.at(-1);
    if (open && open.resolvedAt === null) open.alertId ??= newId();
    const alertId = open === undefined ? state.alertId : open.resolvedAt === null ? open.alertId : null;
    const stateChanged =
      progress.phase !== before.phase || progress.since !== before.since || alertId !== state.alertId;
    state.progress = progress;
    state.alertId = alertId;
    const { sensor } = judged;
    return { sensor, rule: active.rule, outcome: { episodes, superseded: [] }, opens, stateChanged };
  }

  private async judgeAgain(
    transaction: Transaction,
    judged: JudgedSeries,
    active: ActiveRule,
    state: PairState,
    readings: readonly JudgedReading[],
  ) {
    const { id: sensorId, seriesId } = judged.sensor;
    const history = new StoredHistory(transaction, { ruleId: active.rule.id, sensorId, seriesId });
    const outcome = await judgeLate(history, { evaluator: active.evaluator, floor: state.floor, readings });
    const opens = outcome.episodes.some(({ alertId }) => alertId === null);
    const stateChanged = outcome.progress !== null;
    if (outcome.progress) {
      if (outcome.openEpisode) outcome.openEpisode.alertId ??= newId();
      state.progress = outcome.progress;
      state.alertId = outcome.openEpisode?.alertId ?? null;
    }
    return { sensor: judged.sensor, rule: active.rule, outcome, opens, stateChanged };
  }
}

/** The series that rules watch. One without usable readings is among them: the rules begin to watch it now, too. */
function watchedBy(rules: RuleSet, series: readonly JudgedSeries[]): Watched[] {
  const watched: Watched[] = [];
  for (const judged of series) {
    const { previousInstant, sensor, readings } = judged;
    const watching = rules.rulesFor(sensor);
    if (watching.length === 0) continue;
    const late = readings.length > 0 && previousInstant !== null && readings[0]!.instant <= previousInstant;
    watched.push({ judged, seriesId: sensor.seriesId, rules: watching, previousInstant, late });
  }
  return watched;
}

/** Whether a rule that is clear stays so: the way of most readings, on which nothing is allocated or awaited. */
function staysClear({ evaluator }: ActiveRule, readings: readonly JudgedReading[]): boolean {
  for (const { value } of readings) if (evaluator.standing(value) === 'breach') return false;
  return true;
}

function aboveFloor(readings: readonly JudgedReading[], floor: number | null): readonly JudgedReading[] {
  const oldest = readings[0];
  if (floor === null || oldest === undefined || oldest.instant > floor) return readings;
  return readings.filter(({ instant }) => instant > floor);
}
