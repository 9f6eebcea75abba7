import { z } from 'zod';
import type { EnvReader } from './env-reader.js';
import { list } from './env-schemas.js';

/** What a process does: answer HTTP and WebSocket, take readings from MQTT, run jobs. */
export const ROLES = ['api', 'ingest', 'worker'] as const;
export type ProcessRole = (typeof ROLES)[number];

/** The roles of this process; all of them unless `ROLES` names some. */
export function readRoles(reader: EnvReader): ReadonlySet<ProcessRole> {
  const schema = list
    .pipe(z.array(z.enum(ROLES), `must be a list of ${ROLES.join(', ')}`).min(1, 'must name at least one role'))
    .prefault(ROLES.join(','));
  return new Set(reader.read('ROLES', schema));
}
