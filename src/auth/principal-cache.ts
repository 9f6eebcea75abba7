import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Principals } from '../users/principals.js';
import type { Principal } from '../users/principal.js';

/** A disabled person or suspended municipality is refused after this time at the latest. */
const TTL_MS = 1_000;
/** More people than this are not active within a second; the limit keeps the memory bounded. */
const MAX_ENTRIES = 10_000;

interface Entry {
  readonly until: number;
  readonly principal: Promise<Principal | null>;
}

/** What is known of the people who make requests now, read anew after a second. */
@Injectable()
export class PrincipalCache {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly principals: Principals,
    private readonly clock: Clock,
  ) {}

  /** The person as they were at most a second ago; null when they may not use the platform. */
  find(userId: string): Promise<Principal | null> {
    const now = this.clock.nowMs();
    const known = this.entries.get(userId);
    if (known && known.until > now) return known.principal;
    if (this.entries.size >= MAX_ENTRIES) this.entries.clear();
    const principal = this.principals.find(userId);
    const entry = { until: now + TTL_MS, principal };
    this.entries.set(userId, entry);
    // A failure is told to those who wait for it, but the next request asks again.
    principal.catch(() => {
      if (this.entries.get(userId) === entry) this.entries.delete(userId);
    });
    return principal;
  }
}
