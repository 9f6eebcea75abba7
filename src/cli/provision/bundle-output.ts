import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strToU8, unzipSync, zipSync, type Zippable } from 'fflate';
import { CliError } from '../remote/cli-error.js';

/** Zip entries carry the mode of a file in the upper half of their attributes, for archives made on Unix (3). */
const ENTRY = { os: 3, attrs: (0o100600 << 16) >>> 0 };

/**
 * Writes the files of a device into a folder of its own; they are there as a whole, or not at all. The same bundle again is
 * no change.
 * @throws CliError when there is another one already
 */
export function writeBundle(folder: string, deviceId: string, files: ReadonlyMap<string, string>): void {
  const final = join(folder, deviceId);
  if (existsSync(final)) {
    if (holds(final, files)) return;
    throw new CliError(`${final} is there already; nothing was overwritten.`);
  }
  const part = join(folder, `.${deviceId}.part`);
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true, mode: 0o700 });
  for (const [name, text] of files) writeFileSync(join(part, name), text, { mode: 0o600, flush: true });
  renameSync(part, final);
}

function holds(folder: string, files: ReadonlyMap<string, string>): boolean {
  return [...files].every(([name, text]) => {
    try {
      return readFileSync(join(folder, name), 'utf8') === text;
    } catch {
      return false;
    }
  });
}

/**
 * Writes the bundles of all devices as one archive.
 * @param known hashes of what earlier parts of the same run wrote, which may be replaced
 * @param announce is told the hash of the new one before it is there
 * @throws CliError when there is another file
 */
export function writeArchive(
  file: string,
  bundles: ReadonlyMap<string, ReadonlyMap<string, string>>,
  known: ReadonlySet<string>,
  announce: (sha256: string) => void,
): void {
  const present = existsSync(file) ? readFileSync(file) : undefined;
  if (present !== undefined && !known.has(sha256(present))) {
    throw new CliError(`${file} is there already and is none of this run; nothing was overwritten.`);
  }
  // What earlier parts of the run put into it is nowhere else any more.
  const content: Zippable = {};
  for (const [name, bytes] of Object.entries(present === undefined ? {} : unzipSync(present))) {
    content[name] = [bytes, ENTRY];
  }
  for (const [deviceId, files] of bundles) {
    for (const [name, text] of files) {
      content[`${deviceId}/${name}`] = [strToU8(text), ENTRY];
    }
  }
  const bytes = zipSync(content);
  const part = `${file}.part`;
  writeFileSync(part, bytes, { mode: 0o600, flush: true });
  announce(sha256(bytes));
  renameSync(part, file);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
