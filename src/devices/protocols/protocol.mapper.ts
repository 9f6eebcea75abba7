import type { Protocol } from './protocol.entity.js';
import type { ProtocolResponse } from './protocol.schemas.js';

/** A protocol as callers see it. */
export function toProtocolResponse(protocol: Protocol): ProtocolResponse {
  const { id, code, name, description, transport, settings, enabled, version, createdAt, updatedAt } = protocol;
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  return { id, code, name, description, transport, settings, enabled, version, ...times };
}
