import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../auth/access.decorators.js';
import { ApiData, ApiPage } from '../common/openapi/api-data.decorator.js';
import type { Page } from '../common/pagination/page.js';
import { uuidSchema } from '../common/validation/schemas.js';
import { IfMatch } from '../common/versioning/if-match.decorator.js';
import { expectedVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { ActingUser } from './acting-user.decorator.js';
import type { Principal } from './principal.js';
import { toUserResponse } from './user-administration.mapper.js';
import {
  inviteUserSchema,
  listUsersSchema,
  membershipSchema,
  patchUserSchema,
  USER_EXAMPLE,
  userSchema,
  type InviteUser,
  type ListUsers,
  type MembershipBody,
  type PatchUser,
  type UserResponse,
} from './user-administration.schemas.js';
import { UserAdministrationService } from './user-administration.service.js';
import { UserQueriesService } from './user-queries.service.js';

const ID = { schema: uuidSchema };
const ACTIVE = { ...USER_EXAMPLE, status: 'active', version: 2 };

/** The people of the caller's municipalities. */
@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(
    private readonly queries: UserQueriesService,
    private readonly administration: UserAdministrationService,
  ) {}

  @Get()
  @RequirePermission('user:read')
  @ApiOperation({ summary: 'List the people of the municipality, the oldest account first' })
  @ApiPage(userSchema, { example: [USER_EXAMPLE] })
  async list(@Query({ schema: listUsersSchema }) query: ListUsers): Promise<Page<UserResponse>> {
    return (await this.queries.list(query)).map(toUserResponse);
  }

  @Get(':id')
  @RequirePermission('user:read')
  @ApiOperation({ summary: 'One person, with the roles that they have' })
  @ApiData(userSchema, { example: USER_EXAMPLE })
  async get(@Param('id', ID) id: string): Promise<UserResponse> {
    return toUserResponse(await this.queries.get(id));
  }

  @Post()
  @RequirePermission('user:write')
  @ApiOperation({ summary: 'Invite somebody: they get an e-mail with a link to choose a password' })
  @ApiData(userSchema, { status: HttpStatus.CREATED, example: USER_EXAMPLE })
  async invite(
    @Body({ schema: inviteUserSchema }) body: InviteUser,
    @ActingUser() actor: Principal,
  ): Promise<UserResponse> {
    return this.get(await this.administration.invite(actor, body));
  }

  @Post(':id/invite')
  @RequirePermission('user:write')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Send the invitation again; 409 USER_NOT_INVITED when it was taken up' })
  @ApiData(userSchema, { example: USER_EXAMPLE })
  async inviteAgain(@Param('id', ID) id: string, @ActingUser() actor: Principal): Promise<UserResponse> {
    await this.administration.inviteAgain(actor, id);
    return this.get(id);
  }

  @Patch(':id')
  @RequirePermission('user:write')
  @ApiOperation({ summary: 'Change, disable or enable an account; 409 LAST_SUPER_ADMIN protects the last one' })
  @ApiData(userSchema, { example: { ...ACTIVE, status: 'disabled' } })
  async update(
    @Param('id', ID) id: string,
    @Body({ schema: patchUserSchema }) patch: PatchUser,
    @IfMatch() ifMatch: ExpectedVersion,
    @ActingUser() actor: Principal,
  ): Promise<UserResponse> {
    await this.administration.update(actor, id, patch, expectedVersion(ifMatch, patch.version));
    return this.get(id);
  }

  @Put(':id/memberships/:municipalityId')
  @RequirePermission('user:write')
  @ApiOperation({ summary: 'Give somebody a role in a municipality; nobody can give what they do not have' })
  @ApiData(userSchema, { example: ACTIVE })
  async setRole(
    @Param('id', ID) id: string,
    @Param('municipalityId', ID) municipalityId: string,
    @Body({ schema: membershipSchema }) { role }: MembershipBody,
    @ActingUser() actor: Principal,
  ): Promise<UserResponse> {
    await this.administration.setRole(actor, id, municipalityId, role);
    return this.get(id);
  }

  @Delete(':id/memberships/:municipalityId')
  @RequirePermission('user:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: "Take somebody's role in a municipality; without any they cannot sign in" })
  @ApiNoContentResponse({ description: 'Taken' })
  async removeRole(
    @Param('id', ID) id: string,
    @Param('municipalityId', ID) municipalityId: string,
    @ActingUser() actor: Principal,
  ): Promise<void> {
    await this.administration.removeRole(actor, id, municipalityId);
  }

  @Delete(':id/second-factor')
  @RequirePermission('user:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Switch off the second factor of somebody who lost it' })
  @ApiNoContentResponse({ description: 'Switched off' })
  async removeSecondFactor(@Param('id', ID) id: string, @ActingUser() actor: Principal): Promise<void> {
    await this.administration.removeSecondFactor(actor, id);
  }

  @Delete(':id')
  @RequirePermission('user:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete an account that was never used; 409 USER_HAS_HISTORY for any other' })
  @ApiNoContentResponse({ description: 'Deleted' })
  async remove(
    @Param('id', ID) id: string,
    @IfMatch() ifMatch: ExpectedVersion,
    @ActingUser() actor: Principal,
  ): Promise<void> {
    await this.administration.remove(actor, id, ifMatch);
  }
}
