import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOpenApiDocument } from '../../src/app.openapi.js';
import { describeEachDatabase } from '../support/databases.js';
import type { Caller } from '../support/isolation/caller.js';
import { IsolationMatrix } from '../support/isolation/matrix.js';
import { operationsOf, type Operation } from '../support/isolation/operations.js';
import { Secrets } from '../support/isolation/secrets.js';
import { differences, TenantState } from '../support/isolation/tenant-state.js';
import { unknownIds } from '../support/isolation/things.js';
import { variantsOf } from '../support/isolation/variants.js';
import { createWorld, type World } from '../support/isolation/world.js';

const TEN_MINUTES = 600_000;

/** What may name or change another tenant's records after all, each with the reason. */
const ACCEPTED: Readonly<Record<string, string>> = {
  'POST /api/v1/devices/register body deviceId':
    'codes of devices are unique in the country, as topics are: a taken one has to be refused',
};

describeEachDatabase((db) => {
  let world: World;
  let state: TenantState;
  let operations: Operation[];

  beforeAll(async () => {
    world = await createWorld(db);
    const { a, guest } = world;
    state = new TenantState(db, [a.municipalityId, a.regionId], [guest.userId]);
    operations = operationsOf(createOpenApiDocument(world.running.app));
  });
  afterAll(() => world.close());

  it('has records of tenant A in every table that holds records of tenants', async () => {
    const rows = await state.read();
    expect(state.tables.filter((table) => rows.get(table)!.size === 0)).toEqual([]);
  });

  it("answers A's own administrators every question about A's records", async () => {
    const { a, regionOfA } = world;
    for (const caller of [a.admin, regionOfA]) {
      const refused = await refusals(
        caller,
        operations.filter(({ method }) => method === 'GET'),
      );
      expect(refused).toEqual([]);
    }
  });

  it(
    'refuses every operation of everybody else on them',
    async () => {
      const { a, b, guest, strangers } = world;
      const matrix = new IsolationMatrix({
        operations,
        strangers,
        guest,
        owner: a.admin,
        target: a.ids,
        own: b.ids,
        unknown: unknownIds(a.ids),
        secrets: Secrets.of(a.word, await state.read(), [guest.userId]),
        state: () => state.read(),
        accepted: ACCEPTED,
      });
      const before = await state.read();
      const findings = await matrix.run();
      const { calls, byStatus } = matrix.numbers;
      const statuses = [...byStatus].sort(([one], [other]) => one - other).map(([code, count]) => `${code}: ${count}`);
      process.stdout.write(
        `isolation on ${db.kind}: ${operations.length} operations × ${strangers.length + 1} roles × ` +
          `4 tenants (A, B and their regions), ${calls} calls (${statuses.join(', ')}), ${findings.length} findings\n`,
      );
      expect(findings).toEqual([]);
      expect(differences(before, await state.read())).toEqual([]);
    },
    TEN_MINUTES,
  );

  /** What somebody is refused who should not be: the same calls as in the matrix, on records of their own. */
  async function refusals(caller: Caller, list: readonly Operation[]): Promise<string[]> {
    const refused: string[] = [];
    for (const operation of list) {
      if (operation.door === 'device' || operation.door === 'broker') continue;
      if (operation.permission !== undefined && !world.a.admin.permissions.has(operation.permission)) continue;
      for (const variant of variantsOf(operation)) {
        const { status, text } = await caller.call(variant.call(world.a.ids, world.a.ids));
        if (status !== 200) refused.push(`${caller.name}: ${operation.name} ${variant.label}: ${status} ${text}`);
      }
    }
    return refused;
  }
});
