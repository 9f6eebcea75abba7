import { Controller, HttpCode, HttpStatus, Post, Query, RawBody } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { ApiData } from '../../common/openapi/api-data.decorator.js';
import { REGISTERED_EXAMPLE } from '../device.examples.js';
import { DeviceImportService } from './device-import.service.js';
import { importQuerySchema, importResultSchema, type ImportQuery, type ImportResult } from './import.schemas.js';

const FILE_EXAMPLE = `device_id,name,municipality,auth_methods,latitude,longitude,sensors,heartbeat_interval_seconds,protocol,metadata.mast
river-gauge-017,Gauge at the old mill,,api_key|mqtt,47.0707,15.4395,water_level_cm|battery_level:batt,300,mqtt,M-4
river-gauge-018,Gauge at the weir,,api_key,47.0712,15.4401,water_level_cm,300,mqtt,M-5
`;
const RESULT_EXAMPLE: ImportResult = {
  dryRun: false,
  atomic: false,
  counts: { rows: 2, created: 1, exists: 1, error: 0, valid: 0, not_stored: 0 },
  rows: [
    {
      line: 2,
      deviceId: 'river-gauge-017',
      status: 'created',
      municipalityId: REGISTERED_EXAMPLE.municipalityId,
      credentials: REGISTERED_EXAMPLE.credentials,
    },
    {
      line: 3,
      deviceId: 'river-gauge-018',
      status: 'exists',
      code: 'DEVICE_ALREADY_EXISTS',
      message: 'The device id "river-gauge-018" is taken.',
    },
  ],
};

/** Many devices at once. */
@ApiTags('devices')
@Controller('devices')
export class DeviceImportController {
  constructor(private readonly service: DeviceImportService) {}

  @Post('import')
  @RequirePermission('device:register')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Register the devices of a CSV file; tells what became of each line, with the secrets of new devices once',
  })
  @ApiConsumes('text/csv')
  @ApiBody({ schema: { type: 'string', example: FILE_EXAMPLE } })
  @ApiData(importResultSchema, { example: RESULT_EXAMPLE })
  import(
    @RawBody() file: Buffer | undefined,
    @Query({ schema: importQuerySchema }) query: ImportQuery,
  ): Promise<ImportResult> {
    return this.service.import(file ?? Buffer.alloc(0), query);
  }
}
