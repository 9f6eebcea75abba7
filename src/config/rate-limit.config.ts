import type { EnvReader } from './env-reader.js';
import { integer } from './env-schemas.js';

/** Kinds of requests that are counted apart from each other. */
export const RATE_CLASSES = ['sign-in', 'public', 'read', 'write', 'export', 'ingest', 'connect'] as const;
export type RateClass = (typeof RATE_CLASSES)[number];

/** Requests a minute that one client (address, person or device) may make, by kind; 0: any number. */
export type RateLimitConfig = Readonly<Record<RateClass, number>>;

const MOST = 10_000_000;

export function readRateLimitConfig(reader: EnvReader): RateLimitConfig {
  const perMinute = (name: string, standard: number): number =>
    reader.read(`RATE_LIMIT_${name}`, integer(0, MOST).prefault(String(standard)));
  return {
    'sign-in': perMinute('SIGN_IN', 120),
    public: perMinute('PUBLIC', 1_200),
    read: perMinute('READ', 6_000),
    write: perMinute('WRITE', 3_000),
    export: perMinute('EXPORT', 30),
    ingest: perMinute('INGEST', 6_000),
    connect: perMinute('CONNECT', 600),
  };
}
