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
 * Sends messages to devices, by a connection of its own (`<clientId>-publisher`, opened by the first message): the
 * receiving one may stand still for back-pressure, and a process that receives nothing has none.
 */
@Injectable()
export class MqttPublisher implements OnApplicationShutdown {
  private readonly logger = new Logger('MqttPublisher');
  private connection: MqttConnection | undefined;

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
    const { client } = (this.connection ??= this.connect());
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

  async onApplicationShutdown(): Promise<void> {
    await this.connection?.close();
  }

  private connect(): MqttConnection {
    const identity = { clientId: `${this.settings.clientId}-publisher`, persistent: false };
    return new MqttConnection(this.settings, identity, this.state.publisher, this.logger);
  }
}
