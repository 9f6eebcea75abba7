import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page, PageQuery } from '../../common/pagination/page.js';
import { metricCodeSchema } from '../../common/validation/schemas.js';
import { toSensorTypeResponse } from './sensor-type.mapper.js';
import {
  createSensorTypeSchema,
  listSensorTypesSchema,
  patchSensorTypeSchema,
  SENSOR_TYPE_EXAMPLE,
  sensorTypeSchema,
  type CreateSensorType,
  type PatchSensorType,
  type SensorTypeResponse,
} from './sensor-type.schemas.js';
import { SensorTypesService } from './sensor-types.service.js';

/** What can be measured, in the whole country. */
@ApiTags('sensor-types')
@Controller('sensor-types')
export class SensorTypesController {
  constructor(private readonly types: SensorTypesService) {}

  @Get()
  @RequirePermission('sensor_type:read')
  @ApiOperation({ summary: 'List sensor types, by code' })
  @ApiPage(sensorTypeSchema, { example: [SENSOR_TYPE_EXAMPLE] })
  async list(@Query({ schema: listSensorTypesSchema }) query: PageQuery): Promise<Page<SensorTypeResponse>> {
    return (await this.types.list(query)).map(toSensorTypeResponse);
  }

  @Get(':code')
  @RequirePermission('sensor_type:read')
  @ApiOperation({ summary: 'One sensor type' })
  @ApiData(sensorTypeSchema, { example: SENSOR_TYPE_EXAMPLE })
  async get(@Param('code', { schema: metricCodeSchema }) code: string): Promise<SensorTypeResponse> {
    return toSensorTypeResponse(await this.types.get(code));
  }

  @Post()
  @RequirePermission('sensor_type:write')
  @ApiOperation({ summary: 'Add a sensor type; devices can use it at once' })
  @ApiData(sensorTypeSchema, { status: 201, description: 'Added', example: SENSOR_TYPE_EXAMPLE })
  async create(@Body({ schema: createSensorTypeSchema }) body: CreateSensorType): Promise<SensorTypeResponse> {
    return toSensorTypeResponse(await this.types.create(body));
  }

  @Patch(':code')
  @RequirePermission('sensor_type:write')
  @ApiOperation({ summary: 'Change a sensor type' })
  @ApiData(sensorTypeSchema, { example: SENSOR_TYPE_EXAMPLE })
  async update(
    @Param('code', { schema: metricCodeSchema }) code: string,
    @Body({ schema: patchSensorTypeSchema }) patch: PatchSensorType,
  ): Promise<SensorTypeResponse> {
    return toSensorTypeResponse(await this.types.update(code, patch));
  }
}
