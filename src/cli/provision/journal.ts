import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { CliError } from '../remote/cli-error.js';
import type { DeviceSecrets } from './device-bundle.js';

/** How the journal begins: what it is about. */
export interface JournalHead {
  readonly type: 'run';
  readonly version: 1;
  readonly url: string;
  readonly startedAt: string;
}

/** One line of the journal. */
export type JournalEntry =
  | JournalHead
  /** None of these existed when the server said so (epoch ms by its clock). */
  | { readonly type: 'absent'; readonly ids: readonly string[]; readonly serverTime: number }
  /** From here on these may exist, whatever answer comes. */
  | { readonly type: 'sending'; readonly ids: readonly string[] }
  /** The server said no, and meant what it was asked then: they are not ours. */
  | { readonly type: 'refused'; readonly id: string }
  | {
      readonly type: 'credentials';
      readonly id: string;
      readonly reissued: boolean;
      readonly credentials: DeviceSecrets;
    }
  /** Its bundle is complete on disk. */
  | { readonly type: 'bundled'; readonly id: string }
  /** The archive that is about to be written, by its hash: ours to replace. */
  | { readonly type: 'archive'; readonly sha256: string };

/** What the journal knows of one device. */
export interface DeviceProgress {
  /** By the server's clock, when it was known not to exist; undefined when nobody looked. */
  absentAt?: number;
  /** It may have been registered, and nobody knows. */
  sent: boolean;
  reissued: boolean;
  /** Everything that was issued to it and is not in a finished bundle. */
  credentials?: DeviceSecrets;
  bundled: boolean;
}

/**
 * What a run has done so far, a JSON object a line, on disk before the next step is taken: a run that is killed at any moment
 * goes on from it. It holds secrets (mode 0600) until they are in a bundle.
 */
export class Journal {
  private readonly devices = new Map<string, DeviceProgress>();
  private file: number;
  /** Of archives that this run wrote, or was about to. */
  readonly archives = new Set<string>();

  private constructor(
    readonly path: string,
    readonly head: JournalHead,
    entries: readonly JournalEntry[],
    /** Whether the file ends in the middle of a line. */
    torn: boolean,
  ) {
    for (const entry of entries) this.apply(entry);
    this.file = openSync(path, 'a', 0o600);
    if (torn) this.write('\n');
  }

  /** Begins a journal. @throws CliError when there is one */
  static begin(path: string, url: string): Journal {
    const head: JournalHead = { type: 'run', version: 1, url, startedAt: new Date().toISOString() };
    try {
      writeFileSync(path, `${JSON.stringify(head)}\n`, { mode: 0o600, flag: 'wx', flush: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new CliError((error as Error).message);
      throw new CliError(`${path} is there from an earlier run: say --resume to go on, or choose another --output.`);
    }
    return new Journal(path, head, [], false);
  }

  /** Goes on with a journal. @throws CliError for one of another installation, or that is none */
  static resume(path: string, url: string): Journal {
    if (!existsSync(path)) return Journal.begin(path, url);
    const { entries, torn } = readEntries(path);
    const [head] = entries;
    if (head?.type !== 'run') throw new CliError(`${path} is no journal of a provisioning run.`);
    if (head.url !== url) throw new CliError(`${path} is about ${head.url}, not about ${url}.`);
    return new Journal(path, head, entries, torn);
  }

  /** Writes what happened; it is on disk when this returns. */
  add(...entries: readonly JournalEntry[]): void {
    for (const entry of entries) this.apply(entry);
    this.write(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  }

  of(id: string): DeviceProgress {
    let progress = this.devices.get(id);
    if (progress === undefined) this.devices.set(id, (progress = { sent: false, reissued: false, bundled: false }));
    return progress;
  }

  /** Devices with credentials, in the order in which they got them. */
  withCredentials(): [id: string, credentials: DeviceSecrets][] {
    return [...this.devices].flatMap(([id, { credentials }]) => (credentials === undefined ? [] : [[id, credentials]]));
  }

  /** Writes the journal anew without the secrets that are in bundles; what else it knows stays. */
  forgetSecrets(): void {
    const entries: JournalEntry[] = [this.head];
    for (const [id, progress] of this.devices) {
      if (progress.bundled) {
        delete progress.credentials;
        entries.push({ type: 'bundled', id });
      } else {
        if (progress.absentAt !== undefined) entries.push({ type: 'absent', ids: [id], serverTime: progress.absentAt });
        if (progress.sent) entries.push({ type: 'sending', ids: [id] });
        const { credentials, reissued } = progress;
        if (credentials !== undefined) entries.push({ type: 'credentials', id, reissued, credentials });
      }
    }
    for (const sha256 of this.archives) entries.push({ type: 'archive', sha256 });
    const fresh = `${this.path}.new`;
    writeFileSync(fresh, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600, flush: true });
    closeSync(this.file);
    renameSync(fresh, this.path);
    this.file = openSync(this.path, 'a', 0o600);
  }

  close(): void {
    closeSync(this.file);
  }

  private write(text: string): void {
    writeSync(this.file, text);
    fsyncSync(this.file);
  }

  private apply(entry: JournalEntry): void {
    switch (entry.type) {
      case 'run':
        break;
      case 'absent':
        for (const id of entry.ids) this.of(id).absentAt = entry.serverTime;
        break;
      case 'sending':
        for (const id of entry.ids) this.of(id).sent = true;
        break;
      case 'refused':
        this.of(entry.id).sent = false;
        delete this.of(entry.id).absentAt;
        break;
      case 'credentials': {
        const progress = this.of(entry.id);
        // One kind after the other, when they are issued anew.
        progress.credentials = { ...progress.credentials, ...entry.credentials };
        progress.reissued ||= entry.reissued;
        break;
      }
      case 'bundled':
        this.of(entry.id).bundled = true;
        break;
      case 'archive':
        this.archives.add(entry.sha256);
        break;
    }
  }
}

/** The entries of a journal. A line that a kill cut off says nothing: what it was about is done again. */
function readEntries(path: string): { entries: JournalEntry[]; torn: boolean } {
  const text = readFileSync(path, 'utf8');
  const entries = text.split('\n').flatMap((line): JournalEntry[] => {
    try {
      return [JSON.parse(line) as JournalEntry];
    } catch {
      return [];
    }
  });
  return { entries, torn: text !== '' && !text.endsWith('\n') };
}
