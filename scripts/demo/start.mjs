/** Starts the demo's parts in order: services, tables, demo data, application, simulator. */
import { join } from 'node:path';
import { freePort, HOST } from '../services/ports.mjs';
import { startEmbeddedBroker } from '../services/embedded-broker.mjs';
import { runCli, startApplication, startSimulator } from './processes.mjs';
import { ensureSeeded, writeDemoFile } from './seed.mjs';
import { clientIdOf, startCache, startDatabase } from './services.mjs';

const DEFAULT_PORT = 3000;
const DEFAULT_MQTT_PORT = 1883;
const PLATFORM_USER = 'hydroalert-platform';

/**
 * @param {import('./services.mjs').DemoContext} context
 * @param {{ port?: number, simulator: boolean }} options
 * @returns the content of `.demo/demo.json`
 * @throws when a part does not start, or as soon as the supervisor is stopping
 */
export async function startParts(context, options) {
  const { folder, secrets, supervisor } = context;
  const step = async (work) => {
    supervisor.proceed();
    return work();
  };
  const port = await choosePort(folder, options.port);
  const url = `http://${HOST}:${port}`;
  const [database, redisUrl] = await step(() => Promise.all([startDatabase(context), startCache(context)]));
  const broker = await step(() => startMqtt(context, url));
  const env = {
    NODE_ENV: 'production',
    HOST: process.env.HOST ?? HOST,
    PORT: String(port),
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
    ...applicationSecrets(secrets),
    ...database.env,
    ...broker.env,
    REDIS_URL: redisUrl,
  };
  await step(() => runCli(folder, ['migrate'], env));
  await step(() => ensureSeeded(folder, { identity: database.identity, env }));
  supervisor.watch(await step(() => startApplication(folder, { port, url, env })));
  const demo = writeDemoFile(folder, { url, mqttUrl: broker.url, databaseUrl: database.url, redisUrl });
  if (options.simulator) supervisor.watch(await step(() => startSimulator(folder, { demoFile: folder.demoFile })));
  return demo;
}

/** The port asked for, that of the last start, or the usual one; a free one where it is taken. */
async function choosePort(folder, asked) {
  const wished = asked ?? (Number(process.env.PORT) || undefined);
  const port = await freePort(wished ?? folder.state().port, DEFAULT_PORT);
  if (wished !== undefined && port !== wished) console.log(`Port ${wished} is taken, using ${port}.`);
  if (wished === undefined) folder.remember({ port });
  return port;
}

function applicationSecrets({ JWT_SECRET, ENCRYPTION_KEY, BROKER_HOOK_TOKEN }) {
  const made = { JWT_SECRET, ENCRYPTION_KEY, BROKER_HOOK_TOKEN };
  const given = Object.keys(made).filter((name) => process.env[name]);
  return { ...made, ...Object.fromEntries(given.map((name) => [name, process.env[name]])) };
}

/** The broker that MQTT_URL names, else the embedded one. @returns {Promise<{ url: string, env: Record<string, string> }>} */
async function startMqtt({ folder, secrets, supervisor }, appUrl) {
  const clientId = clientIdOf(secrets);
  if (process.env.MQTT_URL) return { url: process.env.MQTT_URL, env: { MQTT_CLIENT_ID: clientId } };
  const port = await freePort(folder.state().mqttPort, DEFAULT_MQTT_PORT);
  const platform = { username: PLATFORM_USER, password: secrets.MQTT_PASSWORD, clientId };
  const hookToken = applicationSecrets(secrets).BROKER_HOOK_TOKEN;
  const { registry } = folder;
  const dir = folder.logFolder();
  folder.rotateLog(join(dir, 'broker.log'));
  const service = await startEmbeddedBroker({ dir, port, registry, appUrl, hookToken, platform });
  supervisor.watch(service);
  folder.remember({ mqttPort: port });
  const credentials = { MQTT_USERNAME: PLATFORM_USER, MQTT_PASSWORD: platform.password, MQTT_CLIENT_ID: clientId };
  return { url: service.url, env: { MQTT_URL: service.url, MQTT_PROTOCOL_VERSION: '4', ...credentials } };
}
