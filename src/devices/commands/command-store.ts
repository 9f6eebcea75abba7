import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { placeholders } from '../../database/sql.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { CommandEvents } from './command-events.js';
import { claimed, handedOver, lapsed, OPEN_STATUSES, type LifeChange, type SendOutcome } from './command-life.js';
import { DeviceCommand } from './device-command.entity.js';

/** The work of the platform for all tenants. */
const ALL = { filters: { tenant: false } };

/**
 * A command waits while an earlier one to the same device is about to be sent again, this long before (ms): more than
 * the clocks of two processes differ.
 */
const RETRY_MARGIN_MS = 2_000;

/**
 * Commands as the processes that send them see them. Several do so at the same time: each takes rows that nobody else has
 * locked, and commits before it acts on them.
 */
@Injectable()
export class CommandStore {
  constructor(
    private readonly transactions: Transactions,
    private readonly events: CommandEvents,
  ) {}

  /** Whether there is something to send. @param now epoch milliseconds */
  async hasDue(now: number): Promise<boolean> {
    const { rows } = await this.transactions.query(
      `select 1 as due from device_commands where status in ('queued', 'sent', 'unconfirmed') and due_at <= ? limit 1`,
      [this.transactions.dialect.instant(now)],
    );
    return rows.length > 0;
  }

  /**
   * Takes commands that are due, so that each device gets them in the order in which they were made: to be sent in the
   * order of the answer. From the commit on no other process sends them, whatever becomes of this one.
   */
  claim(now: number, limit: number): Promise<DeviceCommand[]> {
    return this.transactions.run(async (tx) => {
      const ids = await inTurn(tx, await lockDue(tx, now, limit), now);
      if (ids.length === 0) return [];
      const commands = await tx.em.find(DeviceCommand, { id: { $in: ids } }, { ...ALL, orderBy: { id: 'asc' } });
      for (const command of commands) tx.em.assign(command, claimed(command, now));
      await tx.em.flush();
      // What a device is told later counts more: an earlier command is not sent again after it.
      const deviceId = { $in: commands.map((command) => command.deviceId) };
      const waiting = { id: { $nin: ids }, deviceId, status: { $in: ['sent', 'unconfirmed'] }, dueAt: { $ne: null } };
      await tx.em.nativeUpdate(DeviceCommand, waiting as never, { dueAt: null }, ALL);
      return commands;
    });
  }

  /** Records what became of handing commands to the broker. */
  handOver(outcomes: ReadonlyMap<string, SendOutcome>, now: number): Promise<void> {
    return this.transactions.run(async (tx) => {
      const commands = await tx.em.find(
        DeviceCommand,
        { id: { $in: [...outcomes.keys()] } },
        { ...ALL, orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE },
      );
      const last = new Map(commands.map(({ deviceId, id }) => [deviceId, id]));
      await this.apply(tx, commands, (command) => {
        const outcome = outcomes.get(command.id)!;
        const change = handedOver(command, outcome, now);
        if (outcome === 'refused' && change.status !== undefined) command.error = 'The broker refused the message.';
        else if (outcome === 'taken' && command.status === 'sending') command.error = null;
        const isLast = last.get(command.deviceId) === command.id;
        return isLast || change.status === 'queued' ? change : { ...change, dueAt: null };
      });
    });
  }

  /** Moves on what time has passed over, at most `limit` commands that nobody else works on. @returns how many */
  lapse(now: number, limit: number): Promise<number> {
    return this.transactions.run(async (tx) => {
      const over = { $lte: new Date(now) };
      const commands = await tx.em.find(
        DeviceCommand,
        {
          status: { $in: [...OPEN_STATUSES] },
          $or: [
            { status: { $ne: 'sending' }, expiresAt: over },
            { status: 'sending', leaseUntil: over },
          ],
        },
        { ...ALL, limit, lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE },
      );
      await this.apply(tx, commands, (command) => lapsed(command, now));
      return commands.length;
    });
  }

  /** Changes commands and tells those whose status changed. */
  private async apply(
    tx: Transaction,
    commands: readonly DeviceCommand[],
    changeOf: (command: DeviceCommand) => LifeChange,
  ): Promise<void> {
    const told = commands.filter((command) => {
      const { status } = command;
      tx.em.assign(command, changeOf(command));
      return command.status !== status;
    });
    await this.events.record(tx, told);
  }
}

interface Due {
  readonly id: string;
  readonly device_id: string;
}

/**
 * Locks what is due and nobody else has locked. A device that is not active any more is left alone: its commands wait, and
 * expire. So is one with an earlier command that is under way, or that has to wait.
 */
async function lockDue(tx: Transaction, now: number, limit: number): Promise<Due[]> {
  const at = tx.dialect.instant(now);
  const soon = tx.dialect.instant(now + RETRY_MARGIN_MS);
  const { rows } = await tx.query<Due>(
    `select c.id, c.device_id from device_commands c
     where c.status in ('queued', 'sent', 'unconfirmed') and c.due_at <= ? and c.expires_at > ?
       and exists (select 1 from devices d join municipalities m on m.id = d.municipality_id
         where d.id = c.device_id and d.status = 'active' and m.status = 'active')
       and not exists (select 1 from device_commands e where e.device_id = c.device_id and e.id < c.id
         and (e.status = 'sending' or (e.status = 'queued' and e.due_at > ?)
           or (e.status in ('sent', 'unconfirmed') and e.due_at > ? and e.due_at <= ?)))
     order by c.due_at, c.id limit ${Math.trunc(limit)} for update skip locked`,
    [at, at, at, at, soon],
  );
  return rows;
}

/**
 * Of commands that are locked, those that have no earlier one to the same device before them that is not: it is another
 * process's turn then.
 */
async function inTurn(tx: Transaction, locked: readonly Due[], now: number): Promise<string[]> {
  if (locked.length === 0) return [];
  const devices = [...new Set(locked.map(({ device_id }) => device_id))];
  const { rows } = await tx.query<Due>(
    `select id, device_id from device_commands where device_id in ${placeholders(devices.length)}
       and (status in ('queued', 'sending') or (status in ('sent', 'unconfirmed') and due_at <= ?))
     order by id`,
    [...devices, tx.dialect.instant(now + RETRY_MARGIN_MS)],
  );
  const own = new Set(locked.map(({ id }) => id));
  const blocked = new Set<string>();
  return rows.flatMap(({ id, device_id }) => {
    if (!own.has(id)) blocked.add(device_id);
    return blocked.has(device_id) ? [] : [id];
  });
}
