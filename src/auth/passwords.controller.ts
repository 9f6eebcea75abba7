import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiData } from '../common/openapi/api-data.decorator.js';
import { Public, SignedIn } from './access.decorators.js';
import {
  type AcceptedResponse,
  acceptedSchema,
  type AcceptInvitation,
  acceptInvitationSchema,
  type ChangePassword,
  changePasswordSchema,
  type EndedResponse,
  endedSchema,
  type ForgotPassword,
  forgotPasswordSchema,
  type PasswordSetResponse,
  passwordSetSchema,
  type ResetPassword,
  resetPasswordSchema,
} from './auth.schemas.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import { CurrentUser } from './current-user.decorator.js';
import { PasswordLinksService } from './links/password-links.service.js';
import { ApiSignInProblems } from './openapi-problems.js';
import { OwnAccountService } from './own-account.service.js';
import { RateLimited } from './rate-limits/rate-class.js';

const EMAIL_EXAMPLE = { email: 'control.room@sollen.example' };

/** How people choose and change their passwords. */
@ApiTags('auth')
@Controller('auth')
export class PasswordsController {
  constructor(
    private readonly account: OwnAccountService,
    private readonly links: PasswordLinksService,
  ) {}

  @Post('change-password')
  @RateLimited('sign-in')
  @SignedIn()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Change my password; all my other sessions end' })
  @ApiData(endedSchema, { example: { sessionsEnded: 2 } })
  @ApiSignInProblems('UNAUTHENTICATED')
  async change(
    @CurrentUser() user: AuthenticatedUser,
    @Body({ schema: changePasswordSchema }) { currentPassword, newPassword }: ChangePassword,
  ): Promise<EndedResponse> {
    return { sessionsEnded: await this.account.changePassword(user, currentPassword, newPassword) };
  }

  @Post('forgot-password')
  @RateLimited('sign-in')
  @Public()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Have a link sent by which a new password can be chosen; the answer is the same for every address',
  })
  @ApiData(acceptedSchema, { example: { accepted: true } })
  async forgot(@Body({ schema: forgotPasswordSchema }) { email }: ForgotPassword): Promise<AcceptedResponse> {
    await this.links.request(email);
    return { accepted: true };
  }

  @Post('reset-password')
  @RateLimited('sign-in')
  @Public()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Choose a new password by a link; all sessions of the account end' })
  @ApiData(passwordSetSchema, { example: EMAIL_EXAMPLE })
  @ApiSignInProblems('LINK_INVALID')
  async reset(@Body({ schema: resetPasswordSchema }) body: ResetPassword): Promise<PasswordSetResponse> {
    return { email: await this.links.choosePassword('password_reset', body.token, body.newPassword) };
  }

  @Post('accept-invitation')
  @RateLimited('sign-in')
  @Public()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Take up an invitation by its link: choose a password' })
  @ApiData(passwordSetSchema, { example: EMAIL_EXAMPLE })
  @ApiSignInProblems('LINK_INVALID')
  async accept(@Body({ schema: acceptInvitationSchema }) body: AcceptInvitation): Promise<PasswordSetResponse> {
    return { email: await this.links.choosePassword('invitation', body.token, body.newPassword, body.name) };
  }
}
