import { Injectable } from '@nestjs/common';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { Transactions } from '../database/transaction.js';
import { PasswordHasher } from './password-hasher.js';
import { NATIONAL_PERMISSIONS, PERMISSION_CODES, type Permission } from './permissions.js';
import type { Membership, Principal } from './principal.js';
import { permissionsOf } from './role-permissions.js';

/** One row per membership and municipality in which it holds; a single one with nulls for somebody without any. */
interface Row {
  id: string;
  email: string;
  name: string;
  super_admin: boolean | number;
  password_hash: string | null;
  municipality_id: string | null;
  role: string | null;
  role_permissions: readonly string[] | string | null;
  reached_id: string | null;
}

/** A suspended municipality gives nobody anything; what a region's role gives holds in all of its municipalities. */
const SELECT = `select u.id, u.email, u.name, u.super_admin, u.password_hash, m.id as municipality_id,
    r.code as role, r.permissions as role_permissions, c.id as reached_id
  from users u
  left join (memberships s join municipalities m on m.id = s.municipality_id and m.status = 'active'
    join roles r on r.id = s.role_id
    join municipalities c on c.id = m.id or c.parent_id = m.id) on s.user_id = u.id
  where u.status = 'active' and `;
const ORDER = ' order by s.created_at, m.id, c.id';

/**
 * Finds the people who may use the platform now: accounts that are active, of municipalities that are not suspended.
 * It looks at all municipalities, because it is what tells whose they are.
 */
@Injectable()
export class Principals {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly hasher: PasswordHasher,
  ) {}

  /** The person with this id as they are now; null when there is none, or none who may use the platform. */
  async find(userId: string): Promise<Principal | null> {
    const { rows } = await this.transactions.query<Row>(`${SELECT} u.id = ? ${ORDER}`, [userId]);
    return principalOf(rows);
  }

  /**
   * The person whose address and password these are; null for anything else, after the same time whatever is wrong.
   * @throws UnavailableError when too many sign in at once
   */
  async verify(email: string, password: string): Promise<Principal | null> {
    const { rows } = await this.transactions.query<Row>(`${SELECT} u.email = ? ${ORDER}`, [email]);
    const matches = await this.hasher.matches(rows[0]?.password_hash ?? undefined, password);
    return matches ? principalOf(rows) : null;
  }

  /** Remembers when the person signed in last. */
  async noteSignIn(userId: string, at: Date): Promise<void> {
    const instant = this.dialect.instant(at.getTime());
    await this.transactions.query(`update users set last_login_at = ? where id = ?`, [instant, userId]);
  }
}

function principalOf(rows: readonly Row[]): Principal | null {
  const [first] = rows;
  if (!first) return null;
  const superAdmin = Boolean(first.super_admin);
  const memberships = superAdmin ? [] : membershipsOf(rows);
  if (!superAdmin && memberships.length === 0) return null;
  const permissions = superAdmin ? PERMISSION_CODES : memberships.flatMap((membership) => [...membership.permissions]);
  const { id, email, name } = first;
  return { id, email, name, superAdmin, memberships, permissions: new Set(permissions) };
}

function membershipsOf(rows: readonly Row[]): Membership[] {
  const found = new Map<string, { membership: Membership; municipalityIds: string[] }>();
  for (const row of rows) {
    if (row.municipality_id === null || row.role === null || row.reached_id === null) continue;
    const known = found.get(row.municipality_id);
    if (known) {
      known.municipalityIds.push(row.reached_id);
      continue;
    }
    const municipalityIds = [row.reached_id];
    const membership = {
      municipalityId: row.municipality_id,
      role: row.role,
      permissions: permissionsOfRow(row.role, row.role_permissions),
      municipalityIds,
    };
    found.set(row.municipality_id, { membership, municipalityIds });
  }
  return [...found.values()].map(({ membership }) => membership);
}

/** What the release gives a built-in role, or what the municipality wrote down; of that, only what still exists. */
function permissionsOfRow(role: string, stored: Row['role_permissions']): ReadonlySet<Permission> {
  const codes: unknown = typeof stored === 'string' ? JSON.parse(stored) : (stored ?? [...permissionsOf(role)]);
  if (!Array.isArray(codes)) return new Set();
  const given = new Set<unknown>(codes);
  // Nobody gets the country's rights by belonging to a municipality, whatever its role says.
  return new Set(PERMISSION_CODES.filter((code) => given.has(code) && !NATIONAL_PERMISSIONS.has(code)));
}
