/** Mosquitto on a private port; for tests only, so anonymous clients are allowed unless the test says otherwise. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers } from './probe.mjs';
import { requireProgram } from './programs.mjs';
import { Service, startService } from './service.mjs';

/** CONNECT of MQTT 3.1.1 with an empty client id and a clean session. */
const CONNECT = Buffer.from([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 10, 0, 0]);
const CONNACK = 0x20;

/**
 * @param {import('./service.mjs').PlaceOptions & { anonymous?: boolean, autosaveEvery?: number, listener?: string[], config?: string[] }} [options]
 *   anonymous: whether clients without a user name are let in;
 *   autosaveEvery: number of changes after which the whole store is written to disk (1: a kill loses nothing, and slow);
 *   listener: lines that belong to the listener (certificates …); config: further lines of the configuration file
 */
export async function startMosquitto({
  anonymous = true,
  autosaveEvery = 100,
  listener = [],
  config = [],
  ...options
} = {}) {
  const command = requireProgram({ names: ['mosquitto'], packages: ['mosquitto'], what: 'Mosquitto' });
  return startService('mosquitto', options, async (place) => {
    const file = join(place.dir, 'mosquitto.conf');
    const lines = [
      'per_listener_settings false',
      `allow_anonymous ${anonymous}`,
      'persistence true',
      `persistence_location ${place.dir}/`,
      'autosave_on_changes true',
      `autosave_interval ${autosaveEvery}`,
      'max_queued_messages 0',
      'log_dest stderr',
      ...config,
      `listener ${place.port} 127.0.0.1`,
      ...listener,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o644 });
    const tls = listener.some((line) => line.startsWith('certfile'));
    const ready = tls
      ? () => answersTls(place.port)
      : () => answers(place.port, { send: CONNECT, expect: (answer) => answer[0] === CONNACK });
    const url = `${tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${place.port}`;
    return new Service({ name: 'mosquitto', command, args: ['-c', file], ready, order: 1 }, place, url);
  });
}

/** A TLS server answers a record of an unknown type with an alert (type 21), or closes; both need a running listener. */
function answersTls(port) {
  return answers(port, { send: Buffer.from([0x16, 3, 1, 0, 1, 0]), expect: (answer) => answer[0] === 0x15 });
}
