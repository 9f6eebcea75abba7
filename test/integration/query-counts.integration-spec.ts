import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOpenApiDocument } from '../../src/app.openapi.js';
import { describeEachDatabase } from '../support/databases.js';
import { makeManyOfEverything } from '../support/isolation/many-rows.js';
import { operationsOf, type Operation } from '../support/isolation/operations.js';
import { isList, variantsOf } from '../support/isolation/variants.js';
import { createWorld, type World } from '../support/isolation/world.js';
import { StatementCounter } from '../support/statement-counter.js';

/** Rows of the pages that are compared. */
const LIMITS = [1, 10, 50] as const;

/** Who is asking is read anew once a second, so some calls make that statement and some do not. */
const WHO_IS_ASKING = /from users u\s+left join \(?memberships|select id from sessions where id = /;

describeEachDatabase((db) => {
  const counter = new StatementCounter();
  let world: World;
  let lists: Operation[];

  beforeAll(async () => {
    world = await createWorld(db);
    await makeManyOfEverything(db, world);
    lists = operationsOf(createOpenApiDocument(world.running.app)).filter(isList);
    counter.start();
  });
  afterAll(async () => {
    counter.stop();
    await world.close();
  });

  async function ask(path: string): Promise<{ items: number; statements: readonly string[] }> {
    const { token } = world.regionOfA;
    const response = await fetch(`${world.running.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    const body = (await response.json()) as { data: unknown };
    if (response.status !== 200) throw new Error(`${path} was answered ${response.status}: ${JSON.stringify(body)}`);
    const statements = counter.of(response.headers.get('x-request-id') ?? '');
    const items = Array.isArray(body.data) ? body.data.length : 1;
    return { items, statements: statements.filter((sql) => !WHO_IS_ASKING.test(sql)) };
  }

  it('takes as many statements for fifty items of a list as for one, in every list there is', async () => {
    const counts: string[] = [];
    const wrong: string[] = [];
    for (const operation of lists) {
      const { path } = variantsOf(operation)
        .find(({ place }) => place === 'nowhere')!
        .call(world.a.ids, world.a.ids);
      const whole = `${path}${path.includes('?') ? '&' : '?'}${rangeOf(operation)}`;
      const answers = [];
      for (const limit of LIMITS) answers.push(await ask(`${whole}limit=${limit}`));
      const [one, ...more] = answers.map(({ statements }) => statements.length);
      counts.push(`${operation.name}: ${one}`);
      if (one === 0) wrong.push(`${operation.name} was not seen to ask the database`);
      if (answers.at(-1)!.items < LIMITS[2])
        wrong.push(`${operation.name} has ${answers.at(-1)!.items} items: make more`);
      if (more.some((count) => count > one!)) wrong.push(`${operation.name} asks ${[one, ...more].join(', ')} times`);
    }
    process.stdout.write(`statements of ${lists.length} lists on ${db.kind}: ${counts.join('; ')}\n`);
    expect(lists.length).toBeGreaterThan(10);
    expect(wrong).toEqual([]);
  });

  it('reads a list of alerts from their own table alone', async () => {
    const { statements } = await ask('/api/v1/alerts?limit=10');
    expect(statements.join('\n')).not.toMatch(/\bjoin\b/);
  });

  it('takes few statements for single records, however much hangs on them', async () => {
    const { device, alert, sensor, rule, user } = world.a.ids;
    for (const path of [
      `devices/${device}`,
      `alerts/${alert}`,
      `sensors/${sensor}`,
      `alert-rules/${rule}`,
      `users/${user}`,
    ]) {
      const { statements } = await ask(`/api/v1/${path}`);
      // A device has most beside it: its life, what that is judged by, its sensors, their types, its credentials.
      expect([path, statements.length <= 6 ? 'few' : statements]).toEqual([path, 'few']);
    }
  });

  it('takes the same number of statements for buckets of a series, whatever their length', async () => {
    const path = `/api/v1/sensors/${world.a.ids.sensor}/readings?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z`;
    for (const resolution of ['raw', 'minute', 'hour', 'day', 'month']) {
      const { statements } = await ask(`${path}&resolution=${resolution}`);
      expect([resolution, statements.length <= 3 ? 'few' : statements]).toEqual([resolution, 'few']);
    }
  });
});

/** A series is asked for a stretch of time. */
function rangeOf({ path }: Operation): string {
  return path.endsWith('/readings') ? 'from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z&' : '';
}
