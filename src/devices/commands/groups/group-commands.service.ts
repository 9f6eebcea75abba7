import { EntityManager, LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../../common/clock.js';
import { pageOf, startAfter, type Page, type PageQuery } from '../../../common/pagination/page.js';
import { Transactions, type Transaction } from '../../../database/transaction.js';
import { Device } from '../../device.entity.js';
import { CommandBatch, type SkippedMember } from '../command-batch.entity.js';
import { CommandEvents } from '../command-events.js';
import type { CommandStatus } from '../command-life.js';
import { CommandSender } from '../command-sender.js';
import type { SendCommand } from '../command.schemas.js';
import { newCommand, requireActive, requireSame, type CommandOrigin } from '../commands.service.js';
import { DeviceCommand } from '../device-command.entity.js';
import { batchNotFound, groupEmpty, groupNotFound } from './device-group.errors.js';
import { DeviceGroupMember } from './device-group-member.entity.js';
import { DeviceGroup } from './device-group.entity.js';
import type { BatchWithCommands, CountedBatch } from './group-command.mapper.js';
import { lockGroup } from './group-rows.js';

const cursorSchema = z.tuple([z.guid()]);

/** The same command to every active member of a group. */
@Injectable()
export class GroupCommandsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly events: CommandEvents,
    private readonly sender: CommandSender,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes the commands, all or none; from then on each has a life of its own. Again with the same key: the first ones.
   * @throws NotFoundError `DEVICE_GROUP_NOT_FOUND`; ConflictError `DEVICE_GROUP_EMPTY`, `MUNICIPALITY_SUSPENDED`,
   *   `IDEMPOTENCY_KEY_REUSED`
   */
  send(groupId: string, input: SendCommand, origin: CommandOrigin): Promise<BatchWithCommands> {
    return this.transactions.run(async (tx) => {
      const { municipalityId } = await lockGroup(tx, groupId);
      const known = await findRepeated(tx, groupId, input, origin.idempotencyKey);
      if (known !== null) return { batch: known, commands: await commandsOf(tx.em, known.id) };
      await requireActive(tx, municipalityId);
      const devices = await lockMembers(tx, groupId);
      const active = devices.filter(({ status }) => status === 'active');
      if (active.length === 0) throw groupEmpty();
      const skipped = devices
        .filter(({ status }) => status !== 'active')
        .map(({ id }): SkippedMember => ({ deviceId: id, reason: 'DEVICE_INACTIVE' }));
      const { idempotencyKey = null, userId } = origin;
      const { name, payload, timeoutSeconds, maxAttempts } = input;
      const asked = { name, payload, timeoutSeconds, maxAttempts, requestedBy: userId, idempotencyKey };
      const batch = tx.em.create(CommandBatch, { municipalityId, groupId, ...asked, total: active.length, skipped });
      await tx.em.flush();
      const now = this.clock.nowMs();
      const commands = active.map((device) =>
        tx.em.create(DeviceCommand, { ...newCommand(device, input, { userId }, now), batchId: batch.id }),
      );
      await this.events.record(tx, commands);
      tx.onCommit(() => this.sender.wake());
      return { batch, commands };
    });
  }

  /** What was sent to a group, newest first. @throws NotFoundError `DEVICE_GROUP_NOT_FOUND`; BadRequestError `CURSOR_INVALID` */
  async list(groupId: string, query: PageQuery): Promise<Page<CountedBatch>> {
    const em = this.em.fork();
    if ((await em.count(DeviceGroup, { id: groupId })) === 0) throw groupNotFound(groupId);
    const [before] = startAfter(query, cursorSchema) ?? [];
    const where = { groupId, ...(before === undefined ? {} : { id: { $lt: before } }) };
    const batches = await em.find(CommandBatch, where, { orderBy: { id: 'desc' }, limit: query.limit + 1 });
    const page = pageOf(batches, query.limit, ({ id }) => [id]);
    const counts = await this.countsOf(page.items);
    return page.map((batch) => ({ batch, counts: counts.get(batch.id) ?? {} }));
  }

  /** @throws NotFoundError `COMMAND_BATCH_NOT_FOUND` */
  async get(groupId: string, batchId: string): Promise<BatchWithCommands> {
    const em = this.em.fork();
    const batch = await em.findOne(CommandBatch, { id: batchId, groupId });
    if (batch === null) throw batchNotFound(batchId);
    return { batch, commands: await commandsOf(em, batchId) };
  }

  /** Statuses of the commands of batches that were read within the tenant. */
  private async countsOf(batches: readonly CommandBatch[]): Promise<Map<string, CountedBatch['counts']>> {
    const counts = new Map<string, Partial<Record<CommandStatus, number>>>(batches.map(({ id }) => [id, {}]));
    if (counts.size === 0) return counts;
    const { rows } = await this.transactions.query<{ id: string; status: CommandStatus; commands: number | string }>(
      `select batch_id as id, status, count(*) as commands from device_commands
       where batch_id in (${batches.map(() => '?').join()}) group by batch_id, status`,
      [...counts.keys()],
    );
    for (const { id, status, commands } of rows) counts.get(id)![status] = Number(commands);
    return counts;
  }
}

/** Members by id, locked until commit against being deactivated meanwhile. */
async function lockMembers(tx: Transaction, groupId: string): Promise<Device[]> {
  const members = await tx.em.find(DeviceGroupMember, { groupId });
  const ids = members.map(({ deviceId }) => deviceId);
  return tx.em.find(Device, { id: { $in: ids } }, { orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_READ });
}

function commandsOf(em: EntityManager, batchId: string): Promise<DeviceCommand[]> {
  return em.find(DeviceCommand, { batchId }, { orderBy: { deviceId: 'asc' } });
}

async function findRepeated(
  tx: Transaction,
  groupId: string,
  input: SendCommand,
  idempotencyKey: string | undefined,
): Promise<CommandBatch | null> {
  if (idempotencyKey === undefined) return null;
  const known = await tx.em.findOne(CommandBatch, { groupId, idempotencyKey });
  if (known !== null) requireSame(known, input);
  return known;
}
