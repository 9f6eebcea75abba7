import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { ApiConflict, VERSION_CONFLICT } from '../../common/openapi/api-conflict.decorator.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { idOrCodeSchema } from '../../common/validation/schemas.js';
import { IfMatch } from '../../common/versioning/if-match.decorator.js';
import { expectedVersion, type ExpectedVersion } from '../../common/versioning/version.js';
import { toProtocolResponse } from './protocol.mapper.js';
import {
  createProtocolSchema,
  listProtocolsSchema,
  patchProtocolSchema,
  PROTOCOL_EXAMPLE,
  protocolSchema,
  type CreateProtocol,
  type ListProtocols,
  type PatchProtocol,
  type ProtocolResponse,
} from './protocol.schemas.js';
import { ProtocolsService } from './protocols.service.js';

const KEY = { schema: idOrCodeSchema };

/** How devices talk, in the whole country. */
@ApiTags('protocols')
@Controller('protocols')
export class ProtocolsController {
  constructor(private readonly protocols: ProtocolsService) {}

  @Get()
  @RequirePermission('protocol:read')
  @ApiOperation({ summary: 'List protocols, by code' })
  @ApiPage(protocolSchema, { example: [PROTOCOL_EXAMPLE] })
  async list(@Query({ schema: listProtocolsSchema }) query: ListProtocols): Promise<Page<ProtocolResponse>> {
    return (await this.protocols.list(query)).map(toProtocolResponse);
  }

  @Get(':key')
  @RequirePermission('protocol:read')
  @ApiOperation({ summary: 'One protocol' })
  @ApiData(protocolSchema, { example: PROTOCOL_EXAMPLE })
  async get(@Param('key', KEY) key: string): Promise<ProtocolResponse> {
    return toProtocolResponse(await this.protocols.get(key));
  }

  @Post()
  @RequirePermission('protocol:write')
  @ApiOperation({ summary: 'Add a protocol to the catalogue' })
  @ApiData(protocolSchema, { status: 201, description: 'Added', example: PROTOCOL_EXAMPLE })
  @ApiConflict({ PROTOCOL_ALREADY_EXISTS: 'The protocol "lorawan_eu868" exists already.' })
  async create(@Body({ schema: createProtocolSchema }) body: CreateProtocol): Promise<ProtocolResponse> {
    return toProtocolResponse(await this.protocols.create(body));
  }

  @Patch(':key')
  @RequirePermission('protocol:write')
  @ApiOperation({ summary: 'Change a protocol; its code stays' })
  @ApiData(protocolSchema, {
    example: {
      ...PROTOCOL_EXAMPLE,
      settings: { region: 'EU868', deviceClass: 'C', activation: 'OTAA' },
      version: 2,
    },
  })
  @ApiConflict(VERSION_CONFLICT)
  async update(
    @Param('key', KEY) key: string,
    @Body({ schema: patchProtocolSchema }) { version, ...patch }: PatchProtocol,
    @IfMatch() ifMatch: ExpectedVersion,
  ): Promise<ProtocolResponse> {
    return toProtocolResponse(await this.protocols.update(key, patch, expectedVersion(ifMatch, version)));
  }

  @Delete(':key')
  @RequirePermission('protocol:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a protocol that no device names' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiConflict({ ...VERSION_CONFLICT, PROTOCOL_IN_USE: 'Devices use the protocol "mqtt": disable it instead.' })
  async remove(@Param('key', KEY) key: string, @IfMatch() ifMatch: ExpectedVersion): Promise<void> {
    await this.protocols.remove(key, ifMatch);
  }
}
