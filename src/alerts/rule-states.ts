import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction.js';
import { BREACH, INITIAL, isOpen, type Phase, type RuleProgress } from '../rules/evaluator.js';
import type { ActiveRule, RuleSet } from '../rules/rule-book.js';
import { RuleState } from './rule-state.entity.js';

/** Where a rule stands on a series, as judging reads and writes it. */
export interface PairState {
  readonly ruleId: string;
  readonly seriesId: number;
  progress: RuleProgress;
  alertId: string | null;
  revision: number;
  /** Epoch ms up to which readings are closed to the rule; null: none are. */
  floor: number | null;
  /** The row was not read: it is known to exist and to be clear, but revision and floor are its own business. */
  readonly assumed?: boolean;
}

/** A series in judging: which rules watch it and what it had before. */
export interface WatchedSeries {
  readonly seriesId: number;
  readonly rules: readonly ActiveRule[];
  readonly previousInstant: number | null;
  /** Readings came late, so the whole state is needed, also where nothing is open. */
  readonly late: boolean;
}

/** States by series and rule. */
export type StatesBySeries = ReadonlyMap<number, ReadonlyMap<string, PairState>>;
type MutableStates = Map<number, Map<string, PairState>>;

interface Row {
  rule_id: string;
  series_id: number;
  phase: Phase;
  since: string | null;
  alert_id: string | null;
  revision: number;
  floor_instant: string | null;
}

/**
 * Reads and writes rule states. A rule that is clear on a series needs no look-up as long as its row is known to exist
 * at the rule's revision; that fact never turns false while the rule set lives, so it may be remembered.
 */
@Injectable()
export class RuleStates {
  private readonly established = new WeakMap<RuleSet, Set<number>>();

  /**
   * The states of the series, by series and rule; rows are made for pairs that have none or an older revision. A pair
   * that is missing in the answer is known to be clear, see {@link assumedClear}: that is nearly every pair of nearly
   * every batch, so nothing is made for it.
   */
  async load(transaction: Transaction, rules: RuleSet, watched: readonly WatchedSeries[]): Promise<StatesBySeries> {
    const known = this.known(rules);
    const whole = watched.filter(({ seriesId, late }) => late || !known.has(seriesId));
    const open = watched.filter(({ seriesId, late }) => !late && known.has(seriesId));
    const states: MutableStates = new Map();
    await this.read(transaction, states, whole, '');
    await this.read(transaction, states, open, 'and phase <> 0');
    await this.establish(transaction, known, states, whole);
    return states;
  }

  /** Writes changed states. */
  async save(transaction: Transaction, states: readonly PairState[]): Promise<void> {
    await this.upsert(
      transaction,
      states.filter(({ assumed }) => !assumed),
      ['phase', 'since', 'alertId', 'revision', 'floorInstant'],
    );
    await this.upsert(
      transaction,
      states.filter(({ assumed }) => assumed),
      ['phase', 'since', 'alertId'],
    );
  }

  private async upsert(
    { em }: Transaction,
    states: readonly PairState[],
    onConflictMergeFields: ('phase' | 'since' | 'alertId' | 'revision' | 'floorInstant')[],
  ): Promise<void> {
    if (states.length === 0) return;
    await em.upsertMany(
      RuleState,
      states.map((state) => ({
        ruleId: state.ruleId,
        seriesId: state.seriesId,
        phase: state.progress.phase,
        since: state.progress.since === null ? null : new Date(state.progress.since),
        alertId: state.alertId,
        revision: state.revision,
        floorInstant: state.floor === null ? null : new Date(state.floor),
      })),
      { onConflictMergeFields },
    );
  }

  private known(rules: RuleSet): Set<number> {
    let known = this.established.get(rules);
    if (!known) this.established.set(rules, (known = new Set()));
    return known;
  }

  private async read(
    transaction: Transaction,
    states: MutableStates,
    watched: readonly WatchedSeries[],
    condition: string,
  ): Promise<void> {
    if (watched.length === 0) return;
    const { dialect } = transaction;
    const series = dialect.anyOf(
      'series_id',
      watched.map(({ seriesId }) => seriesId),
    );
    const { rows } = await transaction.query<Row>(
      `select rule_id, series_id, phase, since, alert_id, revision, floor_instant from rule_states
       where ${series.sql} ${condition}`,
      series.params,
    );
    for (const row of rows) {
      put(states, {
        ruleId: row.rule_id,
        seriesId: row.series_id,
        progress: { phase: row.phase, since: row.since === null ? null : dialect.epochMs(row.since) },
        alertId: row.alert_id,
        revision: row.revision,
        floor: row.floor_instant === null ? null : dialect.epochMs(row.floor_instant),
      });
    }
  }

  /**
   * Makes the rows of pairs that are new, or new at this revision. What the series had before stays closed to the rule:
   * it was not judged by it, and late readings among it could not be judged rightly.
   */
  private async establish(
    transaction: Transaction,
    known: Set<number>,
    states: MutableStates,
    whole: readonly WatchedSeries[],
  ): Promise<void> {
    const changed: PairState[] = [];
    for (const { seriesId, rules, previousInstant } of whole) {
      for (const { rule } of rules) {
        const state = states.get(seriesId)?.get(rule.id) ?? clearState(rule.id, seriesId, 0);
        // A higher revision in the row: another instance knows the rule's change already, we will in a moment.
        if (state.revision < rule.revision) {
          state.revision = rule.revision;
          state.floor = previousInstant ?? state.floor;
          // A run that began under what the rule said before does not count on.
          state.progress = isOpen(state.progress) ? BREACH : INITIAL;
          changed.push(state);
        }
        put(states, state);
      }
    }
    await this.save(transaction, changed);
    transaction.onCommit(() => whole.forEach(({ seriesId }) => known.add(seriesId)));
  }
}

function put(states: MutableStates, state: PairState): void {
  let ofSeries = states.get(state.seriesId);
  if (!ofSeries) states.set(state.seriesId, (ofSeries = new Map<string, PairState>()));
  ofSeries.set(state.ruleId, state);
}

/** The state of a pair whose row is known to exist and to be clear, without having been read. */
export function assumedClear(ruleId: string, seriesId: number, revision: number): PairState {
  return { ruleId, seriesId, progress: INITIAL, alertId: null, revision, floor: null, assumed: true };
}

function clearState(ruleId: string, seriesId: number, revision: number): PairState {
  return { ruleId, seriesId, progress: INITIAL, alertId: null, revision, floor: null };
}
