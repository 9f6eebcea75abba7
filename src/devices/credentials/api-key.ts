import { randomBytes } from 'node:crypto';
import { newSecret } from './secrets.js';

const PREFIX_BYTES = 10;
const API_KEY = /^(hak_[0-9a-f]{20})\.[A-Za-z0-9_-]{43}$/;

/** What a text that is no API key is looked up by: never stored, so that it costs what an unknown key costs. */
export const NO_API_KEY_PREFIX = 'hak_none';

/** A new API key `<prefix>.<secret>`; the prefix finds the row and may be shown, the rest is the secret. */
export function newApiKey(): { apiKey: string; prefix: string } {
  const prefix = `hak_${randomBytes(PREFIX_BYTES).toString('hex')}`;
  return { apiKey: `${prefix}.${newSecret()}`, prefix };
}

/** The look-up prefix of an API key. */
export function apiKeyPrefix(apiKey: string): string {
  return API_KEY.exec(apiKey)?.[1] ?? NO_API_KEY_PREFIX;
}
