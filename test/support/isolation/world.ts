import type { EntityManager } from '@mikro-orm/core';
import { newId } from '../../../src/common/ids.js';
import { RegistryVersion } from '../../../src/database/registry-version.js';
import { ReferenceSeeder } from '../../../src/database/seeders/reference.seeder.js';
import { Transactions } from '../../../src/database/transaction.js';
import { Municipality } from '../../../src/municipalities/municipality.entity.js';
import { DeliveryCounts } from '../../../src/readings/completeness/delivery-counts.js';
import { Membership } from '../../../src/users/membership.entity.js';
import { PasswordHasher } from '../../../src/users/password-hasher.js';
import { NATIONAL_PERMISSIONS, PERMISSION_CODES, type Permission } from '../../../src/users/permissions.js';
import { ROLE_CODES } from '../../../src/users/role-code.js';
import { permissionsOf } from '../../../src/users/role-permissions.js';
import { Role } from '../../../src/users/role.entity.js';
import { User } from '../../../src/users/user.entity.js';
import { startTestApp, type TestAppOptions, type TestApp } from '../app.js';
import type { TestDatabase } from '../databases.js';
import { asTenant } from '../devices-module.js';
import { Caller, PASSWORD } from './caller.js';
import { fillTenant } from './fixtures.js';
import type { Ids } from './things.js';

/** Roles that a municipality can give to its people. */
const BUILT_IN = ROLE_CODES.filter((code) => code !== 'super_admin');

/** Everything that a role of a municipality can be given. */
const GRANTABLE: readonly Permission[] = PERMISSION_CODES.filter((code) => !NATIONAL_PERMISSIONS.has(code));

/** One tenant with its records, its region, and the word that stands in all of its texts. */
export interface Tenant {
  readonly word: string;
  readonly municipalityId: string;
  readonly regionId: string;
  readonly ids: Ids;
  readonly admin: Caller;
  /** Sends readings as the tenant's device. */
  readonly device: Caller;
}

/** A person of both tenants, who may read in one and do everything in the other. */
export interface Guest {
  readonly caller: Caller;
  readonly userId: string;
  /** What they may do in tenant A. */
  readonly permissions: ReadonlySet<Permission>;
}

/**
 * Two tenants, each in a region of its own and each full of records, with everybody who could reach for the records of
 * the other: every role of B, an own role of B with all rights that can be given, the administrator of B's region, B's
 * device, somebody who belongs to both, and nobody.
 */
export interface World {
  readonly running: TestApp;
  readonly a: Tenant;
  readonly b: Tenant;
  /** Everybody who has nothing to do with A. */
  readonly strangers: readonly Caller[];
  readonly guest: Guest;
  readonly regionOfA: Caller;
  close(): Promise<void>;
}

/** The same caller asks thousands of times here. */
const NO_RATE_LIMITS = Object.fromEntries(
  ['SIGN_IN', 'PUBLIC', 'CONNECT', 'READ', 'WRITE', 'EXPORT', 'INGEST'].map((name) => [`RATE_LIMIT_${name}`, '0']),
);

/** Starts the real application and makes the tenants in it. */
export async function createWorld(db: TestDatabase, options: TestAppOptions = {}): Promise<World> {
  const running = await startTestApp({
    roles: ['api'],
    ...options,
    env: { DATABASE_URL: db.url, ...NO_RATE_LIMITS, ...options.env },
  });
  try {
    return await populate(db, running);
  } catch (error) {
    await running.close();
    throw error;
  }
}

async function populate(db: TestDatabase, running: TestApp): Promise<World> {
  const { app } = running;
  await new ReferenceSeeder(app.get(Transactions), app.get(RegistryVersion)).run();
  const people = new People(running, db.orm.em.fork(), await new PasswordHasher().hash(PASSWORD));
  const third = await people.municipality('zqcc', null);
  const [a, b] = [await tenant(db, people, 'zqaa', third), await tenant(db, people, 'zqbb', third)];
  // What is counted of their readings is not to move while somebody looks.
  await app.get(DeliveryCounts, { strict: false }).flush();
  const all = await people.ownRole(b.municipalityId, 'zqbb_everything', GRANTABLE);
  const strangers = [
    ...(await Promise.all(
      BUILT_IN.map((role) => people.join(`${role} of B`, [[b.municipalityId, role]], permissionsOf(role))),
    )),
    await people.join('own role of B', [[b.municipalityId, all]], new Set(GRANTABLE)),
    await people.join("admin of B's region", [[b.regionId, 'municipality_admin']], permissionsOf('municipality_admin')),
    b.device,
    Caller.nobody(running.url),
  ];
  const regionOfA = await people.join('admin of the region', [[a.regionId, 'municipality_admin']], new Set(GRANTABLE));
  const both: [string, string][] = [
    [a.municipalityId, 'analyst'],
    [b.municipalityId, 'municipality_admin'],
  ];
  const guest = await people.join('analyst in A, admin of B', both, permissionsOf('municipality_admin'));
  return {
    running,
    a,
    b,
    strangers,
    guest: { caller: guest, userId: guest.userId!, permissions: permissionsOf('analyst') },
    regionOfA,
    close: () => running.close(),
  };
}

/** A region with one municipality in it, an administrator, and records of every kind. */
async function tenant(db: TestDatabase, people: People, word: string, third: string): Promise<Tenant> {
  const regionId = await people.region(word);
  const municipalityId = await people.municipality(word, regionId);
  const rights = permissionsOf('municipality_admin');
  const admin = await people.join(`${word} admin`, [[municipalityId, 'municipality_admin']], rights);
  const person = await people.join(`${word} operator`, [[municipalityId, 'operator']], permissionsOf('operator'));
  const filled = await fillTenant(db, { word, municipalityId, regionId, admin, person, third });
  return { word, municipalityId, regionId, admin, ...filled };
}

/** Makes municipalities, roles and people, straight in the database: what the API makes of them is under test. */
class People {
  constructor(
    private readonly running: TestApp,
    private readonly em: EntityManager,
    private readonly passwordHash: string,
  ) {}

  region(word: string): Promise<string> {
    return this.store(Municipality, { code: `${word}-region`, name: `${word} Region`, kind: 'region' as const });
  }

  municipality(word: string, parentId: string | null): Promise<string> {
    const contact = { name: `${word} Contact`, email: `${word}-contact@test.example` };
    return this.store(Municipality, { code: `${word}-town`, name: `${word} Town`, parentId, contact });
  }

  ownRole(municipalityId: string, code: string, permissions: readonly Permission[]): Promise<string> {
    return this.store(Role, { municipalityId, code, name: code, permissions });
  }

  /** A person who is signed in; a role is a built-in one's code or an own one's id. */
  async join(
    name: string,
    memberships: readonly [municipalityId: string, role: string][],
    permissions: ReadonlySet<Permission>,
  ): Promise<Caller> {
    const email = `${name.toLowerCase().replaceAll(/[^a-z]+/g, '-')}@test.example`;
    const id = await this.store(User, {
      email,
      name,
      passwordHash: this.passwordHash,
      passwordChangedAt: new Date(),
    });
    await asTenant('all', async () => {
      for (const [municipalityId, role] of memberships) {
        const known = await this.em.findOneOrFail(Role, { $or: [{ code: role, municipalityId: null }, ...own(role)] });
        this.em.create(Membership, { userId: id, municipalityId, roleId: known.id });
      }
      await this.em.flush();
    });
    return Caller.person(this.running.url, { name, email, userId: id, permissions });
  }

  private store<T extends object>(entity: new () => T, values: object): Promise<string> {
    return asTenant('all', async () => {
      const id = newId();
      this.em.create(entity, { id, ...values } as never);
      await this.em.flush();
      return id;
    });
  }
}

/** A code is no UUID, and a column of UUIDs cannot be compared with one. */
function own(role: string): { id: string }[] {
  return /^[0-9a-f-]{36}$/.test(role) ? [{ id: role }] : [];
}
