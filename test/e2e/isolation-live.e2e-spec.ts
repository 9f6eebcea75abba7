import { afterAll, beforeAll, expect, it } from 'vitest';
import { MUNICIPALITY_TOPICS } from '../../src/realtime/live-topics.js';
import { describeBothDatabases } from '../support/databases.js';
import type { Caller } from '../support/isolation/caller.js';
import { METRIC } from '../support/isolation/fixtures.js';
import { Secrets } from '../support/isolation/secrets.js';
import { TenantState } from '../support/isolation/tenant-state.js';
import { unknownIds } from '../support/isolation/things.js';
import { createWorld, type Tenant, type World } from '../support/isolation/world.js';
import { type LiveAnswer, LiveClient } from '../support/live-app.js';
import { until } from '../support/live-log.js';

/** Answers that tell nothing of another tenant. */
const REFUSALS = ['FORBIDDEN', 'MUNICIPALITY_NOT_FOUND', 'SENSOR_NOT_FOUND', 'CURSOR_INVALID'];

interface Attempt {
  readonly topics: string[];
  readonly municipalityId?: string;
  readonly cursor?: string;
}

describeBothDatabases((db) => {
  let world: World;
  let secrets: Secrets;
  const clients: LiveClient[] = [];

  beforeAll(async () => {
    world = await createWorld(db);
    const { a, guest } = world;
    const rows = await new TenantState(db, [a.municipalityId, a.regionId], [guest.userId]).read();
    secrets = Secrets.of(a.word, rows, [guest.userId]);
  });
  afterAll(async () => {
    for (const client of clients) client.socket.disconnect();
    await world.close();
  });

  async function connect(caller: Caller): Promise<LiveClient> {
    const client = new LiveClient(world.running.url, caller.token);
    clients.push(client);
    await client.connected();
    return client;
  }

  const people = () => world.strangers.filter(({ door }) => door === 'person');

  /** Everything that somebody of B can ask for with what belongs to A. */
  function attempts(a: Pick<Tenant, 'municipalityId' | 'regionId' | 'ids'>, cursor: string): Attempt[] {
    const { municipalityId, regionId, ids } = a;
    return [
      ...MUNICIPALITY_TOPICS.flatMap((topic) => [
        { topics: [topic], municipalityId },
        { topics: [topic], municipalityId, cursor },
        { topics: [topic], municipalityId: regionId },
        { topics: [topic], cursor },
      ]),
      { topics: [`readings:${ids.sensor}`] },
      { topics: [`readings:${ids.sensor}`], municipalityId },
      { topics: [`readings:${ids.sensor}`], municipalityId: world.b.municipalityId },
      { topics: ['alerts', `readings:${ids.sensor}`], cursor },
    ];
  }

  it('refuses every topic of another tenant, as if it did not exist', async () => {
    const { a, b } = world;
    const owner = await connect(a.admin);
    const subscribed = await owner.subscribe([...MUNICIPALITY_TOPICS, `readings:${a.ids.sensor}`]);
    expect(subscribed).toMatchObject({ ok: true });
    const foreign = attempts(a, subscribed.cursor!);
    const ids = unknownIds(a.ids);
    const none = attempts({ municipalityId: ids.municipality, regionId: ids.region, ids }, subscribed.cursor!);
    let asked = 0;
    for (const caller of people()) {
      for (const [index, attempt] of foreign.entries()) {
        // One connection each: a connection may ask only so often.
        const client = await connect(caller);
        const [answer, other] = [
          await client.subscribe(attempt.topics, attempt),
          await client.subscribe(none[index]!.topics, none[index]),
        ];
        client.socket.disconnect();
        asked++;
        expect([caller.name, attempt, answer.ok, answer.error?.code]).toEqual([
          caller.name,
          attempt,
          false,
          expect.toSatisfy((code) => REFUSALS.includes(String(code))),
        ]);
        expect(essence(answer)).toEqual(essence(other));
        expect(client.events).toEqual([]);
      }
    }
    await expect(connect(b.device)).rejects.toThrow();
    process.stdout.write(
      `live isolation on ${db.kind}: ${foreign.length} subscriptions × ${people().length} roles, ${asked} refused\n`,
    );
  });

  it("tells nobody of B anything while A's device reports", async () => {
    const { a, b } = world;
    const listeners = await Promise.all(people().map(connect));
    for (const [index, listener] of listeners.entries()) await subscribeToOwn(listener, people()[index]!);
    const owner = await connect(a.admin);
    expect(await owner.subscribe([...MUNICIPALITY_TOPICS])).toMatchObject({ ok: true });
    for (let minute = 10; minute < 20; minute++) {
      await a.device.must('POST', '/readings', {
        timestamp: `2026-03-01T08:${minute}:00Z`,
        values: { [METRIC]: minute },
      });
    }
    await a.admin.must('POST', `/alert-rules`, {
      name: `${a.word} second`,
      kind: 'threshold',
      scope: { sensorId: a.ids.sensor },
      operator: '>',
      value: 500,
      severity: 'LOW',
    });
    await a.device.must('POST', '/readings', { timestamp: '2026-03-01T08:30:00Z', values: { [METRIC]: 600 } });
    // Afterwards B's own device reports: whoever was told that, was told everything that came before it.
    await b.device.must('POST', '/readings', { timestamp: '2026-03-01T08:30:00Z', values: { [METRIC]: 601 } });
    await until(() => owner.events.some(({ event, data }) => event === 'reading' && valueOf(data) === 600));
    await until(() => owner.events.some(({ event }) => event === 'alert'));
    for (const listener of listeners) {
      await until(() => listener.events.some(({ event, data }) => event === 'reading' && valueOf(data) === 601));
      expect(secrets.foundIn(JSON.stringify(listener.events), '')).toEqual([]);
      expect(new Set(listener.events.map(({ municipalityId }) => municipalityId))).toEqual(new Set([b.municipalityId]));
    }
  });

  /** Everything in B that the person may listen to. */
  async function subscribeToOwn(listener: LiveClient, caller: Caller): Promise<void> {
    const topics = caller.permissions.has('system:read')
      ? MUNICIPALITY_TOPICS
      : MUNICIPALITY_TOPICS.filter((topic) => topic !== 'system');
    expect(await listener.subscribe([...topics], { municipalityId: world.b.municipalityId })).toMatchObject({
      ok: true,
    });
  }
});

function essence({ ok, error }: LiveAnswer): unknown {
  return { ok, code: error?.code, message: error?.message.replaceAll(/[0-9a-f-]{36}/g, '…') };
}

function valueOf(data: unknown): unknown {
  return (data as { value?: unknown }).value;
}
