import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import type { Transaction, Transactions } from '../../database/transaction.js';
import { BrokerChanges, type PendingChange } from './broker-changes.js';
import { RIGHTS_SYNC } from './broker-sync.entity.js';
import { DesiredRightsReader, type DesiredRights } from './desired-rights.js';
import { Reconciliation } from './reconciliation.js';
import { RightsApplier } from './rights-applier.js';
import { plansFor } from './rights-diff.js';

/** `more`: go on at once; `busy`: another instance works on the broker; `idle`: nothing to do. */
export type Turn = 'more' | 'busy' | 'idle';

interface SyncRow {
  epoch: number | string;
  reconciled_at: string | Date | null;
}

/** A turn takes about this long at most, so that other instances and less urgent changes get theirs. */
const BUDGET_MS = 200;
/** A turn of the comparison may take longer: it ends as soon as something else is due. */
const REPAIR_MS = 3_000;
const MAX_CHANGES = 300;

/** Devices to be brought in step, and for how long. */
interface Work {
  readonly deviceIds: readonly string[];
  readonly rights: DesiredRights;
  readonly budgetMs: number;
  /** Whether nothing is due that comes before this. */
  readonly nothingElse?: () => Promise<boolean>;
}

/** One piece of work on the broker: what is due, else a part of the comparison of everything. */
@Injectable()
export class RightsTurn {
  private readonly logger = new Logger('BrokerRights');
  /** Changes that this turn works on, and whether it has told the broker anything, until it is committed. */
  private inHand: readonly PendingChange[] = [];
  private told = false;

  constructor(
    private readonly clock: Clock,
    private readonly changes: BrokerChanges,
    private readonly reader: DesiredRightsReader,
    private readonly applier: RightsApplier,
    private readonly reconciliation: Reconciliation,
  ) {}

  /** The connection is a new one: nothing is known of the broker, which may have lost its memory meanwhile. */
  startOver(): void {
    this.applier.forget();
    this.reconciliation.want();
  }

  /** Whether there is something to do; cheap, without the lock. */
  async isWanted(transactions: Transactions): Promise<boolean> {
    const tx = { query: transactions.query.bind(transactions), dialect: transactions.dialect };
    if (this.told || this.reconciliation.isUnderWay || (await this.changes.due(tx, 1)).length > 0) return true;
    const { rows } = await transactions.query<SyncRow>(`select reconciled_at from broker_sync where name = ?`, [
      RIGHTS_SYNC,
    ]);
    const last = rows[0]?.reconciled_at ?? null;
    return this.reconciliation.isWanted(last === null ? null : tx.dialect.epochMs(last), this.clock.nowMs());
  }

  /** Does the work of one turn. @throws DynsecUnavailable; then {@link undo} has to follow */
  async take(tx: Transaction): Promise<Turn> {
    const { rows } = await tx.query<SyncRow>(
      `select epoch, reconciled_at from broker_sync where name = ? for update skip locked`,
      [RIGHTS_SYNC],
    );
    const row = rows[0];
    if (row === undefined) return 'busy';
    const epoch = Number(row.epoch) + (await this.takeUp(tx));
    tx.onCommit(() => this.settle());
    const due = await this.changes.due(tx, MAX_CHANGES);
    if (due.length > 0) return this.applyChanges(tx, epoch, due);
    const last = row.reconciled_at === null ? null : tx.dialect.epochMs(row.reconciled_at);
    if (!this.reconciliation.isUnderWay && !this.reconciliation.isWanted(last, this.clock.nowMs())) return 'idle';
    return this.reconciliation.step(tx, epoch, (ids, rights) => {
      const nothingElse = async () => (await this.changes.due(tx, 1)).length === 0;
      return this.applyDevices(tx, epoch, { deviceIds: ids, rights, budgetMs: REPAIR_MS, nothingElse });
    });
  }

  /**
   * After a failure: the broker may have done what we were about to note, or somebody else may have worked in our place.
   * So nobody trusts what he knows of it, and the devices are looked at again.
   */
  async undo(transactions: Transactions): Promise<void> {
    this.distrust();
    if (!this.told) return;
    await transactions.run((tx) => this.confess(tx));
    this.settle();
  }

  /** What an earlier turn told the broker and nobody noted, because {@link undo} failed too. Answers by how much the epoch rose. */
  private async takeUp(tx: Transaction): Promise<number> {
    if (!this.told) {
      this.settle();
      return 0;
    }
    this.distrust();
    await this.confess(tx);
    return 1;
  }

  private distrust(): void {
    this.applier.forget();
    if (this.reconciliation.isUnderWay) this.reconciliation.want();
  }

  private async confess(tx: Transaction): Promise<void> {
    await tx.query(`update broker_sync set epoch = epoch + 1 where name = ?`, [RIGHTS_SYNC]);
    await this.changes.again(tx, this.inHand);
  }

  private settle(): void {
    this.inHand = [];
    this.told = false;
  }

  private async applyChanges(tx: Transaction, epoch: number, due: readonly PendingChange[]): Promise<Turn> {
    const whole = due.find(({ deviceId }) => deviceId === null);
    if (whole !== undefined) {
      await this.changes.expand(tx, whole);
      return 'more';
    }
    const byDevice = new Map(due.map((change) => [change.deviceId ?? '', change]));
    const noted = await this.changes.of(tx, [...byDevice.keys()]);
    const rights = await this.reader.of(tx, [...byDevice.keys()]);
    // What an earlier turn could not note stays in hand until this one is committed.
    this.inHand = [...new Map([...this.inHand, ...byDevice.values()].map((one) => [one.deviceId, one])).values()];
    const work = { deviceIds: [...byDevice.keys()], rights, budgetMs: BUDGET_MS };
    const { done, failed } = await this.applyDevices(tx, epoch, work);
    await this.changes.done(
      tx,
      [...done].flatMap((deviceId) => noted.get(deviceId) ?? []),
    );
    await this.changes.schedule(tx, endsOf(rights, done));
    await this.changes.postpone(
      tx,
      due.filter(({ deviceId }) => failed.has(deviceId ?? '')),
    );
    return 'more';
  }

  /** Brings devices in step, as many as the time allows; answers which are, and which the broker refused. */
  private async applyDevices(tx: Transaction, epoch: number, work: Work) {
    const { deviceIds, rights, budgetMs, nothingElse = () => true } = work;
    const end = performance.now() + budgetMs;
    const state = await this.applier.state(epoch);
    const plans = plansFor(deviceIds, rights.clients, state);
    const planned = new Set(plans.map(({ deviceId }) => deviceId));
    const done = new Set(deviceIds.filter((deviceId) => !planned.has(deviceId)));
    if (plans.length === 0) return { done, failed: new Set<string>(), changed: 0 };
    this.told = true;
    const applied = await this.applier.apply(plans, () => performance.now() < end && nothingElse());
    await tx.query(`update broker_sync set epoch = ? where name = ?`, [epoch + 1, RIGHTS_SYNC]);
    this.applier.counted(epoch + 1);
    this.logger.debug(`${applied.done.size} of ${plans.length} devices brought in step`);
    return { done: new Set([...done, ...applied.done]), failed: applied.failed, changed: applied.done.size };
  }
}

/** The ends that lie ahead of some devices. */
export function endsOf(rights: DesiredRights, deviceIds: Iterable<string>) {
  return [...deviceIds].flatMap((deviceId) => {
    const end = rights.ends.get(deviceId);
    return end === undefined ? [] : [{ deviceId, ...end }];
  });
}
