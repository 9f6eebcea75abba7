import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import type { Transaction } from '../database/transaction.js';
import type { NewLiveEvent } from '../outbox/live-event.js';
import { ReadingJudge, type JudgedReading, type JudgedSeries } from '../readings/reading-judge.js';
import type { ActiveRule } from '../rules/rule-book.js';
import { RuleBook } from '../rules/rule-book.js';
import { AlertBook, type Verdict } from './alert-book.js';
import { foldForward } from './forward-fold.js';
import { judgeLate } from './late-readings.js';
import { RuleStates, type PairState, type WatchedSeries } from './rule-states.js';

interface Watched extends WatchedSeries {
  readonly judged: JudgedSeries;
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
    const rules = await this.ruleBook.rules();
    const watched: Watched[] = [];
    for (const judged of series) {
      const watching = rules.rulesFor(judged.sensor);
      if (watching.length === 0) continue;
      const { previousInstant, sensor } = judged;
      const late = previousInstant !== null && judged.readings[0]!.instant <= previousInstant;
      watched.push({ judged, seriesId: sensor.seriesId, rules: watching, previousInstant, late });
    }
    if (watched.length === 0) return [];
    const stateOf = await this.states.load(transaction, rules, watched);
    const verdicts: Verdict[] = [];
    const changed: PairState[] = [];
    for (const item of watched) {
      for (const active of item.rules) {
        const state = stateOf(active.rule.id, item.seriesId);
        const verdict = await this.judgePair(transaction, item, active, state);
        if (verdict?.stateChanged) changed.push(state);
        if (verdict && verdict.outcome.episodes.length + verdict.outcome.superseded.length > 0) verdicts.push(verdict);
      }
    }
    const events = await this.book.enter(transaction, verdicts);
    await this.states.save(transaction, changed);
    return events;
  }

  private async judgePair(
    transaction: Transaction,
    { judged, late }: Watched,
    active: ActiveRule,
    state: PairState,
  ): Promise<(Verdict & { stateChanged: boolean }) | null> {
    const readings = aboveFloor(judged.readings, state.floor);
    if (readings.length === 0) return null;
    return late && readings[0]!.instant <= judged.previousInstant!
      ? this.judgeAgain(transaction, judged, active, state, readings)
      : this.judgeOn(judged, active, state, readings);
  }

  private judgeOn(judged: JudgedSeries, active: ActiveRule, state: PairState, readings: readonly JudgedReading[]) {
    const before = state.progress;
    const { progress, episodes } = foldForward(active.evaluator, before, state.alertId, readings);
    const open = episodes.at(-1);
    if (open && open.resolvedAt === null) open.alertId ??= newId();
    const alertId = open === undefined ? state.alertId : open.resolvedAt === null ? open.alertId : null;
    const stateChanged =
      progress.phase !== before.phase || progress.since !== before.since || alertId !== state.alertId;
    state.progress = progress;
    state.alertId = alertId;
    return { sensor: judged.sensor, rule: active.rule, outcome: { episodes, superseded: [] }, stateChanged };
  }

  private async judgeAgain(
    transaction: Transaction,
    judged: JudgedSeries,
    active: ActiveRule,
    state: PairState,
    readings: readonly JudgedReading[],
  ) {
    const outcome = await judgeLate(transaction, {
      ruleId: active.rule.id,
      sensorId: judged.sensor.id,
      seriesId: judged.sensor.seriesId,
      evaluator: active.evaluator,
      floor: state.floor,
      readings,
    });
    const stateChanged = outcome.progress !== null;
    if (outcome.progress) {
      if (outcome.openEpisode) outcome.openEpisode.alertId ??= newId();
      state.progress = outcome.progress;
      state.alertId = outcome.openEpisode?.alertId ?? null;
    }
    return { sensor: judged.sensor, rule: active.rule, outcome, stateChanged };
  }
}

function aboveFloor(readings: readonly JudgedReading[], floor: number | null): readonly JudgedReading[] {
  return floor === null || readings[0]!.instant > floor ? readings : readings.filter(({ instant }) => instant > floor);
}
