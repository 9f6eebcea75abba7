import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PasswordHasher } from '../../src/users/password-hasher.js';
import { RedisConnections } from '../../src/redis/redis-connections.js';
import { TestDatabase } from '../support/databases.js';
import { heapInUse } from '../support/process-memory.js';
import { PASSWORD, SignInApp } from '../support/sign-in-app.js';

const ATTEMPTS = 10_000;
const AT_ONCE = 50;
const STORM_TIMEOUT_MS = 400_000;
const db = new TestDatabase('postgres');
let app: SignInApp;
let hashed = 0;

beforeAll(async () => {
  await db.open();
  app = await SignInApp.start(db);
  const hasher = app.get(PasswordHasher);
  const matches = hasher.matches.bind(hasher);
  hasher.matches = (...args) => (hashed++, matches(...args));
});
afterAll(async () => {
  await app.close();
  await db.close();
});

/** Another address for every number, IPv4 and IPv6 in turn. */
function addressOf(i: number): string {
  return i % 2 ? `2001:db8:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::1` : `10.${(i >> 8) & 255}.${i & 255}.9`;
}

async function keys(pattern: string): Promise<string[]> {
  const connections = app.get(RedisConnections);
  return connections.commands.keys(connections.key(pattern));
}

/** Sends all attempts, some at a time; answers how many ended with which status. */
async function storm(count: number, attempt: (i: number) => Promise<{ status: number }>): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) {
      const { status } = await attempt(i);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return statuses;
}

describe('10,000 attempts at one account from as many addresses', () => {
  const victim = 'victim@north.example';
  const home = '192.0.2.10';

  it(
    'lock it out, and nobody else, at the price of ten hashes and a handful of keys',
    async () => {
      await app.person(victim);
      await app.person('neighbour@north.example');
      expect((await app.login(victim, { from: home })).status).toBe(200);
      hashed = 0;
      const heapBefore = heapInUse();

      const statuses = await storm(ATTEMPTS, (i) =>
        app.login(victim, { password: `a guess that is wrong ${i}`, from: addressOf(i) }),
      );
      expect(statuses).toEqual(
        new Map([
          [401, 10],
          [429, ATTEMPTS - 10],
        ]),
      );
      expect(hashed).toBe(10);

      // The right password does not help elsewhere, and the answer does not tell that it was right.
      const locked = await app.login(victim, { from: '203.0.113.200' });
      expect(locked).toMatchObject({ status: 429, code: 'TOO_MANY_ATTEMPTS' });
      expect((await app.login('neighbour@north.example', { from: '203.0.113.200' })).status).toBe(200);
      // Where its owner signed in lately nobody is kept out.
      expect((await app.login(victim, { from: home })).status).toBe(200);

      // Two of the account (its lock, how often it was locked), and one of each address whose failure counted.
      const signInKeys = await keys('rate:sign-in*');
      expect(signInKeys.length).toBeLessThanOrEqual(12);
      // What counts requests per minute is gone after that minute.
      const { commands } = app.get(RedisConnections);
      const others = (await keys('rate:*')).filter((key) => !signInKeys.includes(key));
      const lives = await Promise.all(others.slice(0, 500).map((key) => commands.ttl(key)));
      expect(Math.max(...lives, 0)).toBeLessThanOrEqual(3600);
      expect(lives).not.toContain(-1);
      const grown = (heapInUse() - heapBefore) / 2 ** 20;
      expect(grown).toBeLessThan(100);

      const { rows } = await db.transactions.query<{ action: string; n: number }>(
        `select action, cast(count(*) as int) as n from audit_logs
       where record_label = ? and outcome = 'refused' group by action order by action`,
        [victim],
      );
      expect(rows).toEqual([
        { action: 'user.locked_out', n: 1 },
        { action: 'user.sign_in_failed', n: 10 },
      ]);
    },
    STORM_TIMEOUT_MS,
  );

  it('are answered alike when there is no such account, for the same work', async () => {
    hashed = 0;
    const answers = [];
    for (let i = 0; i < 12; i++) answers.push(await app.login('nobody@north.example', { from: addressOf(20_000 + i) }));
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(10).fill(401), 429, 429]);
    expect(hashed).toBe(10);
    const known = await app.login(victim, { from: '203.0.113.201' });
    const strip = ({ body }: { body: Record<string, unknown> }) => ({ ...body, requestId: '' });
    expect(strip(answers[11]!)).toEqual(strip(known));
  });
});

describe('a door', () => {
  it('forgives after a success, and counts known places apart', async () => {
    const email = 'clumsy@north.example';
    await app.person(email);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 9; i++) expect((await app.login(email, { password: 'wrong' })).status).toBe(401);
      expect((await app.login(email)).status).toBe(200);
    }
    for (let i = 0; i < 10; i++) expect((await app.login(email, { password: 'wrong' })).status).toBe(401);
    expect((await app.login(email)).status).toBe(429);
    expect((await app.login(email, { from: '203.0.113.5' })).status).toBe(200);
  });

  it('closes for an address that tries many accounts', async () => {
    const from = '203.0.113.99';
    for (let i = 0; i < 50; i++) {
      expect((await app.login(`person-${i}@north.example`, { from })).status).toBe(401);
    }
    const refused = await app.login('person-77@north.example', { from });
    expect(refused).toMatchObject({ status: 429, code: 'TOO_MANY_ATTEMPTS' });
    expect((await app.login('person-78@north.example', { from: '203.0.113.98' })).status).toBe(401);
  });

  it('takes all addresses of an IPv6 network for one', async () => {
    for (let i = 0; i < 50; i++) {
      await app.login(`other-${i}@north.example`, { from: `2001:db8:ffff:1::${i.toString(16)}` });
    }
    expect((await app.login('other-99@north.example', { from: '2001:db8:ffff:1:9::9' })).status).toBe(429);
    expect((await app.login('other-99@north.example', { from: '2001:db8:ffff:2::9' })).status).toBe(401);
  });

  it('lets many sign in to one account at once', async () => {
    const email = 'shared@north.example';
    await app.person(email);
    const statuses = await storm(40, () => app.login(email, { password: PASSWORD }));
    expect(statuses).toEqual(new Map([[200, 40]]));
  });
});
