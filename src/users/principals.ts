import { Injectable } from '@nestjs/common';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { Transactions } from '../database/transaction.js';
import { PasswordHasher } from './password-hasher.js';
import type { Principal } from './principal.js';
import type { RoleCode } from './role-code.js';
import { permissionsOf } from './role-permissions.js';

interface Row {
  id: string;
  email: string;
  name: string;
  role: RoleCode;
  municipality_id: string | null;
  password_hash: string;
  usable: boolean | number;
}

/** The municipality has no say over a super admin, who belongs to none. */
const SELECT = `select u.id, u.email, u.name, u.role, u.municipality_id, u.password_hash,
    (u.status = 'active' and coalesce(m.status, 'active') = 'active') as usable
  from users u left join municipalities m on m.id = u.municipality_id`;

/**
 * Finds the people who may use the platform now: accounts that are not disabled, of municipalities that are not
 * suspended. It looks at all municipalities, because it is what tells whose they are.
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
    const { rows } = await this.transactions.query<Row>(`${SELECT} where u.id = ?`, [userId]);
    return principalOf(rows[0]);
  }

  /**
   * The person whose address and password these are; null for anything else, after the same time whatever is wrong.
   * @throws UnavailableError when too many sign in at once
   */
  async verify(email: string, password: string): Promise<Principal | null> {
    const { rows } = await this.transactions.query<Row>(`${SELECT} where u.email = ?`, [email]);
    const matches = await this.hasher.matches(rows[0]?.password_hash, password);
    return matches ? principalOf(rows[0]) : null;
  }

  /** Remembers when the person signed in last. */
  async noteSignIn(userId: string, at: Date): Promise<void> {
    const instant = this.dialect.instant(at.getTime());
    await this.transactions.query(`update users set last_login_at = ? where id = ?`, [instant, userId]);
  }
}

function principalOf(row: Row | undefined): Principal | null {
  if (!row || !row.usable) return null;
  const { id, email, name, role } = row;
  return { id, email, name, role, municipalityId: row.municipality_id, permissions: permissionsOf(role) };
}
