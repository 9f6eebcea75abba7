import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction.js';
import { OutboxService } from '../../outbox/outbox.service.js';
import { toCommandResponse } from './command.mapper.js';
import type { DeviceCommand } from './device-command.entity.js';

/** Tells control rooms what becomes of commands. */
@Injectable()
export class CommandEvents {
  constructor(private readonly outbox: OutboxService) {}

  /** The last step of a transaction: a `device` event with `change: "command"` for each of these commands. */
  async record(tx: Transaction, commands: readonly DeviceCommand[]): Promise<void> {
    await tx.em.flush();
    const events = commands.map((command) => ({
      municipalityId: command.municipalityId,
      type: 'device' as const,
      payload: payloadOf(command),
    }));
    await this.outbox.append(tx, events);
  }
}

/** What was sent and what came back is not part of it: it may be large, and whoever wants it asks for the command. */
function payloadOf(command: DeviceCommand): string {
  const { deviceId, municipalityId, payload: _payload, result: _result, ...told } = toCommandResponse(command);
  return JSON.stringify({ deviceId, municipalityId, change: 'command', command: told });
}
