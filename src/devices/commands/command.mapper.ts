import type { CommandResponse } from './command.schemas.js';
import type { DeviceCommand } from './device-command.entity.js';

/** A command as callers see it. */
export function toCommandResponse(command: DeviceCommand): CommandResponse {
  return {
    commandId: command.id,
    deviceId: command.deviceId,
    municipalityId: command.municipalityId,
    batchId: command.batchId ?? null,
    name: command.name,
    payload: command.payload ?? null,
    status: command.status,
    timeoutSeconds: command.timeoutSeconds,
    expiresAt: command.expiresAt.toISOString(),
    attempts: command.attempts,
    maxAttempts: command.maxAttempts,
    sentAt: instant(command.sentAt),
    respondedAt: instant(command.respondedAt),
    finishedAt: instant(command.finishedAt),
    cancelledAt: instant(command.cancelledAt),
    late: command.late,
    result: command.result ?? null,
    resultOmitted: command.resultOmitted,
    error: command.error ?? null,
    requestedBy: command.requestedBy ?? null,
    cancelledBy: command.cancelledBy ?? null,
    createdAt: command.createdAt.toISOString(),
  };
}

/** What a device is told, as its topic carries it. */
export function toCommandMessage({ id, name, payload, expiresAt }: DeviceCommand): string {
  return JSON.stringify({ commandId: id, name, payload: payload ?? null, expiresAt: expiresAt.toISOString() });
}

function instant(at: Date | null | undefined): string | null {
  return at?.toISOString() ?? null;
}
