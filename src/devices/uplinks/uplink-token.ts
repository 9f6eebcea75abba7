import { randomBytes } from 'node:crypto';
import { newSecret } from '../credentials/secrets.js';

const PREFIX_BYTES = 10;
const TOKEN = /^(hul_[0-9a-f]{20})\.[A-Za-z0-9_-]{43}$/;

/** What a text that is no token is looked up by: never stored, so that it costs what an unknown token costs. */
const NO_PREFIX = 'hul_none';

/** A new token `<prefix>.<secret>` of an uplink source; the prefix finds the row, the rest is the secret. */
export function newUplinkToken(): { token: string; prefix: string } {
  const prefix = `hul_${randomBytes(PREFIX_BYTES).toString('hex')}`;
  return { token: `${prefix}.${newSecret()}`, prefix };
}

/** The look-up prefix of a token. */
export function uplinkTokenPrefix(token: string): string {
  return TOKEN.exec(token)?.[1] ?? NO_PREFIX;
}
