import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../auth/access.decorators.js';
import { ApiData, ApiPage } from '../common/openapi/api-data.decorator.js';
import type { Page } from '../common/pagination/page.js';
import { uuidSchema } from '../common/validation/schemas.js';
import { IfMatch } from '../common/versioning/if-match.decorator.js';
import { expectedVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { toMunicipalityResponse } from './municipality.mapper.js';
import {
  createMunicipalitySchema,
  listMunicipalitiesSchema,
  MUNICIPALITY_EXAMPLE,
  municipalitySchema,
  patchMunicipalitySchema,
  patchSettingsSchema,
  type CreateMunicipality,
  type ListMunicipalities,
  type MunicipalityResponse,
  type PatchMunicipality,
  type PatchSettings,
} from './municipality.schemas.js';
import { MunicipalityService } from './municipality.service.js';

const ID = { schema: uuidSchema };

/** The municipalities of the country; everybody sees those that they belong to. */
@ApiTags('municipalities')
@Controller('municipalities')
export class MunicipalitiesController {
  constructor(private readonly service: MunicipalityService) {}

  @Get()
  @RequirePermission('municipality:read')
  @ApiOperation({ summary: 'List municipalities' })
  @ApiPage(municipalitySchema, { example: [MUNICIPALITY_EXAMPLE] })
  async list(
    @Query({ schema: listMunicipalitiesSchema }) query: ListMunicipalities,
  ): Promise<Page<MunicipalityResponse>> {
    return (await this.service.list(query)).map(toMunicipalityResponse);
  }

  @Get(':id')
  @RequirePermission('municipality:read')
  @ApiOperation({ summary: 'One municipality' })
  @ApiData(municipalitySchema, { example: MUNICIPALITY_EXAMPLE })
  async get(@Param('id', ID) id: string): Promise<MunicipalityResponse> {
    return toMunicipalityResponse(await this.service.get(id));
  }

  @Post()
  @RequirePermission('municipality:write')
  @ApiOperation({ summary: 'Create a municipality' })
  @ApiData(municipalitySchema, { status: HttpStatus.CREATED, example: MUNICIPALITY_EXAMPLE })
  async create(@Body({ schema: createMunicipalitySchema }) body: CreateMunicipality): Promise<MunicipalityResponse> {
    return toMunicipalityResponse(await this.service.create(body));
  }

  @Patch(':id')
  @RequirePermission('municipality:write')
  @ApiOperation({ summary: 'Rename, move, suspend or resume a municipality, or change its settings' })
  @ApiData(municipalitySchema, { example: { ...MUNICIPALITY_EXAMPLE, version: 2 } })
  async update(
    @Param('id', ID) id: string,
    @Body({ schema: patchMunicipalitySchema }) body: PatchMunicipality,
    @IfMatch() ifMatch: ExpectedVersion,
  ): Promise<MunicipalityResponse> {
    return toMunicipalityResponse(await this.service.update(id, body, expectedVersion(ifMatch, body.version)));
  }

  @Patch(':id/settings')
  @RequirePermission('municipality:configure')
  @ApiOperation({ summary: 'Change what a municipality sets for itself: time zone, language, retention, contact' })
  @ApiData(municipalitySchema, { example: { ...MUNICIPALITY_EXAMPLE, version: 2 } })
  async configure(
    @Param('id', ID) id: string,
    @Body({ schema: patchSettingsSchema }) body: PatchSettings,
    @IfMatch() ifMatch: ExpectedVersion,
  ): Promise<MunicipalityResponse> {
    return toMunicipalityResponse(await this.service.update(id, body, expectedVersion(ifMatch, body.version)));
  }

  @Delete(':id')
  @RequirePermission('municipality:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a municipality that has nothing yet; 409 MUNICIPALITY_NOT_EMPTY for any other' })
  @ApiNoContentResponse({ description: 'Deleted' })
  async remove(@Param('id', ID) id: string, @IfMatch() ifMatch: ExpectedVersion): Promise<void> {
    await this.service.remove(id, ifMatch);
  }
}
