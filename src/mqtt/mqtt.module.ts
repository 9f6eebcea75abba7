import { type DynamicModule, Module } from '@nestjs/common';
import { BatchingMqttServer } from './batching-mqtt.server.js';
import { DynsecClient } from './dynamic-security/dynsec-client.js';
import { MqttConnectionState } from './mqtt-connection-state.js';
import { MqttPublisher } from './mqtt-publisher.js';
import { MQTT_SETTINGS, type MqttAsyncOptions, withMqttDefaults } from './mqtt.options.js';

/** The way to and from the broker; connects only when the server is given to `connectMicroservice`, or on publishing. */
@Module({})
export class MqttModule {
  static forRootAsync<T extends unknown[]>({
    imports = [],
    inject = [],
    useFactory,
  }: MqttAsyncOptions<T>): DynamicModule {
    return {
      module: MqttModule,
      global: true,
      imports,
      providers: [
        {
          provide: MQTT_SETTINGS,
          inject,
          useFactory: (...dependencies: T) => withMqttDefaults(useFactory(...dependencies)),
        },
        MqttConnectionState,
        BatchingMqttServer,
        DynsecClient,
        MqttPublisher,
      ],
      exports: [MqttConnectionState, BatchingMqttServer, DynsecClient, MqttPublisher],
    };
  }
}
