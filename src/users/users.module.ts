import { Module } from '@nestjs/common';
import { PasswordHasher } from './password-hasher.js';
import { Passwords } from './passwords.js';
import { PermissionsController } from './permissions.controller.js';
import { Principals } from './principals.js';
import { RolesController } from './roles.controller.js';
import { RolesService } from './roles.service.js';
import { UserAdministrationService } from './user-administration.service.js';
import { UserQueriesService } from './user-queries.service.js';
import { UserService } from './user.service.js';
import { UsersController } from './users.controller.js';

/** People: their accounts, roles and what the roles allow. */
@Module({
  controllers: [PermissionsController, RolesController, UsersController],
  providers: [
    PasswordHasher,
    Passwords,
    Principals,
    RolesService,
    UserAdministrationService,
    UserQueriesService,
    UserService,
  ],
  exports: [Passwords, Principals, UserService],
})
export class UsersModule {}
