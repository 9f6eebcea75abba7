import { EntityManager } from '@mikro-orm/core';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { AlertsOfDevices } from '../../src/alerts/alerts-of-devices.js';
import { AuditModule } from '../../src/audit/audit.module.js';
import { Clock } from '../../src/common/clock.js';
import { CommonModule } from '../../src/common/common.module.js';
import { newId } from '../../src/common/ids.js';
import {
  ALL_TENANTS,
  newRequestContext,
  runWithRequestContext,
  type TenantScope,
} from '../../src/common/request-context/request-context.js';
import { AppConfig } from '../../src/config/app-config.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { DatabaseModule } from '../../src/database/database.module.js';
import { DeviceAlerts } from '../../src/devices/device-alerts.js';
import { DevicesModule } from '../../src/devices/devices.module.js';
import { SensorType } from '../../src/devices/sensors/sensor-type.entity.js';
import { Municipality } from '../../src/municipalities/municipality.entity.js';
import { MqttModule } from '../../src/mqtt/mqtt.module.js';
import { PoisonSink } from '../../src/mqtt/poison-sink.js';
import { OutboxModule } from '../../src/outbox/outbox.module.js';
import { RejectedReadings } from '../../src/readings/rejected-readings.js';
import { RedisModule } from '../../src/redis/redis.module.js';
import type { TestDatabase } from './databases.js';

/** What a test needs beside the room, or instead of parts of it. */
export interface DevicesModuleOptions {
  /** Stands in for that of the machine. */
  readonly clock?: Clock;
  /** Settings on top of the standard ones. */
  readonly env?: Record<string, string>;
  /** Rooms above. */
  readonly imports?: Type[];
}

/** The devices room with what it stands on, on a test database; close it before the database. */
export async function createDevicesModule(
  db: TestDatabase,
  { clock, env, imports = [] }: DevicesModuleOptions = {},
): Promise<TestingModule> {
  const builder = Test.createTestingModule({
    imports: [
      ConfigModule.forRoot(db.config(env)),
      CommonModule,
      DatabaseModule,
      AuditModule,
      RedisModule,
      OutboxModule,
      // Connects to nobody before somebody listens.
      MqttModule.forRootAsync({ inject: [AppConfig], useFactory: (config: AppConfig) => config.mqtt }),
      DevicesModule,
      ...imports,
    ],
    providers: [
      RejectedReadings,
      { provide: PoisonSink, useExisting: RejectedReadings },
      { provide: DeviceAlerts, useClass: AlertsOfDevices },
    ],
  });
  if (clock !== undefined) builder.overrideProvider(Clock).useValue(clock);
  return (await builder.compile()).init();
}

/** Stores a municipality and answers its id. */
export async function createMunicipality(module: INestApplicationContext): Promise<string> {
  const em = module.get(EntityManager).fork();
  const municipality = em.create(Municipality, { code: newId(), name: 'Flussdorf' });
  await em.flush();
  return municipality.id;
}

/** Stores the sensor types that tests use, as far as they are missing. */
export async function createSensorTypes(module: INestApplicationContext): Promise<void> {
  const em = module.get(EntityManager).fork();
  const types = [
    { code: 'water_level_cm', name: 'Water level', unit: 'cm', validMin: 0, validMax: 2000, precision: 1 },
    { code: 'temperature_c', name: 'Temperature', unit: '°C', validMin: -60, validMax: 80, precision: 1 },
  ];
  for (const type of types) if ((await em.count(SensorType, { code: type.code })) === 0) em.create(SensorType, type);
  await em.flush();
}

/** Does work as somebody who sees these municipalities only, or all of them. */
export function asTenant<T>(municipalityIds: string[] | 'all', work: () => Promise<T>): Promise<T> {
  const tenant: TenantScope = municipalityIds === 'all' ? ALL_TENANTS : { kind: 'municipalities', municipalityIds };
  return runWithRequestContext(newRequestContext({ tenant }), work);
}
