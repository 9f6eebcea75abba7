import type { EntityManager } from '@mikro-orm/core';
import { unknownProtocol } from './protocol.errors.js';
import { Protocol } from './protocol.entity.js';

/**
 * Makes sure that a device may be given a protocol; one that it has already it keeps, also when it was disabled.
 * @throws ValidationError `UNKNOWN_PROTOCOL`
 */
export async function checkProtocol(
  em: EntityManager,
  code: string | null | undefined,
  present: string | null = null,
): Promise<void> {
  if (code === null || code === undefined || code === present) return;
  if ((await em.count(Protocol, { code, enabled: true })) === 0) throw unknownProtocol(code);
}
