import { Body, Controller, Get, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiData } from '../common/openapi/api-data.decorator.js';
import { toSignedInUser } from '../users/user.mapper.js';
import { SIGNED_IN_USER_EXAMPLE, signedInUserSchema, type SignedInUserResponse } from '../users/user.schemas.js';
import { Public, SignedIn } from './access.decorators.js';
import { loginSchema, SIGN_IN_EXAMPLE, signInSchema, type Login, type SignInResponse } from './auth.schemas.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import { CurrentUser } from './current-user.decorator.js';
import { SignInService } from './sign-in.service.js';

/** Sign-in of people. */
@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(private readonly service: SignInService) {}

  @Post('login')
  @Public()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Sign in by e-mail address and password' })
  @ApiData(signInSchema, { example: SIGN_IN_EXAMPLE })
  async login(@Body({ schema: loginSchema }) body: Login): Promise<SignInResponse> {
    const { user, ...token } = await this.service.signIn(body.email, body.password);
    return { ...token, user: toSignedInUser(user) };
  }

  @Get('me')
  @SignedIn()
  @ApiOperation({ summary: 'Who am I, and what may I do' })
  @ApiData(signedInUserSchema, { example: SIGNED_IN_USER_EXAMPLE })
  me(@CurrentUser() user: AuthenticatedUser): SignedInUserResponse {
    return toSignedInUser(user);
  }
}
