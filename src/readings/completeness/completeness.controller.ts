import { Controller, Get, Param, Query, type StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { RateLimited } from '../../auth/rate-limits/rate-class.js';
import { csvFile } from '../../common/csv/csv-stream.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { deviceIdSchema, uuidSchema } from '../../common/validation/schemas.js';
import { BUCKET_COLUMNS, bucketRows, DAY_COLUMNS, DEVICE_COLUMNS } from './completeness.columns.js';
import { DEVICE_COMPLETENESS_EXAMPLE, DEVICE_SUMMARY_EXAMPLES, MUNICIPALITY_EXAMPLE } from './completeness.examples.js';
import { toDeviceCompleteness, toDeviceSummary, toMunicipalityCompleteness } from './completeness.mapper.js';
import * as schemas from './completeness.schemas.js';
import { CompletenessService } from './completeness.service.js';
import { FleetCompletenessService } from './fleet-completeness.service.js';

const DEVICE = { schema: deviceIdSchema };
const MUNICIPALITY = { schema: uuidSchema };
const CSV = { description: 'The file', content: { 'text/csv': { schema: { type: 'string' } } } } as const;

/** What devices delivered of what they were to deliver. */
@ApiTags('completeness')
@Controller()
export class CompletenessController {
  constructor(
    private readonly completeness: CompletenessService,
    private readonly fleet: FleetCompletenessService,
  ) {}

  @Get('devices/:deviceId/completeness')
  @RequirePermission('device:read')
  @ApiOperation({
    summary: 'What a device delivered of what it was to deliver in [from, to): percent, and each slot that is missing',
    description:
      'A device is expected once in each reporting interval, at the times of day that it keeps itself. Received is what ' +
      'is stored, so a late reading closes its gap. What is not due yet, or was not expected (before the first reading, ' +
      'while deactivated), does not count.',
  })
  @ApiData(schemas.deviceCompletenessSchema, { example: DEVICE_COMPLETENESS_EXAMPLE })
  async ofDevice(
    @Param('deviceId', DEVICE) deviceId: string,
    @Query({ schema: schemas.completenessQuerySchema }) query: schemas.CompletenessQuery,
  ): Promise<schemas.DeviceCompletenessResponse> {
    return toDeviceCompleteness(await this.completeness.ofDevice(deviceId, query));
  }

  @Get('devices/:deviceId/completeness/export')
  @RateLimited('export')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'Its hours or days as CSV, with the slots that are missing in each' })
  @ApiOkResponse(CSV)
  async exportDevice(
    @Param('deviceId', DEVICE) deviceId: string,
    @Query({ schema: schemas.completenessQuerySchema }) query: schemas.CompletenessQuery,
  ): Promise<StreamableFile> {
    const found = await this.completeness.ofDevice(deviceId, query);
    return csvFile(`completeness-${deviceId}.csv`, BUCKET_COLUMNS, bucketRows(deviceId, found));
  }

  @Get('municipalities/:id/completeness')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'What the devices of a municipality, or of those of a region, delivered; per day as well' })
  @ApiData(schemas.municipalityCompletenessSchema, { example: MUNICIPALITY_EXAMPLE })
  async ofMunicipality(
    @Param('id', MUNICIPALITY) id: string,
    @Query({ schema: schemas.municipalityQuerySchema }) query: schemas.MunicipalityQuery,
  ): Promise<schemas.MunicipalityCompletenessResponse> {
    return toMunicipalityCompleteness(await this.fleet.ofMunicipality(id, query));
  }

  @Get('municipalities/:id/completeness/export')
  @RateLimited('export')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'Its days as CSV' })
  @ApiOkResponse(CSV)
  async exportMunicipality(
    @Param('id', MUNICIPALITY) id: string,
    @Query({ schema: schemas.municipalityQuerySchema }) query: schemas.MunicipalityQuery,
  ): Promise<StreamableFile> {
    const { municipalityId, days } = await this.fleet.ofMunicipality(id, query);
    const rows = days.map((day) => ({ municipalityId, day }));
    return csvFile('completeness-municipality.csv', DAY_COLUMNS, rows);
  }

  @Get('completeness/devices')
  @RequirePermission('device:read')
  @ApiOperation({
    summary: 'Which devices are incomplete: active ones that never delivered, then the worst first',
    description: 'At most 31 days. Devices of which nothing was expected (deactivated) come last.',
  })
  @ApiPage(schemas.deviceSummarySchema, { example: DEVICE_SUMMARY_EXAMPLES })
  async devices(
    @Query({ schema: schemas.deviceListQuerySchema }) query: schemas.DeviceListQuery,
  ): Promise<Page<schemas.DeviceSummaryResponse>> {
    return (await this.fleet.page(query)).map(toDeviceSummary);
  }

  @Get('completeness/devices/export')
  @RateLimited('export')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'All of them as CSV, in the same order' })
  @ApiOkResponse(CSV)
  async exportDevices(
    @Query({ schema: schemas.deviceExportQuerySchema }) query: schemas.DeviceExportQuery,
  ): Promise<StreamableFile> {
    return csvFile('completeness-devices.csv', DEVICE_COLUMNS, await this.fleet.all(query));
  }
}
