import { Body, Controller, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { Clock } from '../../common/clock.js';
import { ApiData } from '../../common/openapi/api-data.decorator.js';
import { uuidSchema } from '../../common/validation/schemas.js';
import { compileDefinition, compileProfile } from '../../devices/profiles/compiled-profile.js';
import { ProfilesService } from '../../devices/profiles/profiles.service.js';
import {
  sampleSchema,
  TRIAL_EXAMPLE,
  trialResultSchema,
  trialSchema,
  tryProfile,
  type Sample,
  type Trial,
  type TrialResult,
} from './profile-trial.js';

/** Trials of payload profiles: what would become of a message, without storing it. */
@ApiTags('device-profiles')
@Controller('device-profiles')
export class ProfileTrialsController {
  constructor(
    private readonly profiles: ProfilesService,
    private readonly clock: Clock,
  ) {}

  @Post('test')
  @RequirePermission('profile:read')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Try a definition that is not stored on a sample' })
  @ApiData(trialResultSchema, { example: TRIAL_EXAMPLE })
  try(@Body({ schema: trialSchema }) { definition, ...sample }: Trial): TrialResult {
    return tryProfile(compileDefinition('test', definition), sample, this.clock.nowMs());
  }

  @Post(':id/test')
  @RequirePermission('profile:read')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Try a profile on a sample' })
  @ApiData(trialResultSchema, { example: TRIAL_EXAMPLE })
  async tryStored(
    @Param('id', { schema: uuidSchema }) id: string,
    @Body({ schema: sampleSchema }) sample: Sample,
  ): Promise<TrialResult> {
    const { code, definition } = await this.profiles.get(id);
    return tryProfile(compileProfile(code, definition), sample, this.clock.nowMs());
  }
}
