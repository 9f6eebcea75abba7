import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { AccountAccess } from '../users/account-access.js';
import { UsersModule } from '../users/users.module.js';
import { AccessGuard } from './access.guard.js';
import { Accounts } from './accounts.js';
import { Attempts } from './attempts/attempts.js';
import { LockOutNotice } from './attempts/lock-out-notice.js';
import { AuthController } from './auth.controller.js';
import { DeviceStrategy } from './device.strategy.js';
import { JwtStrategy } from './jwt.strategy.js';
import { AccountAccessService } from './account-access.service.js';
import { OneTimeLinks } from './links/one-time-links.js';
import { PasswordLinksService } from './links/password-links.service.js';
import { OwnAccountService } from './own-account.service.js';
import { DeviceCallerGuard, UserGuard } from './passport.guards.js';
import { PasswordsController } from './passwords.controller.js';
import { PrincipalCache } from './principal-cache.js';
import { RateLimitGuard } from './rate-limits/rate-limit.guard.js';
import { RateLimits } from './rate-limits/rate-limits.js';
import { SecondFactorController } from './second-factor/second-factor.controller.js';
import { SecondFactorService } from './second-factor/second-factor.service.js';
import { SecondFactors } from './second-factor/second-factors.js';
import { RefreshTokens } from './sessions/refresh-tokens.js';
import { SessionStore } from './sessions/session-store.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SignInService } from './sign-in.service.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenKeys } from './token-keys.js';
import { TokenVerifier } from './token-verifier.js';
import { UplinkDoor } from './uplink-door.js';

/** Sign-in, and the guard in front of every handler. Needs a DeviceAuthenticator and an UplinkAuthenticator somewhere in the application. */
@Global()
@Module({
  imports: [
    // Without a secret of its own: which one it is, the token's header says, see TokenKeys.
    JwtModule.register({}),
    UsersModule,
  ],
  controllers: [AuthController, PasswordsController, SecondFactorController, SessionsController],
  providers: [
    AccessGuard,
    Accounts,
    Attempts,
    DeviceCallerGuard,
    DeviceStrategy,
    AccountAccessService,
    JwtStrategy,
    LockOutNotice,
    OneTimeLinks,
    OwnAccountService,
    PasswordLinksService,
    PrincipalCache,
    RefreshTokens,
    SecondFactorService,
    SecondFactors,
    SessionStore,
    SignInService,
    TokenIssuer,
    TokenKeys,
    TokenVerifier,
    UplinkDoor,
    UserGuard,
    RateLimitGuard,
    RateLimits,
    { provide: AccountAccess, useExisting: AccountAccessService },
    { provide: APP_GUARD, useExisting: RateLimitGuard },
  ],
  exports: [AccountAccess, RateLimits, TokenVerifier],
})
export class AuthModule {}
