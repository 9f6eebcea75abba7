/** Builds the application when its sources have changed since the last build. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from './process.mjs';
import { applicationEnv, applicationNode } from './runtime.mjs';

const INPUTS = ['src', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

/**
 * @param {string} project
 * @param {(identity: import('./process.mjs').ProcessIdentity) => void} onStart is told the compiler's process
 * @returns {Promise<boolean>} whether it was built now
 * @throws when the build fails
 */
export async function ensureBuilt(project, onStart) {
  const stamp = join(project, 'dist', '.sources');
  const wanted = fingerprint(project);
  const main = join(project, 'dist', 'main.js');
  if (existsSync(main) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false;
  console.error('Building the application…');
  const nest = join(project, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  const end = await runToEnd(applicationNode(project), [nest, 'build'], {
    cwd: project,
    env: applicationEnv(project),
    stdio: ['ignore', 'inherit', 'inherit'],
    onStart,
  });
  if (end !== 0 || !existsSync(main)) throw new Error('The build failed, see above.');
  writeFileSync(stamp, wanted);
  return true;
}

/** A hash over names and contents of all files that the build reads, except tests. */
function fingerprint(project) {
  const hash = createHash('sha256');
  for (const file of INPUTS.flatMap((input) => filesOf(join(project, input)))) {
    hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function filesOf(path) {
  if (!existsSync(path)) return [];
  const entries = readDirectory(path);
  if (entries === null) return [path];
  return entries.flatMap((entry) => filesOf(join(path, entry))).filter((file) => !file.endsWith('.spec.ts'));
}

/** @returns {string[] | null} sorted names; null when it is a file */
function readDirectory(path) {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if (error.code === 'ENOTDIR') return null;
    throw error;
  }
}
