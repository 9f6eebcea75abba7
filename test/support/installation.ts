import { spawnApp } from '../../scripts/services/app.mjs';
import { startMosquitto } from '../../scripts/services/mosquitto.mjs';
import { startRedis } from '../../scripts/services/redis.mjs';
import type { Service } from '../../scripts/services/service.mjs';
import { Logger } from '@nestjs/common';
import { createAdmin } from '../../src/cli/create-admin.js';
import { migrate } from '../../src/cli/migrate.js';
import { ApiClient } from './api-client.js';
import { testEnvironment } from './app.js';
import { TestDatabase } from './databases.js';

const ADMIN = { email: 'root@country.example', password: 'a long enough pass phrase' };

/**
 * The application as it is delivered: processes of the build on a database, a broker and a Redis that nobody else uses,
 * so that a test may kill any of them.
 */
export class Installation {
  private readonly apps: Service[] = [];
  private readonly environment: Record<string, string>;

  private constructor(
    readonly db: TestDatabase,
    readonly broker: Service,
    readonly redis: Service,
  ) {
    const env = { DATABASE_URL: db.url, MQTT_URL: broker.url, REDIS_URL: redis.url, LOG_LEVEL: 'warn' };
    this.environment = testEnvironment({ env });
  }

  /** Starts the services, migrates, and makes a super admin; no application runs yet. */
  static async open(): Promise<Installation> {
    Logger.overrideLogger(false);
    const db = new TestDatabase('postgres');
    // It waits in its queues for an application that is away; on disk it need not be, since nobody kills it here.
    const broker = startMosquitto({ autosaveEvery: 1_000_000 });
    const redis = startRedis();
    await db.open();
    await migrate(db.config(), () => {});
    await createAdmin(db.config(), { ...ADMIN, name: 'Root' });
    return new Installation(db, await broker, await redis);
  }

  /** Starts a process of the application; it ends with the installation. */
  async start(env: Record<string, string> = {}, nodeArgs: string[] = []): Promise<Service> {
    const app = await spawnApp({ env: { ...this.environment, ...env }, nodeArgs });
    this.apps.push(app);
    return app;
  }

  /** The super admin at an instance. */
  signIn(app: Service): Promise<ApiClient> {
    return ApiClient.signIn(app.url, ADMIN);
  }

  async close(): Promise<void> {
    for (const app of this.apps) await app.stop();
    await Promise.all([this.broker.stop(), this.redis.stop(), this.db.close()]);
  }
}
