import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { RegistryVersion } from '../database/registry-version.js';
import { Principals } from '../users/principals.js';
import type { Principal } from '../users/principal.js';
import { SessionStore } from './sessions/session-store.js';

/** A disabled person, a suspended municipality or an ended session is refused after this time at the latest. */
const TTL_MS = 1_000;
/** More people than this are not active within a second; the limit keeps the memory bounded. */
const MAX_ENTRIES = 10_000;

interface Entry {
  readonly until: number;
  readonly principal: Promise<Principal | null>;
}

/**
 * What is known of the people who make requests now, read anew after a second. An end of sessions makes it forget
 * everybody: at once where it happened, a moment later on the other instances.
 */
@Injectable()
export class PrincipalCache {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly principals: Principals,
    private readonly sessions: SessionStore,
    private readonly clock: Clock,
    registry: RegistryVersion,
  ) {
    registry.onSessionsEnded(() => this.entries.clear());
  }

  /**
   * The person as they were at most a second ago; null when they may not use the platform, or when the session is not
   * theirs or has ended.
   */
  find(userId: string, sessionId: string): Promise<Principal | null> {
    const now = this.clock.nowMs();
    const key = `${userId} ${sessionId}`;
    const known = this.entries.get(key);
    if (known && known.until > now) return known.principal;
    if (this.entries.size >= MAX_ENTRIES) this.entries.clear();
    const principal = this.read(userId, sessionId);
    const entry = { until: now + TTL_MS, principal };
    this.entries.set(key, entry);
    // A failure is told to those who wait for it, but the next request asks again.
    principal.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
    return principal;
  }

  private async read(userId: string, sessionId: string): Promise<Principal | null> {
    const [principal, live] = await Promise.all([
      this.principals.find(userId),
      this.sessions.isLive(sessionId, userId),
    ]);
    return live ? principal : null;
  }
}
