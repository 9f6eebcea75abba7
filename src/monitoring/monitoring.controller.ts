import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiData } from '../common/openapi/api-data.decorator.js';
import { type CoarseHealth, coarseHealthSchema } from './health.schema.js';
import { HealthService } from './health.service.js';

/** How the platform and its services are. */
@ApiTags('monitoring')
@Controller('monitoring')
export class MonitoringController {
  constructor(private readonly health: HealthService) {}

  @Get('health')
  @ApiOperation({ summary: 'How the platform is, in one word' })
  @ApiData(coarseHealthSchema, { example: { status: 'up' } })
  async coarseHealth(): Promise<CoarseHealth> {
    const { status } = await this.health.check();
    return { status };
  }
}
