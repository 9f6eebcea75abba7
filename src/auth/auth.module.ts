import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { AppConfig } from '../config/app-config.js';
import { UsersModule } from '../users/users.module.js';
import { AccessGuard } from './access.guard.js';
import { AuthController } from './auth.controller.js';
import { DeviceKeyStrategy } from './device-key.strategy.js';
import { JwtStrategy } from './jwt.strategy.js';
import { DeviceKeyGuard, UserGuard } from './passport.guards.js';
import { PrincipalCache } from './principal-cache.js';
import { RateLimitGuard } from './rate-limits/rate-limit.guard.js';
import { RateLimits } from './rate-limits/rate-limits.js';
import { SignInService } from './sign-in.service.js';
import { TokenVerifier } from './token-verifier.js';

/** Sign-in, and the guard in front of every handler. Needs a DeviceAuthenticator somewhere in the application. */
@Global()
@Module({
  imports: [
    JwtModule.registerAsync({
      inject: [AppConfig],
      useFactory: (config: AppConfig) => ({ secret: config.auth.jwtSecret }),
    }),
    UsersModule,
  ],
  controllers: [AuthController],
  providers: [
    AccessGuard,
    DeviceKeyGuard,
    DeviceKeyStrategy,
    JwtStrategy,
    PrincipalCache,
    SignInService,
    TokenVerifier,
    UserGuard,
    RateLimitGuard,
    RateLimits,
    { provide: APP_GUARD, useExisting: RateLimitGuard },
  ],
  exports: [RateLimits, TokenVerifier],
})
export class AuthModule {}
