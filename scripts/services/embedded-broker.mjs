/** The embedded MQTT broker (`scripts/broker.mjs`) as a process of its own. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answers } from './probe.mjs';
import { applicationEnv, applicationNode } from './runtime.mjs';
import { Service, startService } from './service.mjs';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** It has to read the project, so it runs as we do. */
const OURS = {};

/** MQTT's CONNECT without credentials; a running broker refuses it, which is an answer. */
const CONNECT = Buffer.from([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 10, 0, 0]);
const CONNACK = 0x20;

/**
 * @param {import('./service.mjs').PlaceOptions & { appUrl: string, hookToken: string,
 *   platform: { username: string, password: string, clientId: string }, heapMb?: number }} options
 *   appUrl: whom to ask about devices; platform: how the application signs in
 */
export async function startEmbeddedBroker({ appUrl, hookToken, platform, heapMb = 96, ...options }) {
  return startService('broker', { ...options, account: OURS }, async (place) => {
    const env = {
      BROKER_PORT: String(place.port),
      APP_URL: appUrl,
      BROKER_HOOK_TOKEN: hookToken,
      MQTT_USERNAME: platform.username,
      MQTT_PASSWORD: platform.password,
      MQTT_CLIENT_ID: platform.clientId,
    };
    const kind = {
      name: 'broker',
      command: applicationNode(PROJECT),
      args: ['--max-semi-space-size=2', `--max-old-space-size=${heapMb}`, join(PROJECT, 'scripts', 'broker.mjs')],
      env: applicationEnv(PROJECT, env),
      account: OURS,
      cwd: PROJECT,
      ready: () => answers(place.port, { send: CONNECT, expect: (answer) => answer[0] === CONNACK }),
      order: 1,
      stopTimeoutMs: 10_000,
    };
    return new Service(kind, place, `mqtt://127.0.0.1:${place.port}`);
  });
}
