import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { Clock } from '../../common/clock.js';
import { WorkLimit } from '../../common/work-limit.js';
import { isFastHash, matchesHash, newSecret } from './secrets.js';

/** argon2id with 19 MiB, two passes, one lane: the OWASP Password Storage Cheat Sheet's first choice. */
const PARAMETERS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes computed at once: bounds the memory (19 MiB each) and leaves threads of the pool for files and name lookups. */
const CONCURRENCY = 2;
/** Who would wait longer than this many others, is told to come back: about ten seconds of work. */
const MAX_WAITING = 1_000;
/** Of the hashes computed at once, those that anybody can ask for. */
const STRANGERS_CONCURRENCY = 1;

/** How long a right password is remembered after its last use: longer than a connection usually lasts. */
const REMEMBER_MS = 24 * 3_600_000;
/** Above this many the oldest are forgotten. */
const MAX_REMEMBERED = 200_000;

interface Remembered {
  readonly storedHash: string;
  until: number;
}

/**
 * Hashes and checks the MQTT passwords of devices with argon2id, a few at a time. After a restart of the broker all
 * devices connect within seconds, and each would cost a hash: so what was right is remembered, under an HMAC with a key
 * of this process, together with the stored hash that it was right for. Whether the password is still good the caller
 * reads from the database every time.
 */
@Injectable()
export class MqttPasswords {
  private readonly limit = new WorkLimit(CONCURRENCY, MAX_WAITING);
  /** Strangers wait here for one another before they stand in the line of the devices, so that they cannot fill it. */
  private readonly strangers = new WorkLimit(STRANGERS_CONCURRENCY, MAX_WAITING);
  private readonly key = randomBytes(32);
  /** In the order of their last use. */
  private readonly remembered = new Map<string, Remembered>();
  /** The same question asked at the same time is answered once. */
  private readonly asking = new Map<string, Promise<boolean>>();
  private readonly decoy = hash(newSecret(), PARAMETERS);

  constructor(private readonly clock: Clock) {}

  /**
   * @returns the hash in PHC string format
   * @throws UnavailableError `BUSY` when too many are waiting
   */
  hash(password: string): Promise<string> {
    return this.limit.run(() => hash(password, PARAMETERS));
  }

  /**
   * Whether the password is the one of the stored hash. Without one (an unknown user), and with a hash of earlier
   * versions that it is not, it works as long as for a wrong password.
   * @param isStranger whoever is not known to be a device by a name that nobody can guess: waits in a line of its own
   * @throws UnavailableError `BUSY` when too many are waiting
   */
  async matches(
    username: string,
    password: string,
    storedHash: string | undefined,
    isStranger: boolean,
  ): Promise<boolean> {
    const name = this.nameOf(username, password, storedHash ?? '');
    if (storedHash !== undefined && this.recall(name, storedHash)) return true;
    const asked = this.asking.get(name) ?? this.ask(name, password, storedHash, isStranger);
    return asked;
  }

  /** Whether the hash is of an earlier version, which a right password gets a new one in place of. */
  isOutdated(storedHash: string): boolean {
    return isFastHash(storedHash);
  }

  private ask(name: string, password: string, storedHash: string | undefined, isStranger: boolean): Promise<boolean> {
    const asked = this.compute(password, storedHash, isStranger)
      .then((right) => {
        if (right && storedHash !== undefined) this.remember(name, storedHash);
        return right;
      })
      .finally(() => this.asking.delete(name));
    this.asking.set(name, asked);
    return asked;
  }

  private async compute(password: string, storedHash: string | undefined, isStranger: boolean): Promise<boolean> {
    const isFast = storedHash !== undefined && isFastHash(storedHash);
    if (isFast && matchesHash(password, storedHash)) return true;
    const decoy = await this.decoy;
    const compared = storedHash === undefined || isFast ? decoy : storedHash;
    const compare = () => this.limit.run(() => verify(compared, password));
    const right = await (isStranger ? this.strangers.run(compare) : compare());
    return right && compared !== decoy;
  }

  private recall(name: string, storedHash: string): boolean {
    const known = this.remembered.get(name);
    if (known === undefined) return false;
    this.remembered.delete(name);
    if (known.storedHash !== storedHash || known.until <= this.clock.nowMs()) return false;
    this.remember(name, storedHash);
    return true;
  }

  private remember(name: string, storedHash: string): void {
    this.remembered.set(name, { storedHash, until: this.clock.nowMs() + REMEMBER_MS });
    if (this.remembered.size <= MAX_REMEMBERED) return;
    const [oldest] = this.remembered.keys();
    this.remembered.delete(oldest!);
  }

  /** Stands for user, password and what it is compared with, and gives none of them away. */
  private nameOf(...parts: readonly string[]): string {
    return createHmac('sha256', this.key).update(JSON.stringify(parts)).digest('base64url');
  }
}
