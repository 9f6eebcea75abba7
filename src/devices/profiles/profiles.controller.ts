import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { ApiConflict, VERSION_CONFLICT } from '../../common/openapi/api-conflict.decorator.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { uuidSchema } from '../../common/validation/schemas.js';
import { IfMatch } from '../../common/versioning/if-match.decorator.js';
import { expectedVersion, type ExpectedVersion } from '../../common/versioning/version.js';
import { toProfileResponse } from './profile.mapper.js';
import {
  createProfileSchema,
  listProfilesSchema,
  patchProfileSchema,
  PROFILE_EXAMPLE,
  profileSchema,
  type CreateProfile,
  type ListProfiles,
  type PatchProfile,
  type ProfileResponse,
} from './profile.schemas.js';
import { ProfilesService } from './profiles.service.js';

const ID = { schema: uuidSchema };

/** How payloads of devices are read. Trials are a matter of readings, and stand there. */
@ApiTags('device-profiles')
@Controller('device-profiles')
export class ProfilesController {
  constructor(private readonly profiles: ProfilesService) {}

  @Get()
  @RequirePermission('profile:read')
  @ApiOperation({ summary: 'List the profiles that devices can be given: own and national ones' })
  @ApiPage(profileSchema, { example: [PROFILE_EXAMPLE] })
  async list(@Query({ schema: listProfilesSchema }) query: ListProfiles): Promise<Page<ProfileResponse>> {
    return (await this.profiles.list(query)).map(toProfileResponse);
  }

  @Get(':id')
  @RequirePermission('profile:read')
  @ApiOperation({ summary: 'One profile' })
  @ApiData(profileSchema, { example: PROFILE_EXAMPLE })
  async get(@Param('id', ID) id: string): Promise<ProfileResponse> {
    return toProfileResponse(await this.profiles.get(id));
  }

  @Post()
  @RequirePermission('profile:write')
  @ApiOperation({ summary: 'Add a profile' })
  @ApiData(profileSchema, { status: 201, description: 'Added', example: PROFILE_EXAMPLE })
  @ApiConflict({ PROFILE_ALREADY_EXISTS: 'The profile "acme_level" exists already.' })
  async create(@Body({ schema: createProfileSchema }) body: CreateProfile): Promise<ProfileResponse> {
    return toProfileResponse(await this.profiles.create(body));
  }

  @Patch(':id')
  @RequirePermission('profile:write')
  @ApiOperation({ summary: 'Change a profile; its code stays. The next message is read by it' })
  @ApiData(profileSchema, { example: { ...PROFILE_EXAMPLE, version: 2 } })
  @ApiConflict(VERSION_CONFLICT)
  async update(
    @Param('id', ID) id: string,
    @Body({ schema: patchProfileSchema }) { version, ...patch }: PatchProfile,
    @IfMatch() ifMatch: ExpectedVersion,
  ): Promise<ProfileResponse> {
    return toProfileResponse(await this.profiles.update(id, patch, expectedVersion(ifMatch, version)));
  }

  @Delete(':id')
  @RequirePermission('profile:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a profile that no device names' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiConflict({ ...VERSION_CONFLICT, PROFILE_IN_USE: 'Devices use the profile "acme_level": …' })
  async remove(@Param('id', ID) id: string, @IfMatch() ifMatch: ExpectedVersion): Promise<void> {
    await this.profiles.remove(id, ifMatch);
  }
}
