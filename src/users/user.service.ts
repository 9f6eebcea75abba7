import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { ConflictError, NotFoundError, ValidationError } from '../common/errors/errors.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { Transactions } from '../database/transaction.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import { PasswordHasher } from './password-hasher.js';
import { requireUncommonPassword } from './password-policy.js';
import { Membership } from './membership.entity.js';
import { SUPER_ADMIN } from './principal.js';
import { Role } from './role.entity.js';
import { createUserSchema, newPasswordSchema, type CreateUser } from './user.schemas.js';
import { User } from './user.entity.js';
import { userNotFound } from './user.errors.js';

/** Makes and changes the accounts of people. */
@Injectable()
export class UserService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly hasher: PasswordHasher,
  ) {}

  /**
   * Makes an account. The caller has checked that it may be made.
   * @throws ValidationError when role and municipality do not belong together, or for a password that is easy to
   *   guess (`PASSWORD_TOO_COMMON`); ConflictError `EMAIL_TAKEN`; NotFoundError for an unknown municipality
   */
  async create(input: CreateUser): Promise<User> {
    const { password, ...values } = createUserSchema.parse(input);
    if ((values.role === SUPER_ADMIN) !== (values.municipalityId === null)) {
      const message = 'a super admin belongs to no municipality, everybody else to one';
      throw new ValidationError([{ path: 'municipalityId', code: 'ROLE_MISMATCH', message }]);
    }
    await requireUncommonPassword(password, values, 'password');
    const passwordHash = await this.hasher.hash(password);
    try {
      return await this.transactions.run(async ({ em }) => {
        const { role, municipalityId, ...account } = values;
        if (municipalityId !== null && !(await em.findOne(Municipality, { id: municipalityId }))) {
          throw new NotFoundError('MUNICIPALITY_NOT_FOUND', 'There is no such municipality.');
        }
        const user = em.create(User, {
          ...account,
          passwordHash,
          superAdmin: role === SUPER_ADMIN,
          passwordChangedAt: new Date(),
        });
        if (municipalityId !== null) {
          const { id: roleId } = await em.findOneOrFail(Role, { code: role, municipalityId: null });
          em.create(Membership, { userId: user.id, municipalityId, roleId });
        }
        await em.flush();
        return user;
      });
    } catch (error) {
      if (this.dialect.violatedKey(error) === 'users_email_unique') {
        throw new ConflictError('EMAIL_TAKEN', 'There is an account with this e-mail address.', { cause: error });
      }
      throw error;
    }
  }

  /** The account with this address, of whatever municipality; for the platform's own work. */
  findByEmail(email: string): Promise<User | null> {
    return this.em.fork().findOne(User, { email: email.trim().toLowerCase() });
  }

  /** @throws NotFoundError `USER_NOT_FOUND`; ValidationError `PASSWORD_TOO_COMMON` */
  async setPassword(userId: string, password: string): Promise<void> {
    const find = (em: EntityManager): Promise<User | null> => em.findOne(User, { id: userId });
    const owner = await find(this.em.fork());
    if (!owner) throw userNotFound();
    await requireUncommonPassword(newPasswordSchema.parse(password), owner, 'password');
    const passwordHash = await this.hasher.hash(password);
    await this.transactions.run(async ({ em }) => {
      const user = await find(em);
      if (!user) throw userNotFound();
      user.passwordHash = passwordHash;
      user.passwordChangedAt = new Date();
    });
  }
}
