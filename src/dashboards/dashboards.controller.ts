import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../auth/access.decorators.js';
import type { AuthenticatedUser } from '../auth/authenticated-user.js';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiConflict, VERSION_CONFLICT } from '../common/openapi/api-conflict.decorator.js';
import { ApiData, ApiPage } from '../common/openapi/api-data.decorator.js';
import type { Page } from '../common/pagination/page.js';
import { uuidSchema } from '../common/validation/schemas.js';
import { IfMatch } from '../common/versioning/if-match.decorator.js';
import { expectedVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { DASHBOARD_EXAMPLE, DASHBOARD_LIST_EXAMPLE } from './dashboard.examples.js';
import { toDashboardListItem, toDashboardResponse } from './dashboard.mapper.js';
import {
  createDashboardSchema,
  dashboardListItemSchema,
  dashboardSchema,
  listDashboardsSchema,
  patchDashboardSchema,
  type CreateDashboard,
  type DashboardListItem,
  type DashboardResponse,
  type ListDashboards,
  type PatchDashboard,
} from './dashboard.schemas.js';
import { DashboardsService } from './dashboards.service.js';

const ID = { schema: uuidSchema };
const TOO_MANY = { TOO_MANY_DASHBOARDS: 'There are 100 already: delete one first.' };

/** What people look at: dashboards of the municipality, and personal ones. */
@ApiTags('dashboards')
@Controller('dashboards')
export class DashboardsController {
  constructor(private readonly dashboards: DashboardsService) {}

  @Get()
  @RequirePermission('dashboard:read')
  @ApiOperation({ summary: 'List the shared dashboards of the municipality and the own ones, oldest first' })
  @ApiPage(dashboardListItemSchema, { example: [DASHBOARD_LIST_EXAMPLE] })
  async list(@Query({ schema: listDashboardsSchema }) query: ListDashboards): Promise<Page<DashboardListItem>> {
    return (await this.dashboards.list(query)).map(toDashboardListItem);
  }

  @Get(':id')
  @RequirePermission('dashboard:read')
  @ApiOperation({ summary: 'One dashboard with its layout' })
  @ApiData(dashboardSchema, { example: DASHBOARD_EXAMPLE })
  async get(@Param('id', ID) id: string): Promise<DashboardResponse> {
    return toDashboardResponse(await this.dashboards.get(id));
  }

  @Post()
  @RequirePermission('dashboard:read')
  @ApiOperation({ summary: 'Make a personal dashboard; a shared one needs dashboard:write in its municipality' })
  @ApiData(dashboardSchema, { status: 201, description: 'Made', example: DASHBOARD_EXAMPLE })
  @ApiConflict(TOO_MANY)
  async create(
    @Body({ schema: createDashboardSchema }) body: CreateDashboard,
    @CurrentUser() user: AuthenticatedUser,
  ): Promise<DashboardResponse> {
    return toDashboardResponse(await this.dashboards.create(body, user));
  }

  @Patch(':id')
  @RequirePermission('dashboard:read')
  @ApiOperation({ summary: 'Change a dashboard; a shared one needs dashboard:write in its municipality' })
  @ApiData(dashboardSchema, { example: { ...DASHBOARD_EXAMPLE, name: 'Flood watch at night', version: 2 } })
  @ApiConflict({ ...VERSION_CONFLICT, ...TOO_MANY })
  async update(
    @Param('id', ID) id: string,
    @Body({ schema: patchDashboardSchema }) { version, ...patch }: PatchDashboard,
    @IfMatch() ifMatch: ExpectedVersion,
    @CurrentUser() user: AuthenticatedUser,
  ): Promise<DashboardResponse> {
    return toDashboardResponse(await this.dashboards.update(id, patch, user, expectedVersion(ifMatch, version)));
  }

  @Delete(':id')
  @RequirePermission('dashboard:read')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a dashboard; a shared one needs dashboard:write in its municipality' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiConflict(VERSION_CONFLICT)
  async remove(
    @Param('id', ID) id: string,
    @IfMatch() ifMatch: ExpectedVersion,
    @CurrentUser() user: AuthenticatedUser,
  ): Promise<void> {
    await this.dashboards.remove(id, user, ifMatch);
  }
}
