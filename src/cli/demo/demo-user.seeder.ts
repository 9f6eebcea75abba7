import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { UserService } from '../../users/user.service.js';
import type { DemoFileUser } from './demo-file.js';
import { DEMO_USERS, type DemoUser } from './demo-users.js';

/** 16 letters of base64url. */
const PASSWORD_BYTES = 12;

/** Makes the accounts of the demo country. */
@Injectable()
export class DemoUserSeeder {
  constructor(private readonly users: UserService) {}

  /** @param known accounts with passwords from an earlier run */
  async run(municipalityIds: ReadonlyMap<string, string>, known: readonly DemoFileUser[]): Promise<DemoFileUser[]> {
    const accounts: DemoFileUser[] = [];
    for (const person of DEMO_USERS) {
      const municipalityId = person.municipality === null ? null : municipalityIds.get(person.municipality)!;
      const kept = known.find((user) => user.email === person.email);
      accounts.push(await this.ensure(person, municipalityId, kept?.password));
    }
    return accounts;
  }

  private async ensure(
    { email, name, role }: DemoUser,
    municipalityId: string | null,
    known: string | undefined,
  ): Promise<DemoFileUser> {
    const user = await this.users.findByEmail(email);
    const password = (user && known) || randomBytes(PASSWORD_BYTES).toString('base64url');
    if (!user) await this.users.create({ email, name, role, municipalityId, password });
    else if (password !== known) await this.users.setPassword(user.id, password);
    return { email, password, role, municipality: municipalityId };
  }
}
