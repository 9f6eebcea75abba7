import type { CommandBatch } from '../command-batch.entity.js';
import type { CommandStatus } from '../command-life.js';
import type { DeviceCommand } from '../device-command.entity.js';
import type { BatchItem, BatchResponse } from './group-command.schemas.js';

/** A group command and how many of its commands have each status. */
export interface CountedBatch {
  readonly batch: CommandBatch;
  readonly counts: Partial<Record<CommandStatus, number>>;
}

/** A group command and its commands. */
export interface BatchWithCommands {
  readonly batch: CommandBatch;
  readonly commands: readonly DeviceCommand[];
}

/** A group command of a list. */
export function toBatchItem({ batch, counts }: CountedBatch): BatchItem {
  return {
    batchId: batch.id,
    groupId: batch.groupId ?? null,
    municipalityId: batch.municipalityId,
    name: batch.name,
    payload: batch.payload ?? null,
    timeoutSeconds: batch.timeoutSeconds,
    maxAttempts: batch.maxAttempts,
    total: batch.total,
    skipped: [...batch.skipped],
    counts,
    requestedBy: batch.requestedBy ?? null,
    createdAt: batch.createdAt.toISOString(),
  };
}

/** A group command with what became of it on each device. */
export function toBatchResponse({ batch, commands }: BatchWithCommands): BatchResponse {
  const counts: Partial<Record<CommandStatus, number>> = {};
  for (const command of commands) {
    const status: CommandStatus = command.status;
    counts[status] = (counts[status] ?? 0) + 1;
  }
  const results = commands.map(({ deviceId, id, status, late, error }) => ({
    deviceId,
    commandId: id,
    status,
    late,
    error: error ?? null,
  }));
  return { ...toBatchItem({ batch, counts }), commands: results };
}
