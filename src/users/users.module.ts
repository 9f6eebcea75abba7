import { Module } from '@nestjs/common';
import { PasswordHasher } from './password-hasher.js';
import { Principals } from './principals.js';
import { UserService } from './user.service.js';

/** People: their accounts, roles and what the roles allow. */
@Module({
  providers: [PasswordHasher, Principals, UserService],
  exports: [Principals, UserService],
})
export class UsersModule {}
