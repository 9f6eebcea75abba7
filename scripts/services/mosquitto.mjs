/** Mosquitto on a private port; for tests only, so anonymous clients are allowed unless the test says otherwise. */
import { chownSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceAccount } from './account.mjs';
import { dynamicSecurityPlugin, writeDynamicSecurity } from './dynamic-security.mjs';
import { answers } from './probe.mjs';
import { requireProgram } from './programs.mjs';
import { Service, startService } from './service.mjs';

/** CONNECT of MQTT 3.1.1 with an empty client id and a clean session. */
const CONNECT = Buffer.from([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 10, 0, 0]);
const CONNACK = 0x20;

/**
 * @param {import('./service.mjs').PlaceOptions & { anonymous?: boolean, autosaveEvery?: number, listener?: string[], config?: string[],
 *   dynamicSecurity?: { username: string, password: string }, tls?: { cert: string, key: string, clientCa?: string, crl?: string } }} [options]
 *   anonymous: whether clients without a user name are let in;
 *   autosaveEvery: number of changes after which the whole store is written to disk (1: a kill loses nothing, and slow);
 *   listener: lines that belong to the listener (certificates …); config: further lines of the configuration file;
 *   dynamicSecurity: the plugin decides, and this is the platform's user (kept in `dynamic-security.json` of the folder);
 *   tls: PEM texts of the listener; with clientCa clients show a certificate, and its common name is their user name
 */
export async function startMosquitto({
  anonymous = true,
  autosaveEvery = 100,
  listener = [],
  config = [],
  dynamicSecurity,
  tls,
  ...options
} = {}) {
  const command = requireProgram({ names: ['mosquitto'], packages: ['mosquitto'], what: 'Mosquitto' });
  return startService('mosquitto', options, async (place) => {
    const file = join(place.dir, 'mosquitto.conf');
    const lines = [
      'per_listener_settings false',
      `allow_anonymous ${anonymous && dynamicSecurity === undefined}`,
      'persistence true',
      `persistence_location ${place.dir}/`,
      'autosave_on_changes true',
      `autosave_interval ${autosaveEvery}`,
      'max_queued_messages 0',
      'log_dest stderr',
      ...(dynamicSecurity === undefined ? [] : dynamicSecurityLines(place.dir, dynamicSecurity)),
      ...config,
      `listener ${place.port} 127.0.0.1`,
      ...(tls === undefined ? [] : tlsLines(place.dir, tls)),
      ...listener,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o644 });
    // Lines of `config` may belong to a listener of their own; the one that is asked is the last.
    const encrypted = tls !== undefined || listener.some((line) => line.startsWith('certfile'));
    const ready = encrypted
      ? () => answersTls(place.port)
      : () => answers(place.port, { send: CONNECT, expect: (answer) => answer[0] === CONNACK });
    const url = `${encrypted ? 'mqtts' : 'mqtt'}://127.0.0.1:${place.port}`;
    return new Service({ name: 'mosquitto', command, args: ['-c', file], ready, order: 1 }, place, url);
  });
}

/** What the broker learned stays across restarts; only a missing file is written. */
function dynamicSecurityLines(dir, platform) {
  const file = join(dir, 'dynamic-security.json');
  if (!existsSync(file)) writeDynamicSecurity(file, platform);
  return [`plugin ${dynamicSecurityPlugin()}`, `plugin_opt_config_file ${file}`];
}

function tlsLines(dir, { cert, key, clientCa, crl }) {
  const lines = [
    `certfile ${writePem(dir, 'broker-cert.pem', cert)}`,
    `keyfile ${writePem(dir, 'broker-key.pem', key)}`,
  ];
  if (clientCa === undefined) return lines;
  lines.push(
    `cafile ${writePem(dir, 'client-ca.pem', clientCa)}`,
    'require_certificate true',
    'use_identity_as_username true',
  );
  if (crl !== undefined) lines.push(`crlfile ${writePem(dir, 'client-crl.pem', crl)}`);
  return lines;
}

/** Mosquitto reads the files with the rights of the service account. */
function writePem(dir, name, text) {
  const file = join(dir, name);
  writeFileSync(file, text, { mode: 0o600 });
  const { uid, gid } = serviceAccount();
  if (uid !== undefined && gid !== undefined) chownSync(file, uid, gid);
  return file;
}

/** A TLS server answers a greeting that only servers send with an alert (type 21), or closes; both need a running listener. */
function answersTls(port) {
  return answers(port, { send: Buffer.from([0x16, 3, 1, 0, 4, 0, 0, 0, 0]), expect: (answer) => answer[0] === 0x15 });
}
