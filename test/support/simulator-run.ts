import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import mqtt, { type MqttClient } from 'mqtt';
import { until } from './mqtt-app.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/simulator.mjs', import.meta.url));

/** A device as `.demo/demo.json` describes it; the password is `of-<deviceId>`. */
export interface SimulatedDevice {
  readonly deviceId: string;
  readonly metrics: readonly string[];
  readonly municipality?: string;
  readonly simulated?: boolean;
  readonly fault?: string;
}

/** A reading set as it came. */
export interface HeardReading {
  readonly timestamp: string;
  readonly seq: number;
  readonly values: Record<string, number>;
}

/** The simulator as a process of its own; ends with `stop`. */
export class SimulatorRun {
  output = '';
  private readonly folder = mkdtempSync(join(tmpdir(), 'hydroalert-simulator-'));
  private readonly child: ChildProcess;
  private readonly exit: Promise<number | null>;

  constructor(mqttUrl: string, devices: readonly SimulatedDevice[], args: readonly string[]) {
    const file = join(this.folder, 'demo.json');
    const described = devices.map((device) => ({
      municipality: 'town',
      simulated: true,
      ...device,
      mqtt: { username: device.deviceId, password: `of-${device.deviceId}` },
    }));
    writeFileSync(file, JSON.stringify({ mqttUrl, devices: described }));
    this.child = spawn(process.execPath, [SCRIPT, '--demo', file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (text: Buffer) => (this.output += text.toString()));
    }
    this.exit = new Promise((resolve) => this.child.once('exit', (code) => resolve(code)));
  }

  /** Resolves when it has ended by itself, to its exit code. */
  ended(): Promise<number | null> {
    return this.exit;
  }

  /** Ends it as the launcher does. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    const code = await this.exit;
    rmSync(this.folder, { recursive: true, force: true });
    return code;
  }
}

/** Hears everything that devices say, also what is said while the broker restarts. */
export class Listener {
  readonly statuses: { deviceId: string; status: string; byBroker: boolean }[] = [];
  /** Reading sets of each message. */
  readonly messages: { deviceId: string; readings: HeardReading[] }[] = [];

  private constructor(private readonly client: MqttClient) {
    client.on('message', (topic, payload) => this.hear(topic, payload));
  }

  static async open(url: string, credentials: { clientId: string; username?: string; password?: string }) {
    const options = { ...credentials, clean: false, protocolVersion: 4 as const, reconnectPeriod: 50 };
    const client = mqtt.connect(url, { ...options, manualConnect: true });
    const listener = new Listener(client);
    client.on('error', () => undefined); // the broker is away for a while
    client.connect();
    await client.subscribeAsync('sensors/#', { qos: 1 });
    return listener;
  }

  /** Readings of a device by their number; one that came twice counts once. */
  readingsOf(deviceId: string): HeardReading[] {
    const own = this.messages.filter((message) => message.deviceId === deviceId).flatMap(({ readings }) => readings);
    return [...new Map(own.map((reading) => [reading.seq, reading])).values()].sort((a, b) => a.seq - b.seq);
  }

  /** What a device said of its state, in order. */
  statusesOf(deviceId: string): string[] {
    return this.statuses.filter((status) => status.deviceId === deviceId).map(({ status }) => status);
  }

  /** Waits until what was heard meets a condition. */
  hears(condition: (listener: this) => boolean): Promise<void> {
    return until(() => condition(this));
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }

  private hear(topic: string, payload: Buffer): void {
    const [, deviceId = '', kind] = topic.split('/');
    const content: unknown = JSON.parse(payload.toString());
    if (kind === 'data') this.messages.push({ deviceId, readings: [content].flat() as HeardReading[] });
    if (kind !== 'status') return;
    const { status, firmware } = content as { status: string; firmware?: string };
    this.statuses.push({ deviceId, status, byBroker: firmware === undefined });
  }
}
