/** What a Mosquitto needs to begin with dynamic security: the plugin, and a first file with the client that manages it. */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { chownSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceAccount } from './account.mjs';

const PLUGIN = 'mosquitto_dynamic_security.so';
/** Debian and Alpine put it beside the libraries (of the architecture), builds from source into /usr/local. */
const FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/opt/homebrew/lib'];

/** As Mosquitto 2.0 stores passwords: PBKDF2 over SHA-512, 101 rounds, 12 bytes of salt, 64 bytes of key. */
const ITERATIONS = 101;
const SALT_BYTES = 12;
const KEY_BYTES = 64;

/** What the platform's own user may do; the same list stands in docs/broker.md. */
const PLATFORM_ACLS = [
  ['publishClientSend', '$CONTROL/dynamic-security/v1'],
  ['subscribeLiteral', '$CONTROL/dynamic-security/v1/response'],
  ['publishClientReceive', '$CONTROL/dynamic-security/#'],
  ['subscribePattern', 'sensors/#'],
  ['subscribePattern', 'system/#'],
  ['subscribePattern', '$share/#'],
  ['unsubscribePattern', '#'],
  ['publishClientReceive', '#'],
  ['publishClientSend', 'system/+/command'],
];

/** Path of the plugin of the installed Mosquitto. @throws Error when there is none */
export function dynamicSecurityPlugin() {
  for (const folder of FOLDERS.filter((path) => existsSync(path))) {
    const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const found = ['', ...inside.map(({ name }) => name)].map((name) => join(folder, name, PLUGIN)).find(existsSync);
    if (found !== undefined) return found;
  }
  throw new Error(`${PLUGIN} is not installed; it comes with the package "mosquitto"`);
}

/**
 * Writes the first `dynamic-security.json`: one client with the rights of the platform and nothing else, all else denied.
 * Also the way to a broker that lost what it knew.
 * @param {string} file
 * @param {{ username: string, password: string }} platform
 */
export function writeDynamicSecurity(file, { username, password }) {
  const salt = randomBytes(SALT_BYTES);
  const key = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, 'sha512');
  const acls = PLATFORM_ACLS.map(([acltype, topic]) => ({ acltype, topic, priority: 0, allow: true }));
  const state = {
    defaultACLAccess: { publishClientSend: false, publishClientReceive: true, subscribe: false, unsubscribe: true },
    clients: [
      {
        username,
        password: key.toString('base64'),
        salt: salt.toString('base64'),
        iterations: ITERATIONS,
        roles: [{ rolename: 'platform' }],
      },
    ],
    groups: [],
    roles: [{ rolename: 'platform', acls }],
  };
  writeFileSync(file, JSON.stringify(state, null, 2), { mode: 0o600 });
  const { uid, gid } = serviceAccount();
  if (uid !== undefined && gid !== undefined) chownSync(file, uid, gid);
}
