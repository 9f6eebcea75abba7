import { isDeepStrictEqual } from 'node:util';
import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../common/clock.js';
import { newId } from '../../common/ids.js';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { Municipality } from '../../municipalities/municipality.entity.js';
import { Device } from '../device.entity.js';
import { deviceNotFound } from '../device.errors.js';
import { CommandEvents } from './command-events.js';
import { cancelled } from './command-life.js';
import { CommandSender } from './command-sender.js';
import {
  commandFinished,
  commandNotFound,
  deviceInactive,
  idempotencyKeyReused,
  municipalitySuspended,
} from './command.errors.js';
import type { ListCommands, SendCommand } from './command.schemas.js';
import { DeviceCommand } from './device-command.entity.js';

const cursorSchema = z.tuple([z.guid()]);

/** Who sends a command, and the key by which the call can be repeated. */
export interface CommandOrigin {
  readonly userId: string;
  readonly idempotencyKey?: string | undefined;
}

/** Commands to devices of the caller's municipalities: sending, history, cancelling. */
@Injectable()
export class CommandsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly events: CommandEvents,
    private readonly sender: CommandSender,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes a command; it is sent as soon as it is committed. Again with the same key: answers the first one.
   * @throws NotFoundError `DEVICE_NOT_FOUND`; ConflictError `DEVICE_INACTIVE`, `MUNICIPALITY_SUSPENDED`,
   *   `IDEMPOTENCY_KEY_REUSED`
   */
  send(deviceId: string, input: SendCommand, origin: CommandOrigin): Promise<DeviceCommand> {
    return this.transactions.run(async (tx) => {
      // One after the other, so that the order of a device's commands is the order of their ids.
      const device = await tx.em.findOne(Device, { id: deviceId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (device === null) throw deviceNotFound(deviceId);
      const known = await findRepeated(tx, deviceId, input, origin.idempotencyKey);
      if (known !== null) return known;
      if (device.status !== 'active') throw deviceInactive(deviceId);
      await requireActive(tx, device.municipalityId);
      const command = tx.em.create(DeviceCommand, newCommand(device, input, origin, this.clock.nowMs()));
      await this.events.record(tx, [command]);
      tx.onCommit(() => this.sender.wake());
      return command;
    });
  }

  /** Commands to a device, newest first. @throws NotFoundError `DEVICE_NOT_FOUND`; BadRequestError `CURSOR_INVALID` */
  async list(deviceId: string, query: ListCommands): Promise<Page<DeviceCommand>> {
    const em = this.em.fork();
    if ((await em.count(Device, { id: deviceId })) === 0) throw deviceNotFound(deviceId);
    const where: FilterQuery<DeviceCommand>[] = [{ deviceId }];
    const [after] = startAfter(query, cursorSchema) ?? [];
    if (after !== undefined) where.push({ id: { $lt: after } });
    if (query.status !== undefined) where.push({ status: query.status });
    const options = { orderBy: { id: 'desc' as const }, limit: query.limit + 1 };
    return pageOf(await em.find(DeviceCommand, { $and: where }, options), query.limit, ({ id }) => [id]);
  }

  /** @throws NotFoundError `COMMAND_NOT_FOUND` */
  async get(deviceId: string, commandId: string): Promise<DeviceCommand> {
    const command = await this.em.fork().findOne(DeviceCommand, { id: commandId, deviceId });
    if (command === null) throw commandNotFound(commandId);
    return command;
  }

  /**
   * Takes a command back that is not answered yet. One that was sent may be carried out all the same; its answer is shown
   * then, as a late one. Again: no change.
   * @throws NotFoundError `COMMAND_NOT_FOUND`; ConflictError `COMMAND_FINISHED`
   */
  cancel(deviceId: string, commandId: string, userId: string): Promise<DeviceCommand> {
    return this.transactions.run(async (tx) => {
      const lock = { lockMode: LockMode.PESSIMISTIC_WRITE };
      const command = await tx.em.findOne(DeviceCommand, { id: commandId, deviceId }, lock);
      if (command === null) throw commandNotFound(commandId);
      if (command.status === 'cancelled') return command;
      const change = cancelled(command, this.clock.nowMs());
      if (change === undefined) throw commandFinished(command.status);
      tx.em.assign(command, { ...change, cancelledBy: userId });
      await this.events.record(tx, [command]);
      return command;
    });
  }
}

/** @throws ConflictError `MUNICIPALITY_SUSPENDED` */
export async function requireActive(tx: Transaction, municipalityId: string): Promise<void> {
  const active = await tx.em.count(Municipality, { id: municipalityId, status: 'active' });
  if (active === 0) throw municipalitySuspended();
}

/** What was asked for, as it is stored. */
type Sent = Pick<DeviceCommand, 'name' | 'payload' | 'timeoutSeconds' | 'maxAttempts'>;

/** Whether two calls ask for the same. @throws ConflictError `IDEMPOTENCY_KEY_REUSED` */
export function requireSame(known: Sent, input: SendCommand): void {
  const essence = ({ name, payload = null, timeoutSeconds, maxAttempts }: Sent) => ({
    name,
    payload,
    timeoutSeconds,
    maxAttempts,
  });
  if (!isDeepStrictEqual(essence(known), essence(input))) throw idempotencyKeyReused();
}

/** The row of a new command that is due at once. */
export function newCommand(
  { id: deviceId, municipalityId }: Pick<Device, 'id' | 'municipalityId'>,
  { name, payload, timeoutSeconds, maxAttempts }: SendCommand,
  { userId, idempotencyKey }: CommandOrigin,
  now: number,
) {
  return {
    id: newId(),
    deviceId,
    municipalityId,
    name,
    payload,
    timeoutSeconds,
    maxAttempts,
    expiresAt: new Date(now + timeoutSeconds * 1000),
    dueAt: new Date(now),
    requestedBy: userId,
    idempotencyKey: idempotencyKey ?? null,
  };
}

async function findRepeated(
  tx: Transaction,
  deviceId: string,
  input: SendCommand,
  idempotencyKey: string | undefined,
): Promise<DeviceCommand | null> {
  if (idempotencyKey === undefined) return null;
  const known = await tx.em.findOne(DeviceCommand, { deviceId, idempotencyKey });
  if (known !== null) requireSame(known, input);
  return known;
}
