import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpenApiDocument } from '../../src/app.openapi.js';
import { TestDatabase } from '../support/databases.js';
import { LeakyModule } from '../support/isolation/leaky-module.js';
import { type Finding, IsolationMatrix } from '../support/isolation/matrix.js';
import { operationsOf } from '../support/isolation/operations.js';
import { Secrets } from '../support/isolation/secrets.js';
import { TenantState } from '../support/isolation/tenant-state.js';
import { unknownIds } from '../support/isolation/things.js';
import { createWorld, type World } from '../support/isolation/world.js';

/** The matrix of isolation on routes with planted mistakes: what it does not see here, it would not see elsewhere. */
describe('the matrix of isolation', () => {
  const db = new TestDatabase('postgres');
  let world: World;
  let findings: readonly Finding[];

  beforeAll(async () => {
    await db.open();
    world = await createWorld(db, { module: (config) => LeakyModule.forRoot(config) });
    const { a, b, guest, strangers, running } = world;
    const state = new TenantState(db, [a.municipalityId, a.regionId], [guest.userId]);
    const matrix = new IsolationMatrix({
      operations: operationsOf(createOpenApiDocument(running.app)).filter(({ path }) => path.includes('/leaky')),
      strangers,
      guest,
      owner: a.admin,
      target: a.ids,
      own: b.ids,
      unknown: unknownIds(a.ids),
      secrets: Secrets.of(a.word, await state.read(), [guest.userId]),
      state: () => state.read(),
      accepted: {},
    });
    findings = await matrix.run();
  });
  afterAll(async () => {
    await world.close();
    await db.close();
  });

  const of = (route: string) => findings.filter(({ operation }) => operation.includes(`/leaky/${route}`));
  const problems = (route: string, caller?: string) =>
    of(route)
      .filter((finding) => caller === undefined || finding.caller === caller)
      .map(({ problem }) => problem)
      .join('\n');
  const ADMIN = 'municipality_admin of B';

  it('sees a list without a tenant, for everybody who may ask for it', () => {
    const callers = of('list-without-tenant').map(({ caller }) => caller);
    for (const { name, door } of world.strangers)
      expect([name, callers.includes(name)]).toEqual([name, door === 'person']);
    expect(problems('list-without-tenant', ADMIN)).toContain('zqaa');
  });

  it('sees what is open to everybody', () => {
    expect(problems('open-to-all', 'nobody')).toContain('zqaa');
  });

  it('sees a record that is read without the filter, also when nothing of it is told', () => {
    expect(problems('without-filter', ADMIN)).toContain('answered 200 instead of 403 or 404');
  });

  it('sees a refusal that tells foreign records from none', () => {
    expect(problems('tells-apart', ADMIN)).toContain('looks different from none');
    expect(problems('conflicts', ADMIN)).toContain('answered 409');
  });

  it('sees a change behind a refusal, and who made it', () => {
    expect(problems('changes-silently', ADMIN)).toMatch(/changed what belongs to somebody else: devices zqaa-gauge/);
    expect(of('changes-silently').map(({ caller }) => caller)).not.toContain('analyst of B');
  });

  it('sees a search by a foreign id, and foreign ids deep in bodies', () => {
    expect(problems('search-without-tenant', ADMIN)).toContain('zqaa');
    expect(problems('search-without-tenant', ADMIN)).toContain('looks different from none');
    expect(of('takes-foreign-ids').map(({ variant }) => variant)).toContain('body about.sensorId');
  });

  it('sees what only one format of an export tells', () => {
    expect(of('export-without-tenant').map(({ variant }) => variant)).toContain('as it is?format=csv');
    expect(of('export-without-tenant').map(({ variant }) => variant)).not.toContain('as it is?format=json');
  });

  it('sees a guest go beyond the role that they have with the owner', () => {
    expect(problems('without-permission', world.guest.caller.name)).toContain('by a guest');
  });

  it('refuses to pass over a parameter or a body that it cannot fill', () => {
    expect(problems('unknown')).toContain('no fixture for "unknown/{gadgetId}"');
    expect(problems('without-example')).toContain('no example');
  });

  it('finds nothing where nothing is wrong', () => {
    expect(of('right')).toEqual([]);
  });
});
