import { Body, Controller, Get, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiData } from '../common/openapi/api-data.decorator.js';
import { toSignedInUser } from '../users/user.mapper.js';
import { SIGNED_IN_USER_EXAMPLE, signedInUserSchema, type SignedInUserResponse } from '../users/user.schemas.js';
import { Public, SignedIn } from './access.decorators.js';
import {
  endedSchema,
  type EndedResponse,
  type Login,
  loginSchema,
  type Refresh,
  refreshSchema,
  SIGN_IN_EXAMPLE,
  signInSchema,
  type SignInResponse,
} from './auth.schemas.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import { CurrentUser } from './current-user.decorator.js';
import { ApiSignInProblems } from './openapi-problems.js';
import { RateLimited } from './rate-limits/rate-class.js';
import { SignInService, type SignIn } from './sign-in.service.js';

/** Sign-in of people. */
@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(private readonly service: SignInService) {}

  @Post('login')
  @RateLimited('sign-in')
  @Public()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Sign in by e-mail address and password, and a code of the second factor where there is one',
  })
  @ApiData(signInSchema, { example: SIGN_IN_EXAMPLE })
  @ApiSignInProblems('INVALID_CREDENTIALS', 'SECOND_FACTOR_REQUIRED', 'SECOND_FACTOR_INVALID')
  async login(@Body({ schema: loginSchema }) body: Login): Promise<SignInResponse> {
    return toResponse(await this.service.signIn(body));
  }

  @Post('refresh')
  @Public()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'A new access token; the refresh token is used up, and a second use ends the session' })
  @ApiData(signInSchema, { example: SIGN_IN_EXAMPLE })
  @ApiSignInProblems('REFRESH_TOKEN_INVALID', 'REFRESH_TOKEN_REUSED')
  async refresh(@Body({ schema: refreshSchema }) { refreshToken }: Refresh): Promise<SignInResponse> {
    return toResponse(await this.service.refresh(refreshToken));
  }

  @Post('logout')
  @SignedIn()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Sign out: ends the session of the access token' })
  @ApiData(endedSchema, { example: { sessionsEnded: 1 } })
  async logout(@CurrentUser() user: AuthenticatedUser): Promise<EndedResponse> {
    await this.service.signOut(user);
    return { sessionsEnded: 1 };
  }

  @Get('me')
  @SignedIn()
  @ApiOperation({ summary: 'Who am I, and what may I do' })
  @ApiData(signedInUserSchema, { example: SIGNED_IN_USER_EXAMPLE })
  me(@CurrentUser() user: AuthenticatedUser): SignedInUserResponse {
    return toSignedInUser(user);
  }
}

function toResponse({ user, ...tokens }: SignIn): SignInResponse {
  return { ...tokens, user: toSignedInUser(user) };
}
