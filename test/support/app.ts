import type { DynamicModule } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp, startApp } from '../../src/app.factory.js';
import { RATE_CLASSES } from '../../src/config/rate-limit.config.js';
import type { ProcessRole } from '../../src/config/roles.config.js';
import { parseConfig } from '../../src/config/load-config.js';

/** What a test application needs to know; whatever is missing gets a value that is good for tests. */
export interface TestAppOptions {
  /** Variables of its own, `DATABASE_URL` above all; `TEST_REDIS_URL` and the broker of the file stand in for absent ones. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly roles?: readonly ProcessRole[];
  /** Replaces all rooms, for tests of what lies below them. */
  readonly module?: (config: ReturnType<typeof parseConfig>) => DynamicModule;
}

/** Requests are counted, but no test reaches a limit that does not set one. */
const OUT_OF_REACH = Object.fromEntries(
  RATE_CLASSES.map((name) => [`RATE_LIMIT_${name.toUpperCase().replace('-', '_')}`, '1000000']),
);

/** The real application in the process of the test. */
export interface TestApp {
  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  readonly url: string;
  readonly app: NestExpressApplication;
  /** Shuts it down as a signal would. */
  close(): Promise<void>;
}

/** The configuration of a test application, also for one that is spawned; all secrets are for tests only. */
export function testEnvironment({ env = {}, roles }: TestAppOptions = {}): Record<string, string> {
  const suffix = crypto.randomUUID().slice(0, 8);
  const environment = {
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    ROLES: roles?.join(','),
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    REDIS_URL: process.env['TEST_REDIS_URL'],
    REDIS_KEY_PREFIX: `test-${suffix}:`,
    MQTT_URL: process.env['TEST_MQTT_URL'],
    MQTT_CLIENT_ID: `test-${suffix}`,
    JWT_SECRET: 'only-for-tests-only-for-tests-only-for-tests',
    ...OUT_OF_REACH,
    ...env,
  };
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

/** Starts the real application on a free port of 127.0.0.1; the caller closes it. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const config = parseConfig(testEnvironment(options));
  const app = await createApp(config, options.module?.(config));
  try {
    await startApp(app, config);
  } catch (error) {
    await app.close();
    throw error;
  }
  return { url: (await app.getUrl()).replace(/\/$/, ''), app, close: () => app.close() };
}
