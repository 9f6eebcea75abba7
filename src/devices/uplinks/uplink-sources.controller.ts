import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { ApiConflict, VERSION_CONFLICT } from '../../common/openapi/api-conflict.decorator.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { uuidSchema } from '../../common/validation/schemas.js';
import { IfMatch } from '../../common/versioning/if-match.decorator.js';
import { expectedVersion, type ExpectedVersion } from '../../common/versioning/version.js';
import {
  createUplinkSourceSchema,
  listUplinkSourcesSchema,
  patchUplinkSourceSchema,
  toUplinkSourceResponse,
  UPLINK_SOURCE_EXAMPLE,
  UPLINK_TOKEN_EXAMPLE,
  uplinkSourceSchema,
  uplinkSourceWithTokenSchema,
  type CreateUplinkSource,
  type ListUplinkSources,
  type PatchUplinkSource,
  type UplinkSourceResponse,
  type UplinkSourceWithToken,
} from './uplink-source.schemas.js';
import { UplinkSourcesService } from './uplink-sources.service.js';

const ID = { schema: uuidSchema };

/** LoRaWAN network servers that hand over what devices of the municipality send. */
@ApiTags('uplinks')
@Controller('uplink-sources')
export class UplinkSourcesController {
  constructor(private readonly sources: UplinkSourcesService) {}

  @Get()
  @RequirePermission('profile:read')
  @ApiOperation({ summary: 'List uplink sources' })
  @ApiPage(uplinkSourceSchema, { example: [UPLINK_SOURCE_EXAMPLE] })
  async list(
    @Query({ schema: listUplinkSourcesSchema }) query: ListUplinkSources,
  ): Promise<Page<UplinkSourceResponse>> {
    return (await this.sources.list(query)).map(toUplinkSourceResponse);
  }

  @Post()
  @RequirePermission('profile:write')
  @ApiOperation({ summary: 'Add a network server; its token is shown once' })
  @ApiData(uplinkSourceWithTokenSchema, { status: 201, description: 'Added', example: UPLINK_TOKEN_EXAMPLE })
  async create(@Body({ schema: createUplinkSourceSchema }) body: CreateUplinkSource): Promise<UplinkSourceWithToken> {
    const { source, token } = await this.sources.create(body);
    return { ...toUplinkSourceResponse(source), token };
  }

  @Patch(':id')
  @RequirePermission('profile:write')
  @ApiOperation({ summary: 'Rename a source, or switch it off and on' })
  @ApiData(uplinkSourceSchema, { example: { ...UPLINK_SOURCE_EXAMPLE, enabled: false, version: 2 } })
  @ApiConflict(VERSION_CONFLICT)
  async update(
    @Param('id', ID) id: string,
    @Body({ schema: patchUplinkSourceSchema }) { version, ...patch }: PatchUplinkSource,
    @IfMatch() ifMatch: ExpectedVersion,
  ): Promise<UplinkSourceResponse> {
    return toUplinkSourceResponse(await this.sources.update(id, patch, expectedVersion(ifMatch, version)));
  }

  @Post(':id/rotate')
  @RequirePermission('profile:write')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Give a source a new token; the old one ends at once' })
  @ApiData(uplinkSourceWithTokenSchema, { example: { ...UPLINK_TOKEN_EXAMPLE, version: 2 } })
  async rotate(@Param('id', ID) id: string): Promise<UplinkSourceWithToken> {
    const { source, token } = await this.sources.rotate(id);
    return { ...toUplinkSourceResponse(source), token };
  }

  @Delete(':id')
  @RequirePermission('profile:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a source; nothing is taken from it any more' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiConflict(VERSION_CONFLICT)
  async remove(@Param('id', ID) id: string, @IfMatch() ifMatch: ExpectedVersion): Promise<void> {
    await this.sources.remove(id, ifMatch);
  }
}
