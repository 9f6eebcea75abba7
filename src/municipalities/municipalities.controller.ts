import { Body, Controller, Get, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../auth/access.decorators.js';
import { ApiData, ApiPage } from '../common/openapi/api-data.decorator.js';
import type { Page } from '../common/pagination/page.js';
import { uuidSchema } from '../common/validation/schemas.js';
import { toMunicipalityResponse } from './municipality.mapper.js';
import {
  createMunicipalitySchema,
  listMunicipalitiesSchema,
  MUNICIPALITY_EXAMPLE,
  municipalitySchema,
  patchMunicipalitySchema,
  type CreateMunicipality,
  type ListMunicipalities,
  type MunicipalityResponse,
  type PatchMunicipality,
} from './municipality.schemas.js';
import { MunicipalityService } from './municipality.service.js';

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
  async get(@Param('id', { schema: uuidSchema }) id: string): Promise<MunicipalityResponse> {
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
  @ApiOperation({ summary: 'Rename, suspend or resume a municipality' })
  @ApiData(municipalitySchema, { example: MUNICIPALITY_EXAMPLE })
  async update(
    @Param('id', { schema: uuidSchema }) id: string,
    @Body({ schema: patchMunicipalitySchema }) body: PatchMunicipality,
  ): Promise<MunicipalityResponse> {
    return toMunicipalityResponse(await this.service.update(id, body));
  }
}
