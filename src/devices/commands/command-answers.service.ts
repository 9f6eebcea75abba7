import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Transactions, type Transaction } from '../../database/transaction.js';
import type { InboundMessage } from '../../mqtt/inbound-message.js';
import type { MessageBatch } from '../../mqtt/message-batch.js';
import { PoisonSink } from '../../mqtt/poison-sink.js';
import { readAnswer, type CommandAnswer } from './command-answer.js';
import { CommandEvents } from './command-events.js';
import { answered } from './command-life.js';
import { DeviceCommand } from './device-command.entity.js';

/** Rejected messages that are written at the same time. */
const SINK_CONCURRENCY = 8;

/** Why a message was set aside, for the sink; the verdict itself stands on the message. */
class AnswerRejectedError extends Error {
  override readonly name = 'AnswerRejectedError';
}

interface Said {
  readonly message: InboundMessage;
  readonly answer: CommandAnswer;
}

/** Takes batches of answers that the guard has looked at: records the first one to each command, sets aside the wrong. */
@Injectable()
export class CommandAnswersService {
  constructor(
    private readonly transactions: Transactions,
    private readonly events: CommandEvents,
    private readonly modules: ModuleRef,
  ) {}

  /** Repeated answers change nothing, so the broker may deliver a batch again. */
  async take(batch: MessageBatch): Promise<void> {
    const said: Said[] = [];
    for (const message of batch.accepted()) {
      // Takes back a retained answer; nobody answers with nothing.
      if (message.payload.length === 0) continue;
      const { answer, rejection } = readAnswer(message.payload);
      if (answer === undefined) batch.reject(message, rejection.code, rejection.reason);
      else said.push({ message, answer });
    }
    const unknown = said.length === 0 ? [] : await this.transactions.run((tx) => this.record(tx, said));
    for (const message of unknown) batch.reject(message, 'UNKNOWN_COMMAND', 'the device was sent no such command');
    await this.setAside(batch.rejected());
  }

  /** @returns the messages that answer nothing that their device was told */
  private async record(tx: Transaction, said: readonly Said[]): Promise<InboundMessage[]> {
    const ids = [...new Set(said.map(({ answer }) => answer.commandId))];
    const commands = await tx.em.find(
      DeviceCommand,
      { id: { $in: ids } },
      { filters: { tenant: false }, orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    const byId = new Map(commands.map((command) => [command.id, command]));
    const changed = new Set<DeviceCommand>();
    const unknown: InboundMessage[] = [];
    for (const { message, answer } of said) {
      const command = byId.get(answer.commandId);
      if (command?.deviceId !== message.deviceId || command.attempts === 0) unknown.push(message);
      else if (apply(tx, command, answer, message.receivedAt)) changed.add(command);
    }
    await this.events.record(tx, [...changed]);
    return unknown;
  }

  /** The sink's implementation lives in readings, which this room does not import. */
  private async setAside(messages: InboundMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const sink = this.modules.get(PoisonSink, { strict: false });
    for (let from = 0; from < messages.length; from += SINK_CONCURRENCY) {
      const some = messages.slice(from, from + SINK_CONCURRENCY);
      await Promise.all(
        some.map((message) => sink.setAside(message, new AnswerRejectedError(message.rejection?.code))),
      );
    }
  }
}

function apply(tx: Transaction, command: DeviceCommand, answer: CommandAnswer, at: number): boolean {
  const change = answered(command, answer.status, at);
  if (change === undefined) return false;
  const { result, resultOmitted, error } = answer;
  tx.em.assign(command, { ...change, result, resultOmitted, error }, { mergeObjectProperties: false });
  return true;
}
