import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import type { Transaction } from '../../database/transaction.js';
import { BrokerChanges } from './broker-changes.js';
import { RIGHTS_SYNC } from './broker-sync.entity.js';
import { DesiredRightsReader, type DesiredRights } from './desired-rights.js';
import { RightsApplier } from './rights-applier.js';
import { defaultsPlan, plansFor } from './rights-diff.js';

/** How often everything is compared, besides at the start and after interruptions. */
export const RECONCILE_EVERY_MS = 10 * 60_000;
/** Devices that are read for one turn; how many are brought in step in it decides the time. */
const SLICE = 250;

/** Brings devices in step and answers which are. */
export type ApplyDevices = (
  deviceIds: readonly string[],
  rights: DesiredRights,
) => Promise<{ done: ReadonlySet<string>; failed: ReadonlySet<string>; changed: number }>;

interface Progress {
  /** Devices that differ, and the number of attempts made. */
  queue: string[];
  readonly differences: number;
  readonly unknownPasswords: number;
  readonly begin: number;
}

/**
 * The comparison of everything that the broker holds of ours with what the database says; repairs what differs, whoever
 * caused it, in turns between which changes come first. What an administrator made himself is not looked at.
 */
@Injectable()
export class Reconciliation {
  private readonly logger = new Logger('BrokerRights');
  private wanted = false;
  private progress: Progress | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly changes: BrokerChanges,
    private readonly reader: DesiredRightsReader,
    private readonly applier: RightsApplier,
  ) {}

  get isUnderWay(): boolean {
    return this.progress !== undefined;
  }

  /** From the beginning, also when one is under way. */
  want(): void {
    this.wanted = true;
    this.progress = undefined;
  }

  /** @param last end of the last one of any instance, epoch ms */
  isWanted(last: number | null, nowMs: number): boolean {
    return this.wanted || last === null || nowMs - last >= RECONCILE_EVERY_MS;
  }

  /** One turn of it. */
  async step(tx: Transaction, epoch: number, apply: ApplyDevices): Promise<'more'> {
    if (this.progress === undefined) await this.begin(tx, epoch);
    else await this.repair(tx, this.progress, apply);
    if (this.progress?.queue.length === 0) await this.finish(tx, this.progress);
    return 'more';
  }

  private async begin(tx: Transaction, epoch: number): Promise<void> {
    this.wanted = false;
    let state = await this.applier.state(epoch, true);
    const defaults = defaultsPlan(state.defaults);
    if (defaults !== null) {
      this.logger.warn('the broker allowed by default to publish or to subscribe; it denies now');
      await this.applier.tell(defaults);
      state = await this.applier.state(epoch, true);
    }
    const rights = await this.reader.all(tx);
    const ids = new Set([...rights.clients.keys(), ...state.devices()]);
    const queue = plansFor(ids, rights.clients, state).map(({ deviceId }) => deviceId);
    await this.noteEnds(tx, rights);
    const differences = queue.length + (defaults === null ? 0 : 1);
    const begin = performance.now();
    this.progress = { queue, differences, unknownPasswords: rights.unknownPasswords, begin };
  }

  /** Devices are read again in each turn: what was read at the beginning may be old by now. */
  private async repair(tx: Transaction, progress: Progress, apply: ApplyDevices): Promise<void> {
    const slice = progress.queue.slice(0, SLICE);
    const { done, failed } = await apply(slice, await this.reader.of(tx, slice));
    const noted = [...failed];
    // What the broker refuses is tried again like any change, so that it does not hold up the others.
    for (const deviceId of noted) await this.noteFailed(tx, deviceId);
    progress.queue = progress.queue.filter((deviceId) => !done.has(deviceId) && !failed.has(deviceId));
  }

  private async noteFailed(tx: Transaction, deviceId: string): Promise<void> {
    const { rows } = await tx.query<{ municipality_id: string }>(`select municipality_id from devices where id = ?`, [
      deviceId,
    ]);
    const municipalityId = rows[0]?.municipality_id;
    if (municipalityId !== undefined) await this.changes.note(tx, municipalityId, deviceId, true);
  }

  private async finish(tx: Transaction, { differences, unknownPasswords, begin }: Progress): Promise<void> {
    await tx.query(`update broker_sync set reconciled_at = ?, differences = ?, unknown_passwords = ? where name = ?`, [
      tx.dialect.instant(this.clock.nowMs()),
      differences,
      unknownPasswords,
      RIGHTS_SYNC,
    ]);
    this.progress = undefined;
    const took = Math.round(performance.now() - begin);
    this.logger.log(`broker compared with the devices: ${differences} differences, repaired in ${took} ms`);
    if (unknownPasswords > 0) {
      this.logger.warn(
        `${unknownPasswords} devices need a new MQTT credential: the passwords of theirs are not stored`,
      );
    }
  }

  /** Credentials that were made before anybody noted their ends. */
  private async noteEnds(tx: Transaction, rights: DesiredRights): Promise<void> {
    const ends = [...rights.ends].map(([deviceId, end]) => ({ deviceId, ...end }));
    const noted = await this.changes.of(
      tx,
      ends.map(({ deviceId }) => deviceId),
    );
    await this.changes.schedule(
      tx,
      ends.filter(({ deviceId }) => !noted.has(deviceId)),
    );
  }
}
