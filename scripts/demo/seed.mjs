/** Fills the database with the demo country once, and writes `.demo/demo.json` at every start. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { runCli } from './processes.mjs';

/**
 * Secrets of devices can be read only once, so the file that the seeding wrote is kept beside the database.
 * @param {import('./folder.mjs').DemoFolder} folder
 * @param {{ identity: string, env: Record<string, string> }} database identity: tells one database from another
 * @returns {Promise<boolean>} whether it was seeded now
 */
export async function ensureSeeded(folder, { identity, env }) {
  const seededDatabase = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  if (existsSync(folder.seedFile) && folder.state().seededDatabase === seededDatabase) return false;
  folder.remember({ seededDatabase: null });
  // Made before the seeding writes it, so that nobody else can read the passwords even for a moment.
  rmSync(folder.seedFile, { force: true });
  writeFileSync(folder.seedFile, '', { mode: 0o600 });
  await runCli(folder, ['seed-demo', '--output', folder.seedFile], env);
  folder.remember({ seededDatabase });
  return true;
}

/**
 * @param {import('./folder.mjs').DemoFolder} folder
 * @param {{ url: string, mqttUrl: string, databaseUrl: string, redisUrl: string }} places
 * @returns what stands in the file
 */
export function writeDemoFile(folder, places) {
  const { users, devices } = JSON.parse(readFileSync(folder.seedFile, 'utf8'));
  const content = { ...places, users, devices };
  writeFileSync(`${folder.demoFile}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${folder.demoFile}.new`, folder.demoFile);
  return content;
}
