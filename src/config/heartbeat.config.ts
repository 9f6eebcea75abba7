import type { EnvReader } from './env-reader.js';
import { integer } from './env-schemas.js';

/** How silent devices are judged. */
export interface HeartbeatConfig {
  /** After we began to listen, nobody is found late or offline for so long: what waited at the broker comes first. */
  readonly graceSeconds: number;
}

const DEFAULT_GRACE = 60;
const MAX_GRACE = 3_600;

export function readHeartbeatConfig(reader: EnvReader): HeartbeatConfig {
  return { graceSeconds: reader.read('HEARTBEAT_GRACE', integer(0, MAX_GRACE).default(DEFAULT_GRACE)) };
}
