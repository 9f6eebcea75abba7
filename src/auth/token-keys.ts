import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';

/** Letters of a key's name: 96 bits, so that no two secrets share one. */
const KEY_ID_LENGTH = 16;
/** Longer headers are none of ours. */
const MAX_HEADER_LENGTH = 256;

/**
 * The secrets of access tokens. The newest signs; it and those before check. A token names its secret in the header
 * (`kid`) by a name that is derived from it and does not give it away.
 */
@Injectable()
export class TokenKeys {
  /** Name of the secret that signs. */
  readonly signingKeyId: string;
  private readonly secrets: ReadonlyMap<string, string>;

  constructor({ auth }: AppConfig) {
    const secrets = [auth.jwtSecret, ...auth.jwtPreviousSecrets];
    this.signingKeyId = keyIdOf(auth.jwtSecret);
    this.secrets = new Map(secrets.map((secret) => [keyIdOf(secret), secret]));
  }

  get signingSecret(): string {
    return this.secrets.get(this.signingKeyId)!;
  }

  /** The secret that the token says it was signed with; undefined when it names none, or none of ours. */
  secretOf(token: string): string | undefined {
    const end = token.indexOf('.');
    if (end < 0 || end > MAX_HEADER_LENGTH) return undefined;
    try {
      const header: unknown = JSON.parse(Buffer.from(token.slice(0, end), 'base64url').toString('utf8'));
      if (typeof header !== 'object' || header === null || !('kid' in header)) return undefined;
      return typeof header.kid === 'string' ? this.secrets.get(header.kid) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Name of a secret: a one-way function of it. */
export function keyIdOf(secret: string): string {
  return createHmac('sha256', secret).update('hydroalert key id').digest('base64url').slice(0, KEY_ID_LENGTH);
}
