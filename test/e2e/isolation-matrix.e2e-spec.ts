import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOpenApiDocument } from '../../src/app.openapi.js';
import { describeBothDatabases } from '../support/databases.js';
import type { Caller } from '../support/isolation/caller.js';
import { type Finding, IsolationMatrix } from '../support/isolation/matrix.js';
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
  'POST /api/v1/devices/import table device_id': 'the same for a file of devices',
  'POST /api/v1/users body email': 'the same of an address; who has it is not told',
  'PATCH /api/v1/users/{id} body email':
    'an address belongs to one account in the country: a taken one has to be refused',
};

/** Routes that serve the OpenAPI document itself. */
const DOCUMENTATION = /^GET \/docs(-json|-yaml)?(\/|$)/;

interface Route {
  readonly path: string;
  readonly methods: Readonly<Record<string, boolean>>;
}

/** What is looked at of Express. */
interface Express {
  readonly router: { readonly stack: readonly { readonly route?: Route }[] };
}

describeBothDatabases((db) => {
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

  it('knows every route of the application', () => {
    const { router } = world.running.app.getHttpAdapter().getInstance() as Express;
    const routes = router.stack.flatMap(({ route }) => (route ? namesOf(route) : []));
    const documented = new Set(operations.map(({ name }) => name));
    expect(routes.length).toBeGreaterThanOrEqual(operations.length);
    expect(routes.filter((name) => !documented.has(name) && !DOCUMENTATION.test(name))).toEqual([]);
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
      expect(findings.map(shortly)).toEqual([]);
      expect(differences(before, await state.read())).toEqual([]);
    },
    TEN_MINUTES,
  );

  it("lets A's own administrator make every change, with the same bodies", async () => {
    const { a } = world;
    const changes = operations.filter(
      ({ method, door, permission, path }) =>
        method !== 'GET' && door === 'person' && !path.includes('/auth/') && a.admin.permissions.has(permission!),
    );
    // What is deleted first could not be changed afterwards, members of groups go before groups and devices, and who is
    // no member any more could not be deleted.
    const turn = ({ method, path }: Operation) => {
      if (method !== 'DELETE') return 0;
      return path.includes('/members/') ? 1 : path.includes('/memberships/') ? 3 : 2;
    };
    const ordered = changes.sort((one, other) => turn(one) - turn(other));
    const answers = new Map<string, { status: number; text: string }>();
    for (const operation of ordered) {
      const variant = variantsOf(operation).find(({ place }) => place === 'path' || place === 'nowhere');
      const { status, text } = await a.admin.call(variant!.call(a.ids, a.ids));
      answers.set(operation.name, { status, text });
    }
    const refused = [...answers].filter(([, { status }]) => status >= 400 && status !== 409);
    process.stdout.write(`isolation on ${db.kind}: ${answers.size} changes as the owner, ${refused.length} refused\n`);
    expect(refused).toEqual([]);
  });

  /** What somebody is refused who should not be: the same calls as in the matrix, on records of their own. */
  async function refusals(caller: Caller, list: readonly Operation[]): Promise<string[]> {
    const refused: string[] = [];
    for (const operation of list) {
      if (operation.door === 'device' || operation.door === 'broker') continue;
      if (operation.permission !== undefined && !world.a.admin.permissions.has(operation.permission)) continue;
      for (const variant of variantsOf(operation)) {
        // A guess at a value that may not be one.
        if (variant.place === 'switch') continue;
        const { status, text } = await caller.call(variant.call(world.a.ids, world.a.ids));
        if (status !== 200) refused.push(`${caller.name}: ${operation.name} ${variant.label}: ${status} ${text}`);
      }
    }
    return refused;
  }
});

/** `GET /api/v1/alerts/{id}` for each method of a route of Express. */
function namesOf({ path, methods }: Route): string[] {
  // Middleware hangs on every method that there is.
  if (Object.keys(methods).length > 10) return [];
  const names = Object.keys(methods).filter((method) => method !== 'head' && method !== '_all');
  return names.map((method) => `${method.toUpperCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
}

function shortly({ operation, caller, variant, problem }: Finding): string {
  return `${operation}, ${variant}, as ${caller}: ${problem.slice(0, 300)}`;
}
