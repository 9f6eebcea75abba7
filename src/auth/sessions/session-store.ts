import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { newId } from '../../common/ids.js';
import { networkOf } from '../../common/request-context/client-network.js';
import { currentOrigin } from '../../common/request-context/request-context.js';
import { AppConfig } from '../../config/app-config.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { RegistryVersion } from '../../database/registry-version.js';
import { placeholders } from '../../database/sql.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import type { SessionEndReason } from './session.entity.js';

/** More open sessions than this are a program that never signs out; the ones that were not used for longest end. */
const MAX_OPEN_SESSIONS = 500;
const MAX_ADDRESS_LENGTH = 45;
const MAX_USER_AGENT_LENGTH = 300;
/** Where somebody signed in within this time is a place that they are known at. */
const KNOWN_FOR_MS = 30 * 86_400_000;

/** Sessions: opened at sign-in, checked with every request, ended by their owner, by the platform or by time. */
@Injectable()
export class SessionStore {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly registry: RegistryVersion,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /** Opens a session for somebody who just signed in; answers its id. */
  async open(tx: Transaction, userId: string): Promise<string> {
    const id = newId();
    const now = this.clock.nowMs();
    const { address, userAgent } = originOfSession();
    await tx.query(
      `insert into sessions (id, user_id, created_at, last_used_at, expires_at, address, network, user_agent)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        ...[id, userId, this.dialect.instant(now), this.dialect.instant(now), this.expiry(now, now)],
        ...[address, networkOf(address), userAgent],
      ],
    );
    await this.endSuperfluous(tx, userId);
    return id;
  }

  /** Notes that the session goes on: a refresh moves its end, up to the longest life of a session. */
  async touch(tx: Transaction, sessionId: string, createdAtMs: number): Promise<void> {
    const now = this.clock.nowMs();
    const { address, userAgent } = originOfSession();
    await tx.query('update sessions set last_used_at = ?, expires_at = ?, address = ?, user_agent = ? where id = ?', [
      ...[this.dialect.instant(now), this.expiry(now, createdAtMs), address, userAgent, sessionId],
    ]);
  }

  /** Whether the session is this person's and has not ended. */
  async isLive(sessionId: string, userId: string): Promise<boolean> {
    const { rows } = await this.transactions.query(
      'select id from sessions where id = ? and user_id = ? and ended_at is null and expires_at > ?',
      [sessionId, userId, this.dialect.instant(this.clock.nowMs())],
    );
    return rows.length > 0;
  }

  /** Ends one session of a person. @returns false when it is not theirs, or has ended already */
  async end(tx: Transaction, userId: string, sessionId: string, reason: SessionEndReason): Promise<boolean> {
    const now = this.dialect.instant(this.clock.nowMs());
    const { affected } = await tx.query(
      `update sessions set ended_at = ?, end_reason = ?
       where id = ? and user_id = ? and ended_at is null and expires_at > ?`,
      [now, reason, sessionId, userId, now],
    );
    if (affected > 0) await this.registry.bumpSessions(tx);
    return affected > 0;
  }

  /** Ends all sessions of a person, but one when it is named. @returns how many */
  async endAll(tx: Transaction, userId: string, reason: SessionEndReason, exceptId = ''): Promise<number> {
    const { rows } = await tx.query<{ id: string }>(
      'select id from sessions where user_id = ? and ended_at is null order by id for update',
      [userId],
    );
    return this.endThese(
      tx,
      rows.map(({ id }) => id).filter((id) => id !== exceptId),
      reason,
    );
  }

  /** Whether the owner of the address signed in from this network lately; false for an unknown address. */
  async isKnownNetwork(email: string, network: string): Promise<boolean> {
    const since = this.dialect.instant(this.clock.nowMs() - KNOWN_FOR_MS);
    const { rows } = await this.transactions.query(
      `select s.id from users u join sessions s on s.user_id = u.id
       where u.email = ? and s.network = ? and s.created_at > ? limit 1`,
      [email, network, since],
    );
    return rows.length > 0;
  }

  private async endSuperfluous(tx: Transaction, userId: string): Promise<void> {
    const { rows } = await tx.query<{ id: string }>(
      `select id from sessions where user_id = ? and ended_at is null order by last_used_at desc, id desc
       limit 100 offset ${MAX_OPEN_SESSIONS}`,
      [userId],
    );
    await this.endThese(
      tx,
      rows.map(({ id }) => id),
      'too_many',
    );
  }

  private async endThese(tx: Transaction, ids: readonly string[], reason: SessionEndReason): Promise<number> {
    if (ids.length === 0) return 0;
    await tx.query(
      `update sessions set ended_at = ?, end_reason = ? where ended_at is null and id in ${placeholders(ids.length)}`,
      [this.dialect.instant(this.clock.nowMs()), reason, ...ids],
    );
    await this.registry.bumpSessions(tx);
    return ids.length;
  }

  private expiry(nowMs: number, createdAtMs: number): string {
    const { refreshTtlSeconds, sessionTtlSeconds } = this.config.auth;
    return this.dialect.instant(Math.min(nowMs + refreshTtlSeconds * 1000, createdAtMs + sessionTtlSeconds * 1000));
  }
}

function originOfSession(): { address: string | null; userAgent: string | null } {
  const origin = currentOrigin();
  return {
    address: origin?.address?.slice(0, MAX_ADDRESS_LENGTH) ?? null,
    userAgent: origin?.userAgent?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
  };
}
