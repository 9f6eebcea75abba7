import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Service } from '../../scripts/services/service.mjs';
import type { ApiClient } from './api-client.js';
import { CliProcess, type CliEnd } from './cli-process.js';
import { Installation } from './installation.js';

/** An installation, a municipality, and an engineer's laptop: a folder and a token. */
export class ProvisioningWorld {
  private constructor(
    readonly installation: Installation,
    readonly app: Service,
    readonly root: ApiClient,
    readonly municipalityId: string,
    readonly folder: string,
  ) {}

  static async open(): Promise<ProvisioningWorld> {
    const installation = await Installation.open();
    const app = await installation.start();
    const root = await installation.signIn(app);
    const { id } = await root.post<{ id: string }>('/municipalities', { code: 'flussdorf', name: 'Flussdorf' });
    return new ProvisioningWorld(installation, app, root, id, mkdtempSync(join(tmpdir(), 'hydroalert-laptop-')));
  }

  async close(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    await this.installation.close();
  }

  get url(): string {
    return this.app.url;
  }

  /** A path on the laptop. */
  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** Writes a file of devices `<prefix>-1 …`; answers its path. */
  devicesFile(prefix: string, count: number, { methods = 'api_key|mqtt|hmac|certificate' } = {}): string {
    const lines = Array.from(
      { length: count },
      (_, i) =>
        `${prefix}-${i + 1},Logger ${i + 1},flussdorf,${methods},47.${1000 + i},15.4,water_level_cm|battery_level,300`,
    );
    return this.file(`${prefix}.csv`, [
      'device_id,name,municipality,auth_methods,latitude,longitude,sensors,heartbeat_interval_seconds',
      ...lines,
    ]);
  }

  /** Writes a file. */
  file(name: string, lines: readonly string[]): string {
    writeFileSync(this.path(name), lines.map((line) => `${line}\r\n`).join(''));
    return this.path(name);
  }

  /** Starts a command with the address and a token of the installation, unless `env` says otherwise. */
  start(args: readonly string[], env: Record<string, string> = {}): Promise<CliProcess> {
    return CliProcess.start(args, { cwd: this.folder, env: { ...this.environment, ...env } });
  }

  /** Runs a command to its end. */
  run(args: readonly string[], env: Record<string, string> = {}): Promise<CliEnd> {
    return CliProcess.run(args, { cwd: this.folder, env: { ...this.environment, ...env } });
  }

  /** Ids of the devices that begin with a prefix. */
  async devices(prefix: string): Promise<string[]> {
    const { rows } = await this.installation.db.transactions.query<{ id: string }>(
      'select id from devices where id like ? order by id',
      [`${prefix}-%`],
    );
    return rows.map(({ id }) => id);
  }

  private get environment(): Record<string, string> {
    return { HYDROALERT_URL: this.url, HYDROALERT_TOKEN: this.root.token ?? '' };
  }
}
