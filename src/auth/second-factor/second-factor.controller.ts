import { Body, Controller, Get, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiData } from '../../common/openapi/api-data.decorator.js';
import { SignedIn } from '../access.decorators.js';
import type { AuthenticatedUser } from '../authenticated-user.js';
import { CurrentUser } from '../current-user.decorator.js';
import { ApiSignInProblems } from '../openapi-problems.js';
import { RateLimited } from '../rate-limits/rate-class.js';
import {
  type Confirm,
  confirmSchema,
  type Enrol,
  ENROLMENT_EXAMPLE,
  enrolmentSchema,
  type EnrolmentResponse,
  enrolSchema,
  type ProofBody,
  proofSchema,
  RECOVERY_CODES_EXAMPLE,
  recoveryCodesSchema,
  type RecoveryCodesResponse,
  secondFactorSchema,
  type SecondFactorResponse,
} from './second-factor.schemas.js';
import { SecondFactorService } from './second-factor.service.js';

/** The caller's second factor: one-time codes of an authenticator app, and recovery codes. */
@ApiTags('auth')
@Controller('auth/second-factor')
export class SecondFactorController {
  constructor(private readonly service: SecondFactorService) {}

  @Get()
  @SignedIn()
  @ApiOperation({ summary: 'Whether I have a second factor' })
  @ApiData(secondFactorSchema, { example: { enabled: true, recoveryCodesLeft: 9 } })
  state(@CurrentUser() user: AuthenticatedUser): Promise<SecondFactorResponse> {
    return this.service.state(user);
  }

  @Post('enrol')
  @RateLimited('sign-in')
  @SignedIn()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Get a key for an authenticator app; it counts once it is confirmed' })
  @ApiData(enrolmentSchema, { example: ENROLMENT_EXAMPLE })
  @ApiSignInProblems('UNAUTHENTICATED')
  enrol(
    @CurrentUser() user: AuthenticatedUser,
    @Body({ schema: enrolSchema }) { password }: Enrol,
  ): Promise<EnrolmentResponse> {
    return this.service.enrol(user, password);
  }

  @Post('confirm')
  @RateLimited('sign-in')
  @SignedIn()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Switch the second factor on by a first code; answers the recovery codes' })
  @ApiData(recoveryCodesSchema, { example: RECOVERY_CODES_EXAMPLE })
  @ApiSignInProblems('UNAUTHENTICATED')
  async confirm(
    @CurrentUser() user: AuthenticatedUser,
    @Body({ schema: confirmSchema }) { code }: Confirm,
  ): Promise<RecoveryCodesResponse> {
    return { recoveryCodes: await this.service.confirm(user, code) };
  }

  @Post('recovery-codes')
  @RateLimited('sign-in')
  @SignedIn()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'New recovery codes in the place of the old ones' })
  @ApiData(recoveryCodesSchema, { example: RECOVERY_CODES_EXAMPLE })
  @ApiSignInProblems('UNAUTHENTICATED')
  async renew(
    @CurrentUser() user: AuthenticatedUser,
    @Body({ schema: proofSchema }) proof: ProofBody,
  ): Promise<RecoveryCodesResponse> {
    return { recoveryCodes: await this.service.renewRecoveryCodes(user, proof) };
  }

  @Post('disable')
  @RateLimited('sign-in')
  @SignedIn()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Switch the second factor off' })
  @ApiData(secondFactorSchema, { example: { enabled: false, recoveryCodesLeft: 0 } })
  @ApiSignInProblems('UNAUTHENTICATED')
  disable(
    @CurrentUser() user: AuthenticatedUser,
    @Body({ schema: proofSchema }) proof: ProofBody,
  ): Promise<SecondFactorResponse> {
    return this.service.disable(user, proof);
  }
}
