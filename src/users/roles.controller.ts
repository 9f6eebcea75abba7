import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../auth/access.decorators.js';
import { ApiData, ApiPage } from '../common/openapi/api-data.decorator.js';
import type { Page } from '../common/pagination/page.js';
import { uuidSchema } from '../common/validation/schemas.js';
import { IfMatch } from '../common/versioning/if-match.decorator.js';
import { expectedVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { ActingUser } from './acting-user.decorator.js';
import type { Principal } from './principal.js';
import { toRoleResponse } from './role.mapper.js';
import {
  createRoleSchema,
  listRolesSchema,
  patchRoleSchema,
  ROLE_EXAMPLE,
  roleSchema,
  type CreateRole,
  type ListRoles,
  type PatchRole,
  type RoleResponse,
} from './role.schemas.js';
import { RolesService } from './roles.service.js';

const ID = { schema: uuidSchema };

/** What people may do: built-in roles, and those that municipalities make for themselves. */
@ApiTags('roles')
@Controller('roles')
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  @Get()
  @RequirePermission('role:read')
  @ApiOperation({ summary: 'List the built-in roles and those of the municipality' })
  @ApiPage(roleSchema, { example: [ROLE_EXAMPLE] })
  async list(@Query({ schema: listRolesSchema }) query: ListRoles): Promise<Page<RoleResponse>> {
    return (await this.roles.list(query)).map(toRoleResponse);
  }

  @Get(':id')
  @RequirePermission('role:read')
  @ApiOperation({ summary: 'One role' })
  @ApiData(roleSchema, { example: ROLE_EXAMPLE })
  async get(@Param('id', ID) id: string): Promise<RoleResponse> {
    return toRoleResponse(await this.roles.get(id));
  }

  @Post()
  @RequirePermission('role:write')
  @ApiOperation({
    summary: 'Make a role of the municipality; 403 BEYOND_OWN_RIGHTS for what one does not have oneself',
  })
  @ApiData(roleSchema, { status: HttpStatus.CREATED, example: ROLE_EXAMPLE })
  async create(
    @Body({ schema: createRoleSchema }) body: CreateRole,
    @ActingUser() actor: Principal,
  ): Promise<RoleResponse> {
    return toRoleResponse(await this.roles.create(actor, body));
  }

  @Patch(':id')
  @RequirePermission('role:write')
  @ApiOperation({ summary: 'Change a role of the municipality; whoever has it is held to it within a second' })
  @ApiData(roleSchema, { example: { ...ROLE_EXAMPLE, version: 2 } })
  async update(
    @Param('id', ID) id: string,
    @Body({ schema: patchRoleSchema }) patch: PatchRole,
    @IfMatch() ifMatch: ExpectedVersion,
    @ActingUser() actor: Principal,
  ): Promise<RoleResponse> {
    return toRoleResponse(await this.roles.update(actor, id, patch, expectedVersion(ifMatch, patch.version)));
  }

  @Delete(':id')
  @RequirePermission('role:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a role that nobody has; 409 ROLE_IN_USE for any other' })
  @ApiNoContentResponse({ description: 'Deleted' })
  async remove(
    @Param('id', ID) id: string,
    @IfMatch() ifMatch: ExpectedVersion,
    @ActingUser() actor: Principal,
  ): Promise<void> {
    await this.roles.remove(actor, id, ifMatch);
  }
}
