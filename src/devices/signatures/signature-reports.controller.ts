import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../auth/access.decorators.js';
import { ApiData, ApiPage } from '../../common/openapi/api-data.decorator.js';
import type { Page } from '../../common/pagination/page.js';
import { deviceIdSchema } from '../../common/validation/schemas.js';
import { AppConfig } from '../../config/app-config.js';
import {
  CLOCK_EXAMPLE,
  deviceClockSchema,
  listRefusalsSchema,
  REFUSAL_EXAMPLES,
  refusalSchema,
  type DeviceClockResponse,
  type ListRefusals,
  type RefusalResponse,
} from './signature-report.schemas.js';
import { SignatureReports } from './signature-reports.service.js';
import { HTTP_AGE_LIMITS, MQTT_FUTURE_MS } from './signature.js';

const DEVICE = { schema: deviceIdSchema };

/** What signatures tell about a device. */
@ApiTags('devices')
@Controller('devices/:deviceId')
export class SignatureReportsController {
  constructor(
    private readonly reports: SignatureReports,
    private readonly config: AppConfig,
  ) {}

  @Get('clock')
  @RequirePermission('device:read')
  @ApiOperation({ summary: 'How far the clock of a device that signs is off' })
  @ApiData(deviceClockSchema, { example: CLOCK_EXAMPLE })
  async clock(@Param('deviceId', DEVICE) deviceId: string): Promise<DeviceClockResponse> {
    const clock = await this.reports.clock(deviceId);
    return {
      deviceId,
      skewMs: clock?.skewMs ?? null,
      measuredAt: clock?.measuredAt.toISOString() ?? null,
      accepted: {
        httpMs: [-HTTP_AGE_LIMITS.pastMs, HTTP_AGE_LIMITS.futureMs],
        mqttMs: [-this.config.mqtt.signatureMaxAgeSeconds * 1000, MQTT_FUTURE_MS],
      },
    };
  }

  @Get('refusals')
  @RequirePermission('device:read')
  @ApiOperation({
    summary: 'How many messages and requests of a device were refused for their signature, per day',
    description:
      'Messages by MQTT stand one by one in `GET /readings/rejected`, too; requests by HTTP are only counted.',
  })
  @ApiPage(refusalSchema, { example: REFUSAL_EXAMPLES })
  async refusals(
    @Param('deviceId', DEVICE) deviceId: string,
    @Query({ schema: listRefusalsSchema }) query: ListRefusals,
  ): Promise<Page<RefusalResponse>> {
    return (await this.reports.refusals(deviceId, query)).map(({ day, code, count }) => ({ day, code, count }));
  }
}
