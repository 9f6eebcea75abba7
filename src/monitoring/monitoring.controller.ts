import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public, RequirePermission } from '../auth/access.decorators.js';
import { ApiData } from '../common/openapi/api-data.decorator.js';
import { type CoarseHealth, coarseHealthSchema } from './health.schema.js';
import { HealthService } from './health.service.js';
import { CONNECTIVITY_EXAMPLE, MQTT_STATUS_EXAMPLE, SYSTEM_STATUS_EXAMPLE } from './system-status.examples.js';
import {
  type Connectivity,
  connectivitySchema,
  type MqttStatus,
  mqttStatusSchema,
  type SystemStatus,
  systemStatusSchema,
} from './system-status.schema.js';
import { SystemStatusService } from './system-status.service.js';

/** How the platform and its services are. */
@ApiTags('monitoring')
@Controller('monitoring')
export class MonitoringController {
  constructor(
    private readonly health: HealthService,
    private readonly status: SystemStatusService,
  ) {}

  @Get('health')
  @Public()
  @ApiOperation({ summary: 'How the platform is, in one word' })
  @ApiData(coarseHealthSchema, { example: { status: 'up' } })
  async coarseHealth(): Promise<CoarseHealth> {
    const { status } = await this.health.check();
    return { status };
  }

  @Get('system-status')
  @RequirePermission('system:read')
  @ApiOperation({ summary: 'The answering process, and the services that it needs' })
  @ApiData(systemStatusSchema, { example: SYSTEM_STATUS_EXAMPLE })
  systemStatus(): Promise<SystemStatus> {
    return this.status.system();
  }

  @Get('system-connectivity')
  @RequirePermission('system:read')
  @ApiOperation({ summary: 'Every service that the answering process needs, and why it is not up' })
  @ApiData(connectivitySchema, { example: CONNECTIVITY_EXAMPLE })
  systemConnectivity(): Promise<Connectivity> {
    return this.status.connectivity();
  }

  @Get('mqtt/status')
  @RequirePermission('system:read')
  @ApiOperation({ summary: 'The connections of the answering process to the broker, and what went through them' })
  @ApiData(mqttStatusSchema, { example: MQTT_STATUS_EXAMPLE })
  mqttStatus(): Promise<MqttStatus> {
    return this.status.broker();
  }
}
