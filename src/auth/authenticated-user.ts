import type { Principal } from '../users/principal.js';

/** A person who is signed in, and by which token. */
export interface AuthenticatedUser extends Principal {
  /** The session that the token belongs to. */
  readonly sessionId: string;
  /** `jti` of the access token. */
  readonly tokenId: string;
  /** When the access token ends, epoch milliseconds. */
  readonly tokenExpiresAt: number;
}
