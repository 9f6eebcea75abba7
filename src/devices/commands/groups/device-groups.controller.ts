import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../../auth/access.decorators.js';
import { ApiConflict, VERSION_CONFLICT } from '../../../common/openapi/api-conflict.decorator.js';
import { ApiData, ApiPage } from '../../../common/openapi/api-data.decorator.js';
import { pageQuerySchema, type Page, type PageQuery } from '../../../common/pagination/page.js';
import { deviceIdSchema, uuidSchema } from '../../../common/validation/schemas.js';
import { IfMatch } from '../../../common/versioning/if-match.decorator.js';
import { expectedVersion, type ExpectedVersion } from '../../../common/versioning/version.js';
import { toGroupResponse, toMemberResponse } from './device-group.mapper.js';
import {
  addMembersSchema,
  createGroupSchema,
  GROUP_EXAMPLE,
  groupSchema,
  listGroupsSchema,
  MEMBER_EXAMPLE,
  memberSchema,
  patchGroupSchema,
  type AddMembers,
  type CreateGroup,
  type GroupResponse,
  type ListGroups,
  type MemberResponse,
  type PatchGroup,
} from './device-group.schemas.js';
import { DeviceGroupsService } from './device-groups.service.js';
import { GroupMembersService } from './group-members.service.js';

const ID = { schema: uuidSchema };
const EXISTS = { DEVICE_GROUP_EXISTS: 'The municipality has a device group of this name.' };
const FULL = { DEVICE_GROUP_FULL: 'A device group has at most 1000 members: make another one.' };
const TOO_MANY = { TOO_MANY_DEVICE_GROUPS: 'There are 1000 device groups already: delete one first.' };

/** Groups of devices, and who is in them. */
@ApiTags('commands')
@Controller('device-groups')
export class DeviceGroupsController {
  constructor(
    private readonly groups: DeviceGroupsService,
    private readonly members: GroupMembersService,
  ) {}

  @Get()
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'List groups of devices, oldest first' })
  @ApiPage(groupSchema, { example: [GROUP_EXAMPLE] })
  async list(@Query({ schema: listGroupsSchema }) query: ListGroups): Promise<Page<GroupResponse>> {
    return (await this.groups.list(query)).map(toGroupResponse);
  }

  @Get(':id')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'One group of devices' })
  @ApiData(groupSchema, { example: GROUP_EXAMPLE })
  async get(@Param('id', ID) id: string): Promise<GroupResponse> {
    return toGroupResponse(await this.groups.get(id));
  }

  @Post()
  @RequirePermission('device:write')
  @ApiOperation({ summary: 'Make a group of devices of one municipality' })
  @ApiConflict({ ...EXISTS, ...TOO_MANY })
  @ApiData(groupSchema, { status: 201, description: 'Made', example: GROUP_EXAMPLE })
  async create(@Body({ schema: createGroupSchema }) body: CreateGroup): Promise<GroupResponse> {
    return toGroupResponse(await this.groups.create(body));
  }

  @Patch(':id')
  @RequirePermission('device:write')
  @ApiOperation({ summary: 'Rename or describe a group' })
  @ApiConflict({ ...VERSION_CONFLICT, ...EXISTS })
  @ApiData(groupSchema, { example: { ...GROUP_EXAMPLE, name: 'Valves at the new mill', version: 2 } })
  async update(
    @Param('id', ID) id: string,
    @Body({ schema: patchGroupSchema }) { version, ...patch }: PatchGroup,
    @IfMatch() ifMatch: ExpectedVersion,
  ): Promise<GroupResponse> {
    return toGroupResponse(await this.groups.update(id, patch, expectedVersion(ifMatch, version)));
  }

  @Delete(':id')
  @RequirePermission('device:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a group; its devices, and what they were told, stay' })
  @ApiConflict(VERSION_CONFLICT)
  @ApiNoContentResponse({ description: 'Deleted' })
  async remove(@Param('id', ID) id: string, @IfMatch() ifMatch: ExpectedVersion): Promise<void> {
    await this.groups.remove(id, ifMatch);
  }

  @Get(':id/members')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'The devices of a group, by id' })
  @ApiPage(memberSchema, { example: [MEMBER_EXAMPLE] })
  async listMembers(
    @Param('id', ID) id: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<Page<MemberResponse>> {
    return (await this.members.list(id, query)).map(toMemberResponse);
  }

  @Post(':id/members')
  @RequirePermission('device:write')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Add devices to a group; those that are in it stay' })
  @ApiConflict(FULL)
  @ApiData(groupSchema, { example: GROUP_EXAMPLE })
  async addMembers(
    @Param('id', ID) id: string,
    @Body({ schema: addMembersSchema }) { deviceIds }: AddMembers,
  ): Promise<GroupResponse> {
    return toGroupResponse(await this.members.add(id, deviceIds));
  }

  @Delete(':id/members/:deviceId')
  @RequirePermission('device:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Take a device out of a group' })
  @ApiNoContentResponse({ description: 'Taken out' })
  async removeMember(
    @Param('id', ID) id: string,
    @Param('deviceId', { schema: deviceIdSchema }) deviceId: string,
  ): Promise<void> {
    await this.members.remove(id, deviceId);
  }
}
