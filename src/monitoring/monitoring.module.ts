import { Module } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { DevicesModule } from '../devices/devices.module.js';
import { DatabaseHealth } from './database.health.js';
import { HEALTH_INDICATORS, type HealthIndicator } from './health-indicator.js';
import { HealthService } from './health.service.js';
import { MonitoringController } from './monitoring.controller.js';
import { MqttHealth } from './mqtt.health.js';
import { ProbesController } from './probes.controller.js';
import { RedisHealth } from './redis.health.js';
import { SystemStatusService } from './system-status.service.js';

/** Health of the process and of the services that its roles need. */
@Module({
  imports: [DevicesModule],
  controllers: [MonitoringController, ProbesController],
  providers: [
    DatabaseHealth,
    HealthService,
    MqttHealth,
    RedisHealth,
    SystemStatusService,
    {
      provide: HEALTH_INDICATORS,
      inject: [AppConfig, DatabaseHealth, RedisHealth, MqttHealth],
      useFactory: (
        config: AppConfig,
        database: DatabaseHealth,
        redis: RedisHealth,
        mqtt: MqttHealth,
      ): HealthIndicator[] => (config.hasRole('ingest') ? [database, redis, mqtt] : [database, redis]),
    },
  ],
})
export class MonitoringModule {}
