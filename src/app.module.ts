import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { LoggerModule } from 'nestjs-pino';
import { AlertsModule } from './alerts/alerts.module.js';
import { AuditJobsModule } from './audit/audit-jobs.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthJobsModule } from './auth/auth-jobs.module.js';
import { AuthModule } from './auth/auth.module.js';
import { CommonModule } from './common/common.module.js';
import { EnvelopeInterceptor } from './common/envelope/envelope.interceptor.js';
import { AllExceptionsFilter } from './common/errors/all-exceptions.filter.js';
import { HttpExceptionFilter } from './common/errors/http-exception.filter.js';
import { RpcExceptionFilter } from './common/errors/rpc-exception.filter.js';
import { createValidationPipe } from './common/errors/standard-schema.errors.js';
import { WsExceptionFilter } from './common/errors/ws-exception.filter.js';
import { OutboundModule } from './common/http/outbound.module.js';
import { loggerParams } from './common/logging/logger.options.js';
import { StrictRequestInterceptor } from './common/validation/strict-request.interceptor.js';
import { AppConfig } from './config/app-config.js';
import { ConfigModule } from './config/config.module.js';
import { DashboardsModule } from './dashboards/dashboards.module.js';
import { DatabaseModule } from './database/database.module.js';
import { CommandsModule } from './devices/commands/commands.module.js';
import { BrokerRightsModule } from './devices/broker/broker-rights.module.js';
import { CertificatesJobsModule } from './devices/certificates/certificates-jobs.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { SignaturesJobsModule } from './devices/signatures/signatures-jobs.module.js';
import { SweepJobsModule } from './devices/heartbeat/sweep/sweep-jobs.module.js';
import { MailModule } from './mail/mail.module.js';
import { MonitoringModule } from './monitoring/monitoring.module.js';
import { MqttModule } from './mqtt/mqtt.module.js';
import { MunicipalitiesModule } from './municipalities/municipalities.module.js';
import { OutboxModule } from './outbox/outbox.module.js';
import { QueueModule } from './queue/queue.module.js';
import { ReadingsJobsModule } from './readings/readings-jobs.module.js';
import { ReadingsModule } from './readings/readings.module.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { RedisModule } from './redis/redis.module.js';

type Imported = NonNullable<DynamicModule['imports']>[number];

/** The composition root: which rooms a process has, by its roles, and what applies to every one of their handlers. */
@Module({})
export class AppModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [...foundation(config), ...rooms(), ...roomsOfRoles(config)],
      providers: ENHANCERS,
    };
  }
}

/** What every room stands on. */
export function foundation(config: AppConfig): Imported[] {
  return [
    CommonModule,
    ConfigModule.forRoot(config),
    LoggerModule.forRoot(loggerParams(config.logging)),
    OutboundModule.forRoot(config.outbound),
  ];
}

/** Rooms of every process; one a line, in the order of the alphabet. */
function rooms(): Imported[] {
  return [
    AlertsModule,
    AuditModule,
    AuthModule,
    CommandsModule,
    DatabaseModule,
    DevicesModule,
    MailModule,
    MonitoringModule,
    MqttModule.forRootAsync({ inject: [AppConfig], useFactory: (config: AppConfig) => config.mqtt }),
    MunicipalitiesModule,
    OutboxModule,
    ReadingsModule,
    RedisModule,
  ];
}

/** Rooms that only some processes have. */
function roomsOfRoles(config: AppConfig): Imported[] {
  const api: Imported[] = [DashboardsModule, RealtimeModule];
  const worker: Imported[] = [
    AuditJobsModule,
    QueueModule.forRoot(config),
    AuthJobsModule,
    CertificatesJobsModule,
    ReadingsJobsModule,
    SignaturesJobsModule,
    SweepJobsModule,
  ];
  const rights: Imported[] = config.mqtt.dynamicSecurity ? [BrokerRightsModule] : [];
  return [...(config.hasRole('api') ? api : []), ...(config.hasRole('worker') ? worker : []), ...rights];
}

/** Runs around every handler of HTTP, MQTT and WebSocket. */
export const ENHANCERS: Provider[] = [
  HttpExceptionFilter,
  RpcExceptionFilter,
  WsExceptionFilter,
  { provide: APP_FILTER, useClass: AllExceptionsFilter },
  { provide: APP_INTERCEPTOR, useClass: StrictRequestInterceptor },
  { provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor },
  { provide: APP_PIPE, useFactory: createValidationPipe },
];
