import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { RequirePermission } from '../../auth/access.decorators.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { deviceIdSchema } from '../../common/validation/schemas.js';
import { DEVICE_EXAMPLE } from '../device.examples.js';
import { toDeviceResponse } from '../device.mapper.js';
import { deviceSchema, type DeviceResponse } from '../device.schemas.js';
import { HealthSummaryService } from './health-summary.service.js';
import {
  healthCountsSchema,
  healthSummaryQuerySchema,
  type HealthCountsResponse,
  type HealthSummaryQuery,
} from './health-summary.schemas.js';
import {
  AVAILABILITY_EXAMPLE,
  DEVICE_AVAILABILITY_EXAMPLE,
  HEALTH_COUNTS_EXAMPLE,
  STATUS_CHANGE_EXAMPLE,
} from './heartbeat.examples.js';
import { AvailabilityService } from './history/availability.service.js';
import { toAvailabilityReport, toDeviceAvailability, toStatusChange } from './history/history.mapper.js';
import * as schemas from './history/history.schemas.js';
import { StatusHistoryService } from './history/status-history.service.js';
import { maintenanceSchema, type Maintenance } from './maintenance/maintenance.schemas.js';
import { MaintenanceService } from './maintenance/maintenance.service.js';

const ID = { schema: deviceIdSchema };
const UNTIL = '2027-03-01T16:00:00.000Z';

/** The life of devices: what they are and were, and when somebody works on them. */
@ApiTags('Device health')
@Controller('devices')
export class HeartbeatController {
  constructor(
    private readonly summary: HealthSummaryService,
    private readonly history: StatusHistoryService,
    private readonly availability: AvailabilityService,
    private readonly maintenance: MaintenanceService,
  ) {}

  @Get('health/summary')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'How many devices are online, late, offline and so on, by municipality' })
  @ApiData(z.array(healthCountsSchema), { example: [HEALTH_COUNTS_EXAMPLE] })
  async counts(
    @Query({ schema: healthSummaryQuerySchema }) query: HealthSummaryQuery,
  ): Promise<HealthCountsResponse[]> {
    const counts = await this.summary.count(query.municipalityId);
    return counts.map(({ municipalityId, states }) => ({ municipalityId, ...states }));
  }

  @Get('availability')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'How much of the time the devices of a municipality could be heard, device by device' })
  @ApiPage(schemas.deviceAvailabilitySchema, { example: [DEVICE_AVAILABILITY_EXAMPLE] })
  async availabilities(
    @Query({ schema: schemas.availabilityListQuerySchema }) query: schemas.AvailabilityListQuery,
  ): Promise<Page<schemas.DeviceAvailabilityResponse>> {
    return (await this.availability.page(query)).map(toDeviceAvailability);
  }

  @Get('availability/summary')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'How much of the time all devices of a municipality could be heard, by day' })
  @ApiData(schemas.availabilityReportSchema, { example: AVAILABILITY_EXAMPLE })
  async availabilitySummary(
    @Query({ schema: schemas.availabilitySummaryQuerySchema }) query: schemas.AvailabilitySummaryQuery,
  ): Promise<schemas.AvailabilityReportResponse> {
    return toAvailabilityReport(await this.availability.ofMunicipality(query.municipalityId, query));
  }

  @Get(':deviceId/availability')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'How much of the time a device could be heard, by day' })
  @ApiData(schemas.availabilityReportSchema, { example: AVAILABILITY_EXAMPLE })
  async availabilityOf(
    @Param('deviceId', ID) deviceId: string,
    @Query({ schema: schemas.availabilityQuerySchema }) query: schemas.AvailabilityQuery,
  ): Promise<schemas.AvailabilityReportResponse> {
    return toAvailabilityReport(await this.availability.ofDevice(deviceId, query));
  }

  @Get(':deviceId/status-history')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'When a device became online, late, offline and so on, the newest first' })
  @ApiPage(schemas.statusChangeSchema, { example: [STATUS_CHANGE_EXAMPLE] })
  async changes(
    @Param('deviceId', ID) deviceId: string,
    @Query({ schema: schemas.statusHistoryQuerySchema }) query: schemas.StatusHistoryQuery,
  ): Promise<Page<schemas.StatusChangeResponse>> {
    return (await this.history.list(deviceId, query)).map(toStatusChange);
  }

  @Post(':deviceId/maintenance')
  @RequirePermission('device:write')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Somebody works on the device: no alerts about it until then' })
  @ApiData(deviceSchema, {
    example: { ...DEVICE_EXAMPLE, maintenanceUntil: UNTIL, maintenanceReason: 'The mast is painted.' },
  })
  async beginMaintenance(
    @Param('deviceId', ID) deviceId: string,
    @Body({ schema: maintenanceSchema }) maintenance: Maintenance,
  ): Promise<DeviceResponse> {
    return toDeviceResponse(await this.maintenance.begin(deviceId, maintenance));
  }

  @Delete(':deviceId/maintenance')
  @RequirePermission('device:write')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'The work on the device is over' })
  async endMaintenance(@Param('deviceId', ID) deviceId: string): Promise<void> {
    await this.maintenance.end(deviceId);
  }
}
