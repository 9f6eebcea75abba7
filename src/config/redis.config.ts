import { z } from 'zod';
import type { EnvReader } from './env-reader.js';
import { urlWith } from './env-schemas.js';

/** Where Redis is, and how our keys start. */
export interface RedisConfig {
  /** `redis://`, `rediss://` (TLS), or the path of a Unix socket. */
  readonly url: string;
  readonly keyPrefix: string;
}

const DEVELOPMENT_URL = 'redis://127.0.0.1:6379';

export function readRedisConfig(reader: EnvReader): RedisConfig {
  const socket = z.string().regex(/^\/./);
  const url = z.union(
    [urlWith('redis', 'rediss'), socket],
    'must start with redis:// or rediss://, or be the path of a socket',
  );
  return {
    url: reader.read('REDIS_URL', reader.production ? url : url.default(DEVELOPMENT_URL)),
    keyPrefix: reader.read(
      'REDIS_KEY_PREFIX',
      z
        .string()
        .regex(/^[A-Za-z0-9:_-]{1,64}$/, 'must be letters, digits, ":", "_" or "-"')
        .default('hydroalert:'),
    ),
  };
}
