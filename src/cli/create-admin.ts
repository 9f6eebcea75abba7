import type { AppConfig } from '../config/app-config.js';
import { DatabaseModule } from '../database/database.module.js';
import { UserService } from '../users/user.service.js';
import { UsersModule } from '../users/users.module.js';
import { withRooms } from './cli-context.js';

/**
 * Makes an account of a super admin, who can make everything else.
 * @throws ConflictError `EMAIL_TAKEN`; ZodError for an address or a password that is not acceptable
 */
export function createAdmin(config: AppConfig, account: { email: string; name: string; password: string }) {
  return withRooms(config, { imports: [DatabaseModule, UsersModule] }, async (app) => {
    const { id, email } = await app.get(UserService).create({ ...account, role: 'super_admin', municipalityId: null });
    return { id, email };
  });
}
