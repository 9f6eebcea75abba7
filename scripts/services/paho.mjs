/** Debian's Python with paho-mqtt, for the test of the Python client that devices can take. */
import { spawnSync } from 'node:child_process';
import { canInstall, findProgram, installPackages } from './programs.mjs';

const PACKAGE = 'python3-paho-mqtt';
/** A Python of somebody's own may stand before it on PATH, without the package. */
const SYSTEM_PYTHON = '/usr/bin/python3';

/**
 * A Python that knows paho-mqtt; the package is installed where it is missing and that is possible.
 * @returns {string}
 * @throws with the one line to run
 */
export function requirePaho() {
  const known = () => [SYSTEM_PYTHON, findProgram('python3')].find((python) => python !== null && knowsPaho(python));
  const found = known() ?? (canInstall() && installPackages(PACKAGE) ? known() : undefined);
  if (found) return found;
  const line = `apt-get update && apt-get install -y ${PACKAGE}`;
  throw new Error(`paho-mqtt for Python is needed and was not found. On Debian or Ubuntu run: sudo sh -c '${line}'`);
}

function knowsPaho(python) {
  return spawnSync(python, ['-c', 'import paho.mqtt.client'], { stdio: 'ignore' }).status === 0;
}
