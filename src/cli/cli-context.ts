import { userInfo } from 'node:os';
import { type DynamicModule, type INestApplicationContext, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module.js';
import { CommonModule } from '../common/common.module.js';
import { ALL_TENANTS, newRequestContext, runWithRequestContext } from '../common/request-context/request-context.js';
import type { AppConfig } from '../config/app-config.js';
import { ConfigModule } from '../config/config.module.js';
import { DatabaseModule } from '../database/database.module.js';

/** The rooms that one command needs; nothing listens and no broker is connected. */
@Module({})
class CliModule {
  static forRoot(config: AppConfig, { imports = [], providers = [] }: ModuleMetadata): DynamicModule {
    return {
      module: CliModule,
      imports: [CommonModule, ConfigModule.forRoot(config), DatabaseModule, AuditModule, ...imports],
      providers,
    };
  }
}

/** Runs work with some rooms of the application, as the platform itself and for all municipalities; closes them at the end. */
export async function withRooms<T>(
  config: AppConfig,
  rooms: ModuleMetadata,
  work: (app: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const app = await NestFactory.createApplicationContext(CliModule.forRoot(config, rooms), {
    logger: ['warn', 'error', 'fatal'],
    abortOnError: false,
  });
  try {
    const actor = { kind: 'system', id: 'cli', label: accountName(), municipalityIds: [] } as const;
    return await runWithRequestContext(newRequestContext({ actor, tenant: ALL_TENANTS }), () => work(app));
  } finally {
    await app.close();
  }
}

/** Who sits at the machine, for the audit log; a container may run as a number without a name. */
function accountName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
