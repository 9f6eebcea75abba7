import type { ServerOptions } from 'node:https';
import { fileURLToPath } from 'node:url';
import { type DynamicModule, type NestApplicationOptions, RequestMethod } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger, PinoLogger } from 'nestjs-pino';
import { AppModule } from './app.module.js';
import { setUpOpenApi } from './app.openapi.js';
import { frontDoor } from './auth/rate-limits/front-door.js';
import { RateLimits } from './auth/rate-limits/rate-limits.js';
import { ErrorTranslation } from './common/errors/error-translation.js';
import { HttpExceptionFilter } from './common/errors/http-exception.filter.js';
import { clientCertificates } from './common/http/client-certificate.js';
import { limitServer, urlLimit } from './common/http/http-limits.js';
import { CSV_TYPES, JSON_TYPES, mediaTypes } from './common/http/media-type.middleware.js';
import { documentationHeaders, noStore, permissionsPolicy, securityHeaders } from './common/http/security-headers.js';
import { answerErrors, refuse } from './common/http/unmatched-requests.js';
import { loggerParams } from './common/logging/logger.options.js';
import { REQUEST_ID_HEADER, requestContextMiddleware } from './common/request-context/request-context.middleware.js';
import { SocketIoAdapter } from './common/websocket/socket-io.adapter.js';
import type { AppConfig } from './config/app-config.js';
import { BatchingMqttServer } from './mqtt/batching-mqtt.server.js';

const API_PREFIX = 'api/v1';
/** Probes stand at the root, where containers and Prometheus look for them. */
const ROOT_PATHS = ['health', 'ready', 'metrics'];
const MAX_BODY_BYTES = 1024 * 1024;
/** A bad mobile link needs seconds; whoever needs longer holds a connection for nothing. */
const HANDSHAKE_TIMEOUT_MS = 20_000;
/** Routes that take a table instead of JSON. */
const CSV_PATHS = [`/${API_PREFIX}/devices/import`];
/** What pages of other origins may read, besides the body. */
const EXPOSED_HEADERS = [REQUEST_ID_HEADER, 'Retry-After', 'ETag', 'RateLimit', 'RateLimit-Policy'];
/** The live page; the build copies it beside the compiled code. */
const PUBLIC_FOLDER = fileURLToPath(new URL('./realtime/public', import.meta.url));

/**
 * Makes the application with everything that applies to all requests, but listens to nobody yet; main and tests share it.
 * `module` replaces the rooms in tests of the foundation itself.
 */
export async function createApp(
  config: AppConfig,
  module: DynamicModule = AppModule.forRoot(config),
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(module, {
    logger: createLogger(config),
    abortOnError: false,
    bodyParser: false,
    rawBody: true,
    httpsOptions: httpsOptions(config),
    routeConflictPolicy: { duplicate: 'error' },
    routeResolutionStrategy: 'specificity',
  });
  setUpHttp(app, config);
  app.useWebSocketAdapter(new SocketIoAdapter(app, config.http.corsOrigins));
  if (config.hasRole('api')) setUpOpenApi(app);
  return app;
}

/** Takes readings in (role ingest) and answers HTTP, until `app.close()`. */
export async function startApp(app: NestExpressApplication, config: AppConfig): Promise<void> {
  // First of all: the first message has to find every room initialised.
  await app.init();
  // Behind all routes: Nest answers what is unknown below its prefix, these two the rest.
  app.use(refuse);
  app.use(answerErrors(app.get(ErrorTranslation), app.get(HttpExceptionFilter)));
  if (config.hasRole('ingest')) {
    const strategy = app.get(BatchingMqttServer);
    app.connectMicroservice<MicroserviceOptions>({ strategy }, { inheritAppConfig: true });
    await app.startAllMicroservices();
  }
  await app.listen(config.http.port, config.http.host);
}

/**
 * TLS, where we end it ourselves. Every client is asked for a certificate and none needs one: who a certificate is of is for
 * the guard of devices to say, by the same rules as behind a proxy.
 */
function httpsOptions({ certificates: { https } }: AppConfig): NestApplicationOptions['httpsOptions'] {
  if (https === undefined) return undefined;
  const options: ServerOptions = {
    cert: https.certificatePem,
    key: https.privateKeyPem,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    requestCert: true,
    rejectUnauthorized: false,
  };
  // Nest's type knows only some of the options; it hands over all.
  return options as NestApplicationOptions['httpsOptions'];
}

/** Made before the rooms, so that what goes wrong while they are made is logged in the same way. */
function createLogger(config: AppConfig): Logger {
  const params = loggerParams(config.logging);
  return new Logger(new PinoLogger(params), params);
}

function setUpHttp(app: NestExpressApplication, config: AppConfig): void {
  const { trustProxy, corsOrigins } = config.http;
  limitServer(app.getHttpServer());
  app.disable('x-powered-by');
  app.set('trust proxy', trustProxy);
  app.set('query parser', 'simple');
  // Tags of answers are versions of records; a hash of the body, with its request id, would never come again.
  app.set('etag', false);
  // First of all, so that even a request that cannot be parsed has its id.
  app.use(requestContextMiddleware);
  app.use(securityHeaders());
  app.use(permissionsPolicy);
  app.use('/docs', documentationHeaders());
  app.use(`/${API_PREFIX}`, noStore);
  if (corsOrigins.length > 0) {
    app.enableCors({
      origin: [...corsOrigins],
      exposedHeaders: EXPOSED_HEADERS,
      maxAge: 3600,
    });
  }
  app.use(urlLimit);
  app.use(clientCertificates(config.certificates.header));
  countRequests(app);
  app.use(mediaTypes(CSV_PATHS));
  app.useBodyParser('json', { limit: MAX_BODY_BYTES, type: JSON_TYPES });
  app.useBodyParser('raw', { limit: MAX_BODY_BYTES, type: CSV_TYPES });
  if (config.hasRole('api')) app.useStaticAssets(PUBLIC_FOLDER, { index: 'index.html' });
  else app.use(`/${API_PREFIX}`, refuse);
  app.setGlobalPrefix(API_PREFIX, { exclude: ROOT_PATHS.map((path) => ({ path, method: RequestMethod.ALL })) });
}

/** Before bodies are read. Tests of what lies below the rooms have nobody who counts. */
function countRequests(app: NestExpressApplication): void {
  let limits: RateLimits;
  try {
    limits = app.get(RateLimits, { strict: false });
  } catch {
    return;
  }
  const uncounted = ROOT_PATHS.map((path) => `/${path}`);
  app.use(frontDoor(limits, { apiPrefix: `/${API_PREFIX}`, apart: [`/${API_PREFIX}/auth`], uncounted }));
}
