import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { WorkLimit } from '../common/work-limit.js';

/** argon2id with 19 MiB, two passes, one lane: the OWASP Password Storage Cheat Sheet's first choice. */
const PARAMETERS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes computed at once: bounds the memory (19 MiB each) and leaves threads of the pool for files and name lookups. */
const CONCURRENCY = 2;
/** Who would wait longer than this many others, is told to come back: about two seconds of work. */
const MAX_WAITING = 100;

/** Hashes and checks passwords with argon2id, a few at a time. */
@Injectable()
export class PasswordHasher {
  private readonly limit = new WorkLimit(CONCURRENCY, MAX_WAITING);
  private decoy: Promise<string> | undefined;

  /**
   * @returns the hash in PHC string format
   * @throws UnavailableError when too many are waiting
   */
  hash(password: string): Promise<string> {
    return this.limit.run(() => hash(bytesOf(password), PARAMETERS));
  }

  /**
   * Whether the password is the one of the hash. Without a hash (an unknown account) it works as long as with one and
   * answers false, so that the time does not tell which accounts exist.
   * @throws UnavailableError when too many are waiting
   */
  async matches(passwordHash: string | undefined, password: string): Promise<boolean> {
    this.decoy ??= hash(randomBytes(32), PARAMETERS);
    const decoy = await this.decoy;
    const equal = await this.limit.run(() => verify(passwordHash ?? decoy, bytesOf(password)));
    return equal && passwordHash !== undefined;
  }
}

/** The same letters can be typed as different code points; NFKC makes them equal (NIST SP 800-63B). */
function bytesOf(password: string): Uint8Array {
  return Buffer.from(password.normalize('NFKC'), 'utf8');
}
