import { beforeAll, describe, expect, it } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.js';
import { RefreshTokens } from '../../src/auth/sessions/refresh-tokens.js';
import { SessionPruner } from '../../src/auth/sessions/session-pruner.js';
import { SessionStore } from '../../src/auth/sessions/session-store.js';
import { Clock } from '../../src/common/clock.js';
import { newRequestContext, runWithRequestContext } from '../../src/common/request-context/request-context.js';
import { RegistryVersion } from '../../src/database/registry-version.js';
import { PasswordHasher } from '../../src/users/password-hasher.js';
import { Principals } from '../../src/users/principals.js';
import { makeUser } from '../support/live-app.js';
import { describeEachDatabase } from '../support/databases.js';

const DAY = 86_400_000;

class TestClock extends Clock {
  ms = Date.now();

  now(): Date {
    return new Date(this.ms);
  }
}

describeEachDatabase((db) => {
  const clock = new TestClock();
  let store: SessionStore;
  let tokens: RefreshTokens;
  let pruner: SessionPruner;
  let ended = 0;

  beforeAll(() => {
    const { transactions, dialect } = db;
    const registry = new RegistryVersion(transactions);
    registry.onSessionsEnded(() => ended++);
    store = new SessionStore(transactions, dialect, registry, clock, db.config());
    const principals = new Principals(transactions, dialect, new PasswordHasher());
    tokens = new RefreshTokens(
      ...[transactions, dialect, store, principals, new AuditLog(transactions, dialect, clock), clock],
    );
    pruner = new SessionPruner(transactions, dialect, clock);
  });

  const user = (): Promise<string> => makeUser(db.transactions, 'super_admin', null);
  const open = (userId: string) =>
    db.transactions.run(async (tx) => {
      const id = await store.open(tx, userId);
      return { id, token: await tokens.issue(tx, id) };
    });
  const count = async (table: string): Promise<number> =>
    (await db.transactions.query(`select 1 from ${table}`)).rows.length;

  it('a session that is used goes on, up to its longest life', async () => {
    const userId = await user();
    const session = await open(userId);
    let { token } = session;
    for (let day = 0; day < 75; day += 25) {
      clock.ms += 25 * DAY;
      token = (await tokens.rotate(token)).refreshToken;
      expect(await store.isLive(session.id, userId)).toBe(true);
    }
    clock.ms += 16 * DAY;
    expect(await store.isLive(session.id, userId)).toBe(false);
    await expect(tokens.rotate(token)).rejects.toMatchObject({ code: 'REFRESH_TOKEN_INVALID' });
  });

  it('a session that is not used ends', async () => {
    const userId = await user();
    const session = await open(userId);
    clock.ms += 30 * DAY;
    expect(await store.isLive(session.id, userId)).toBe(false);
  });

  it('of many rotations of one token at once, one succeeds, and the family ends', async () => {
    const userId = await user();
    for (let round = 0; round < 5; round++) {
      const session = await open(userId);
      const results = await Promise.allSettled(Array.from({ length: 6 }, () => tokens.rotate(session.token)));
      const winners = results.filter((result) => result.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      expect(await store.isLive(session.id, userId)).toBe(false);
      const { refreshToken } = winners[0]!.value;
      await expect(tokens.rotate(refreshToken)).rejects.toMatchObject({ code: 'REFRESH_TOKEN_INVALID' });
    }
  });

  it('a token cannot be rotated past an end that comes at the same time', async () => {
    const userId = await user();
    for (let round = 0; round < 10; round++) {
      const session = await open(userId);
      const [rotated] = await Promise.allSettled([
        tokens.rotate(session.token),
        db.transactions.run((tx) => store.endAll(tx, userId, 'password_changed')),
      ]);
      expect(await store.isLive(session.id, userId)).toBe(false);
      if (rotated.status === 'rejected') continue;
      await expect(tokens.rotate(rotated.value.refreshToken)).rejects.toMatchObject({ code: 'REFRESH_TOKEN_INVALID' });
    }
  });

  it('an end is told to everybody, and only once it is committed', async () => {
    const userId = await user();
    const { id } = await open(userId);
    const before = ended;
    await expect(
      db.transactions.run(async (tx) => {
        await store.end(tx, userId, id, 'signed_out');
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect([ended, await store.isLive(id, userId)]).toEqual([before, true]);
    await db.transactions.run((tx) => store.end(tx, userId, id, 'signed_out'));
    expect([ended, await store.isLive(id, userId)]).toEqual([before + 1, false]);
  });

  it('a person has a bounded number of sessions: the ones that were not used for longest end', async () => {
    const userId = await user();
    const first = await open(userId);
    for (let i = 0; i < 500; i++) {
      clock.ms += 1;
      await db.transactions.run((tx) => store.open(tx, userId));
    }
    expect(await store.isLive(first.id, userId)).toBe(false);
    const { rows } = await db.transactions.query('select 1 from sessions where user_id = ? and ended_at is null', [
      userId,
    ]);
    expect(rows).toHaveLength(500);
  });

  it('knows where somebody signed in during the last thirty days', async () => {
    const userId = await user();
    const email = `${userId}@test.example`;
    const origin = { address: '2001:db8:1:2:3::4', userAgent: null };
    await runWithRequestContext(newRequestContext({ origin }), () => open(userId));
    expect(await store.isKnownNetwork(email, '2001:db8:1:2::/64')).toBe(true);
    expect(await store.isKnownNetwork(email, '2001:db8:1:3::/64')).toBe(false);
    expect(await store.isKnownNetwork('nobody@test.example', '2001:db8:1:2::/64')).toBe(false);
    clock.ms += 30 * DAY;
    expect(await store.isKnownNetwork(email, '2001:db8:1:2::/64')).toBe(false);
  });

  describe('pruning', () => {
    it('takes what nobody can use any more, and nothing else', async () => {
      clock.ms += 365 * DAY;
      await pruner.prune();
      expect([await count('sessions'), await count('refresh_tokens')]).toEqual([0, 0]);
      const userId = await user();
      const { token } = await open(userId);
      const next = (await tokens.rotate(token)).refreshToken;
      clock.ms += 7 * DAY - 1;
      expect(await pruner.prune()).toEqual({ sessions: 0, refreshTokens: 0, links: 0 });
      clock.ms += 2;
      expect(await pruner.prune()).toEqual({ sessions: 0, refreshTokens: 1, links: 0 });
      // What is left of the family still works.
      expect((await tokens.rotate(next)).user.id).toBe(userId);
    });

    it('takes thousands in small steps', async () => {
      const userId = await user();
      const { id } = await open(userId);
      const used = db.dialect.instant(clock.ms - 8 * DAY);
      const rows = Array.from({ length: 1200 }, (_, i) => [i.toString(16).padStart(64, '0'), id, used, used]);
      await db.transactions.query(
        `insert into refresh_tokens (token_hash, session_id, issued_at, used_at) values ${rows.map(() => '(?,?,?,?)').join()}`,
        rows.flat(),
      );
      expect(await pruner.prune()).toMatchObject({ refreshTokens: 1200 });
    });
  });
});
