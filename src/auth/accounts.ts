import { Injectable } from '@nestjs/common';
import { Transactions, type Transaction } from '../database/transaction.js';
import type { UserStatus } from '../users/user.entity.js';

/** An account, whether it may be used or not. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly status: UserStatus;
  /** Whether one could sign in with it: `suspended` when no municipality of the person is active. */
  readonly standing: UserStatus | 'suspended';
  /** Every municipality that the person belongs to, also suspended ones: whose affair it is what happens to the account. */
  readonly memberships: readonly { readonly municipalityId: string }[];
}

interface Row extends Omit<Account, 'memberships' | 'standing'> {
  municipality_id: string | null;
  usable: boolean | number;
}

const SELECT = `select u.id, u.email, u.name, u.status, m.municipality_id,
    (u.super_admin = true or c.status = 'active') as usable
  from users u left join memberships m on m.user_id = u.id left join municipalities c on c.id = m.municipality_id where `;

/** Finds accounts for the platform's own work at sign-in, where nobody is signed in yet. */
@Injectable()
export class Accounts {
  constructor(private readonly transactions: Transactions) {}

  /** The account with this address (lower case); null when there is none. */
  findByEmail(email: string): Promise<Account | null> {
    return this.find('u.email = ?', email);
  }

  /** The account with this id; null when there is none. */
  findById(id: string, tx?: Transaction): Promise<Account | null> {
    return this.find('u.id = ?', id, tx);
  }

  private async find(condition: string, value: string, tx?: Transaction): Promise<Account | null> {
    const { rows } = await (tx ?? this.transactions).query<Row>(`${SELECT} ${condition} order by m.municipality_id`, [
      value,
    ]);
    const [first] = rows;
    if (!first) return null;
    const { id, email, name, status } = first;
    const memberships = rows.flatMap(({ municipality_id: municipalityId }) =>
      municipalityId === null ? [] : [{ municipalityId }],
    );
    const suspended = status === 'active' && !rows.some(({ usable }) => Boolean(usable));
    return { id, email, name, status, standing: suspended ? 'suspended' : status, memberships };
  }
}
