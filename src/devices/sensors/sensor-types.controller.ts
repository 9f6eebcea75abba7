import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import { ApiConflict, VERSION_CONFLICT } from '../../common/openapi/api-conflict.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { idOrCodeSchema } from '../../common/validation/schemas.js';
import { IfMatch } from '../../common/versioning/if-match.decorator.js';
import { expectedVersion, type ExpectedVersion } from '../../common/versioning/version.js';
import { toSensorTypeResponse } from './sensor-type.mapper.js';
import {
  createSensorTypeSchema,
  listSensorTypesSchema,
  patchSensorTypeSchema,
  SENSOR_TYPE_EXAMPLE,
  sensorTypeSchema,
  type CreateSensorType,
  type ListSensorTypes,
  type PatchSensorType,
  type SensorTypeResponse,
} from './sensor-type.schemas.js';
import { SensorTypesService } from './sensor-types.service.js';

const KEY = { schema: idOrCodeSchema };

/** What can be measured, in the whole country. */
@ApiTags('sensor-types')
@Controller('sensor-types')
export class SensorTypesController {
  constructor(private readonly types: SensorTypesService) {}

  @Get()
  @RequirePermission('sensor_type:read')
  @ApiOperation({ summary: 'List sensor types, by code' })
  @ApiPage(sensorTypeSchema, { example: [SENSOR_TYPE_EXAMPLE] })
  async list(@Query({ schema: listSensorTypesSchema }) query: ListSensorTypes): Promise<Page<SensorTypeResponse>> {
    return (await this.types.list(query)).map(toSensorTypeResponse);
  }

  @Get(':key')
  @RequirePermission('sensor_type:read')
  @ApiOperation({ summary: 'One sensor type' })
  @ApiData(sensorTypeSchema, { example: SENSOR_TYPE_EXAMPLE })
  async get(@Param('key', KEY) key: string): Promise<SensorTypeResponse> {
    return toSensorTypeResponse(await this.types.get(key));
  }

  @Post()
  @RequirePermission('sensor_type:write')
  @ApiConflict({ SENSOR_TYPE_ALREADY_EXISTS: 'The sensor type "snow_depth_cm" exists already.' })
  @ApiOperation({ summary: 'Add a sensor type; devices can use it at once' })
  @ApiData(sensorTypeSchema, { status: 201, description: 'Added', example: SENSOR_TYPE_EXAMPLE })
  async create(@Body({ schema: createSensorTypeSchema }) body: CreateSensorType): Promise<SensorTypeResponse> {
    return toSensorTypeResponse(await this.types.create(body));
  }

  @Patch(':key')
  @RequirePermission('sensor_type:write')
  @ApiOperation({ summary: 'Change a sensor type; its code stays' })
  @ApiData(sensorTypeSchema, { example: { ...SENSOR_TYPE_EXAMPLE, validMax: 900, version: 4 } })
  @ApiConflict(VERSION_CONFLICT)
  async update(
    @Param('key', KEY) key: string,
    @Body({ schema: patchSensorTypeSchema }) { version, ...patch }: PatchSensorType,
    @IfMatch() ifMatch: ExpectedVersion,
  ): Promise<SensorTypeResponse> {
    return toSensorTypeResponse(await this.types.update(key, patch, expectedVersion(ifMatch, version)));
  }

  @Delete(':key')
  @RequirePermission('sensor_type:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a sensor type that no sensor and no rule uses' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiConflict({ ...VERSION_CONFLICT, SENSOR_TYPE_IN_USE: 'The sensor type "water_level_cm" is used by sensors.' })
  async remove(@Param('key', KEY) key: string, @IfMatch() ifMatch: ExpectedVersion): Promise<void> {
    await this.types.remove(key, ifMatch);
  }
}
