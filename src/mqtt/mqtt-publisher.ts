import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { UnavailableError } from '../common/errors/errors.js';
import { MqttConnectionState } from './mqtt-connection-state.js';
import { MqttConnection } from './mqtt-connection.js';
import { MQTT_SETTINGS, type MqttSettings } from './mqtt.options.js';

export interface PublishOptions {
  /** 1 unless given: resolves when the broker has the message. */
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  /** The broker forgets the message after this time (MQTT 5; ignored in 3.1.1). */
  readonly expirySeconds?: number;
}

/**
 * What became of a message that is sent once or not at all: the broker has it; it refused it; nothing left this process;
 * or the connection ended, or the time, before the broker answered.
 */
export type PublishOutcome = 'taken' | 'refused' | 'not_sent' | 'unknown';

/**
 * Sends messages to devices, by a connection of its own (`<clientId>-publisher`, opened by the first message): the
 * receiving one may stand still for back-pressure, and a process that receives nothing has none.
 */
@Injectable()
export class MqttPublisher implements OnApplicationShutdown {
  private readonly logger = new Logger('MqttPublisher');
  private connection: MqttConnection | undefined;
  /** Messages that are not to be sent again by another connection, by what gives them up. */
  private readonly once = new Set<() => void>();

  constructor(
    @Inject(MQTT_SETTINGS) private readonly settings: MqttSettings,
    private readonly state: MqttConnectionState,
  ) {}

  /**
   * Resolves when the broker has acknowledged the message.
   * @throws UnavailableError when it did not within `publishTimeoutMs`; the message may still arrive later
   */
  async publish(topic: string, payload: string | Buffer, options: PublishOptions = {}): Promise<void> {
    const { qos = 1, retain = false, expirySeconds } = options;
    const { client } = this.open();
    const properties = expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new UnavailableError('MQTT_UNAVAILABLE', 'The message broker did not take the message in time.')),
      this.settings.publishTimeoutMs,
    );
    client.publish(topic, payload, { qos, retain, properties }, (error) => (error ? reject(error) : resolve()));
    try {
      await promise;
      this.state.counters.published += 1;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether there is a connection, after waiting for it at most this long. */
  async connected(withinMs: number): Promise<boolean> {
    const connection = this.open();
    if (connection.isUp) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    const onConnect = (): void => resolve();
    connection.client.once('connect', onConnect);
    await promise;
    clearTimeout(timer);
    // While the broker is away, each wait would leave one behind.
    connection.client.off('connect', onConnect);
    return connection.isUp;
  }

  /**
   * Sends a message (QoS 1) over the connection that there is, or not at all: it does not wait for a connection, and no
   * other connection sends it again. For what must not come by surprise. Never rejects.
   */
  async publishOnce(
    topic: string,
    payload: string,
    { expirySeconds }: { expirySeconds: number },
  ): Promise<PublishOutcome> {
    const connection = this.open();
    if (!connection.isUp) return 'not_sent';
    const { client } = connection;
    const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
    const properties = { messageExpiryInterval: expirySeconds };
    const settle = (error?: Error | null): void => {
      // Only a broker's answer has a code; any other error says that the answer will not come.
      if (error) resolve('code' in error && typeof error.code === 'number' ? 'refused' : 'unknown');
      else resolve('taken');
    };
    client.publish(topic, payload, { qos: 1, properties }, settle);
    const giveUp = (): void => {
      resolve('unknown');
      const [id] = Object.entries(client.outgoing).find(([, { cb }]) => cb === settle) ?? [];
      if (id !== undefined) client.removeOutgoingMessage(Number(id));
    };
    this.once.add(giveUp);
    const timer = setTimeout(giveUp, this.settings.publishTimeoutMs);
    const outcome = await promise;
    clearTimeout(timer);
    this.once.delete(giveUp);
    if (outcome === 'taken') this.state.counters.published += 1;
    return outcome;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection?.close();
  }

  private open(): MqttConnection {
    if (this.connection !== undefined) return this.connection;
    const connection = (this.connection = this.connect());
    // Before mqtt.js opens the next one, over which it would send again whatever was not acknowledged.
    connection.client.on('close', () => this.once.forEach((giveUp) => giveUp()));
    return connection;
  }

  private connect(): MqttConnection {
    const identity = { clientId: `${this.settings.clientId}-publisher`, persistent: false };
    return new MqttConnection(this.settings, identity, this.state.publisher, this.logger);
  }
}
