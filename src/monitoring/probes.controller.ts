import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../auth/access.decorators.js';
import { RateLimited } from '../auth/rate-limits/rate-class.js';
import { RawResponse } from '../common/envelope/raw-response.decorator.js';
import { ApiRaw } from '../common/openapi/api-data.decorator.js';
import { type Liveness, livenessSchema, type Readiness, readinessSchema } from './health.schema.js';
import { HealthService } from './health.service.js';

const NOT_READY = { status: 'not_ready', services: { database: 'down', redis: 'up', mqtt: 'up' } };

/** What containers and load balancers ask, at the root and without the envelope. */
@ApiTags('monitoring')
@Controller()
@RawResponse()
@RateLimited('none')
export class ProbesController {
  constructor(private readonly health: HealthService) {}

  @Get('health')
  @Public()
  @ApiOperation({ summary: 'Is the process alive? Asks no other service.' })
  @ApiRaw(livenessSchema, { example: { status: 'ok', uptimeSeconds: 86.4 } })
  alive(): Liveness {
    return { status: 'ok', uptimeSeconds: Math.round(process.uptime() * 10) / 10 };
  }

  @Get('ready')
  @Public()
  @ApiOperation({ summary: 'Are all services there that this process needs for its roles?' })
  @ApiRaw(readinessSchema, { example: { status: 'ready', services: { database: 'up', redis: 'up', mqtt: 'up' } } })
  @ApiRaw(readinessSchema, {
    status: HttpStatus.SERVICE_UNAVAILABLE,
    description: 'A service is away',
    example: NOT_READY,
  })
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    const { status, services } = await this.health.check();
    if (status === 'down') response.status(HttpStatus.SERVICE_UNAVAILABLE);
    const states = Object.entries(services).map(([name, service]) => [name, service.status]);
    return {
      status: status === 'down' ? 'not_ready' : 'ready',
      services: Object.fromEntries(states) as Readiness['services'],
    };
  }
}
