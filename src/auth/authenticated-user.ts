import type { Principal } from '../users/principal.js';

/** A person who is signed in, and by which token. */
export interface AuthenticatedUser extends Principal {
  /** `jti` of the access token. */
  readonly tokenId: string;
  /** When the access token ends, epoch milliseconds. */
  readonly tokenExpiresAt: number;
}
