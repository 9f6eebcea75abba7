import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { ApiConflict, VERSION_CONFLICT } from '../../common/openapi/api-conflict.decorator.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { uuidSchema } from '../../common/validation/schemas.js';
import { IfMatch } from '../../common/versioning/if-match.decorator.js';
import { expectedVersion, type ExpectedVersion } from '../../common/versioning/version.js';
import { toSensorResponse } from './sensor.mapper.js';
import {
  createSensorSchema,
  listSensorsSchema,
  patchSensorSchema,
  SENSOR_EXAMPLE,
  sensorSchema,
  type CreateSensor,
  type ListSensors,
  type PatchSensor,
  type SensorResponse,
} from './sensor.schemas.js';
import { SensorsService } from './sensors.service.js';

/** Sensors of the caller's devices. */
@ApiTags('sensors')
@Controller('sensors')
export class SensorsController {
  constructor(private readonly sensors: SensorsService) {}

  @Get()
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'List sensors, oldest first' })
  @ApiPage(sensorSchema, { example: [SENSOR_EXAMPLE] })
  async list(@Query({ schema: listSensorsSchema }) query: ListSensors): Promise<Page<SensorResponse>> {
    return (await this.sensors.list(query)).map(toSensorResponse);
  }

  @Get(':id')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'One sensor' })
  @ApiData(sensorSchema, { example: SENSOR_EXAMPLE })
  async get(@Param('id', { schema: uuidSchema }) id: string): Promise<SensorResponse> {
    return toSensorResponse(await this.sensors.get(id));
  }

  @Post()
  @RequirePermission('device:write')
  @ApiOperation({ summary: 'Add a sensor to a device' })
  @ApiData(sensorSchema, { status: 201, description: 'Added', example: SENSOR_EXAMPLE })
  async create(@Body({ schema: createSensorSchema }) body: CreateSensor): Promise<SensorResponse> {
    return toSensorResponse(await this.sensors.create(body));
  }

  @Patch(':id')
  @RequirePermission('device:write')
  @ApiOperation({ summary: 'Change a sensor' })
  @ApiConflict(VERSION_CONFLICT)
  @ApiData(sensorSchema, { example: SENSOR_EXAMPLE })
  async update(
    @Param('id', { schema: uuidSchema }) id: string,
    @Body({ schema: patchSensorSchema }) { version, ...patch }: PatchSensor,
    @IfMatch() ifMatch: ExpectedVersion,
  ): Promise<SensorResponse> {
    return toSensorResponse(await this.sensors.update(id, patch, expectedVersion(ifMatch, version)));
  }
}
