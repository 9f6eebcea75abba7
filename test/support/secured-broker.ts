import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { writeDynamicSecurity } from '../../scripts/services/dynamic-security.mjs';
import { startMosquitto, type MosquittoOptions } from '../../scripts/services/mosquitto.mjs';
import type { Service } from '../../scripts/services/service.mjs';
import type { DynsecCommand, DynsecResponse } from '../../src/mqtt/dynamic-security/dynsec.types.js';
import { BROKER_CERTIFICATE, BROKER_KEY, CA_CERTIFICATE } from './tls-fixtures.js';

const CONTROL = '$CONTROL/dynamic-security/v1';
const PLATFORM = { username: 'platform', password: 'word-of-the-platform' };

/** A command that an administrator gives by hand; ours are among them. */
export type AdministratorCommand = DynsecCommand | { readonly command: string; readonly [field: string]: unknown };

/** A Mosquitto with dynamic security and TLS, as docs/broker.md sets it up, and an administrator who works on it by hand. */
export class SecuredBroker {
  private readonly clients: MqttClient[] = [];

  private constructor(readonly service: Service) {}

  static async start(options: Pick<MosquittoOptions, 'listener' | 'config'> = {}): Promise<SecuredBroker> {
    const tls = { cert: BROKER_CERTIFICATE, key: BROKER_KEY };
    return new SecuredBroker(await startMosquitto({ ...options, dynamicSecurity: PLATFORM, tls }));
  }

  /** What an application needs to manage it. */
  get environment(): Record<string, string> {
    const ca = join(this.service.dir, 'ca-for-clients.pem');
    writeFileSync(ca, CA_CERTIFICATE, { mode: 0o644 });
    return {
      MQTT_URL: this.service.url,
      MQTT_USERNAME: PLATFORM.username,
      MQTT_PASSWORD: PLATFORM.password,
      MQTT_CA_FILE: ca,
      MQTT_DYNAMIC_SECURITY: 'true',
    };
  }

  /** A client over TLS that does not come back by itself. @throws Error when it is refused */
  async connect(options: IClientOptions): Promise<MqttClient> {
    const defaults = { protocolVersion: 5, reconnectPeriod: 0, ca: CA_CERTIFICATE, connectTimeout: 10_000 } as const;
    const client = await mqtt.connectAsync(this.service.url, { ...defaults, ...options }, false);
    client.on('error', () => undefined);
    this.clients.push(client);
    return client;
  }

  /** Gives commands by hand and answers what the broker said. */
  async command(...commands: AdministratorCommand[]): Promise<DynsecResponse[]> {
    const client = await this.connect(PLATFORM);
    await client.subscribeAsync(`${CONTROL}/response`, { qos: 1 });
    const answer = new Promise<DynsecResponse[]>((resolve) =>
      client.once('message', (_topic, payload) =>
        resolve((JSON.parse(payload.toString()) as { responses: DynsecResponse[] }).responses),
      ),
    );
    await client.publishAsync(CONTROL, JSON.stringify({ commands }), { qos: 1 });
    const responses = await answer;
    await client.endAsync();
    return responses;
  }

  /** Names of all clients, or of all roles. */
  async names(kind: 'clients' | 'roles'): Promise<string[]> {
    const command = kind === 'clients' ? 'listClients' : 'listRoles';
    const [answer] = await this.command({ command, verbose: false, count: -1, offset: 0 });
    return ((answer?.data as Record<string, string[]>)[kind] ?? []).toSorted();
  }

  /** Stops it, and starts it again with what it was delivered with: all that it had learned is gone. */
  async loseFile(): Promise<void> {
    await this.service.kill();
    const file = join(this.service.dir, 'dynamic-security.json');
    rmSync(file);
    writeDynamicSecurity(file, PLATFORM);
    await this.service.start();
  }

  async stop(): Promise<void> {
    for (const client of this.clients) await client.endAsync(true);
    await this.service.stop();
  }
}
