import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceRow } from '../../devices/import/device-csv.js';
import { writeArchive, writeBundle } from './bundle-output.js';
import { bundleOf, type Doors } from './device-bundle.js';
import type { Journal } from './journal.js';

/** Takes the credentials of devices out of the journal and puts them where the person wants them. */
export interface BundleStore {
  /** @returns where the bundle of the line's device is, or will be @throws CliError when something else is there */
  put(row: DeviceRow): string;
  /** Ends the run: `done` when every device of the file has its credentials. */
  finish(done: boolean): void;
}

/** A store of the kind that the name asks for: an archive for `….zip`, else a folder with one for each device. */
export function bundleStore(output: string, journal: Journal, doors: Doors): BundleStore {
  return /\.zip$/i.test(output) ? new BundleArchive(output, journal, doors) : new BundleFolder(output, journal, doors);
}

/** Each bundle is there as soon as its device is registered. */
class BundleFolder implements BundleStore {
  constructor(
    private readonly folder: string,
    private readonly journal: Journal,
    private readonly doors: Doors,
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  put(row: DeviceRow): string {
    const id = row.deviceId!;
    const place = join(this.folder, id);
    const { bundled, credentials = {} } = this.journal.of(id);
    if (bundled) return place;
    writeBundle(this.folder, id, bundleOf(described(row), credentials, this.doors));
    this.journal.add({ type: 'bundled', id });
    return place;
  }

  finish(): void {
    this.journal.forgetSecrets();
  }
}

/** The archive is written at the end; until then the journal holds what belongs into it. */
class BundleArchive implements BundleStore {
  private readonly rows = new Map<string, DeviceRow>();

  constructor(
    private readonly file: string,
    private readonly journal: Journal,
    private readonly doors: Doors,
  ) {}

  put(row: DeviceRow): string {
    this.rows.set(row.deviceId!, row);
    return `${this.file}#${row.deviceId}`;
  }

  finish(done: boolean): void {
    const all = this.journal.withCredentials();
    if (all.length === 0) return;
    const bundles = all.map(([id, credentials]) => {
      const row = this.rows.get(id);
      const device = row === undefined ? { deviceId: id, sensors: [] } : described(row);
      return [id, bundleOf(device, credentials, this.doors)] as const;
    });
    writeArchive(this.file, new Map(bundles), this.journal.archives, (sha256) =>
      this.journal.add({ type: 'archive', sha256 }),
    );
    // An archive that is not complete is written again when the run goes on, from what the journal holds.
    if (!done) return;
    this.journal.add(...all.map(([id]) => ({ type: 'bundled' as const, id })));
    this.journal.forgetSecrets();
  }
}

function described({ deviceId, input }: DeviceRow) {
  const sensors = (input?.sensors ?? []).map(({ typeCode, code }) => ({ code: code ?? typeCode, typeCode }));
  const profile = input?.profileCode ?? undefined;
  return { deviceId: deviceId!, ...(input && { name: input.name }), ...(profile && { profile }), sensors };
}
