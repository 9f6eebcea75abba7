import { z } from 'zod';
import type { EnvReader } from './env-reader.js';
import { integer, list } from './env-schemas.js';

/** Where HTTP listens and whom it trusts. */
export interface HttpConfig {
  readonly host: string;
  /** 0 lets the system choose a free port. */
  readonly port: number;
  /** Value of Express' `trust proxy`: which proxies' X-Forwarded-… headers are believed. */
  readonly trustProxy: boolean | number | readonly string[];
  /** Origins of other web pages that may call the API; empty: only our own. */
  readonly corsOrigins: readonly string[];
  /** How long a shutdown may take before the process ends anyway. */
  readonly shutdownTimeoutSeconds: number;
}

const trustProxySchema = z.string().transform((text): boolean | number | string[] => {
  if (/^\d+$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return text.split(',').map((address) => address.trim());
});

export function readHttpConfig(reader: EnvReader): HttpConfig {
  return {
    host: reader.read('HOST', z.string().default('0.0.0.0')),
    port: reader.read('PORT', integer(0, 65_535).prefault('3000')),
    trustProxy: reader.read('TRUST_PROXY', trustProxySchema.prefault('false')),
    corsOrigins: readOrigins(reader),
    shutdownTimeoutSeconds: reader.read('SHUTDOWN_TIMEOUT_SECONDS', integer(1, 600).prefault('25')),
  };
}

function readOrigins(reader: EnvReader): readonly string[] {
  const origins = reader.read('CORS_ORIGINS', list.prefault(''));
  for (const origin of origins) {
    if (origin === '*' && !reader.production) continue;
    if (!/^https?:$/.test(protocolOf(origin)) || new URL(origin).origin !== origin) {
      reader.problem(
        'CORS_ORIGINS',
        'must be a list of origins such as https://water.example, without path and without *',
      );
      return [];
    }
  }
  return origins;
}

function protocolOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).protocol : '';
}
