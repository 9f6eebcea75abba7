import { Inject, Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type CustomTransportStrategy, type MessageHandler, MqttContext, ServerMqtt } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { Clock } from '../common/clock.js';
import { BatchSettler } from './batch-settler.js';
import type { InboundMessage } from './inbound-message.js';
import { Intake } from './intake.js';
import type { MessageBatch } from './message-batch.js';
import { MicroBatcher } from './micro-batcher.js';
import { MqttConnectionState } from './mqtt-connection-state.js';
import { MqttConnection } from './mqtt-connection.js';
import { MQTT_SETTINGS, type MqttSettings } from './mqtt.options.js';
import { PoisonSink } from './poison-sink.js';
import { type Subscription, Subscriptions } from './subscriptions.js';
import { TopicRouter } from './topic-router.js';

/** Name of the lane for messages that no handler asked for (a leftover of an older subscription): they are set aside. */
const UNROUTED = '#';

/**
 * Nest's MQTT server with micro-batches: a handler of `@EventPattern(pattern)` gets a MessageBatch, guarded and piped
 * once, and its messages are acknowledged when it has resolved. Payloads stay raw; Nest's envelope is not looked for.
 * Needs `connectMicroservice({ strategy }, { inheritAppConfig: true })`, else global guards do not run, and a PoisonSink
 * in any module. Errors reach `isTransient` as the exception filters leave them.
 */
@Injectable()
export class BatchingMqttServer extends ServerMqtt implements CustomTransportStrategy {
  protected override readonly logger = new Logger('Mqtt');
  private readonly lanes: MicroBatcher[] = [];
  private readonly router = new TopicRouter<MicroBatcher>();
  private readonly giveUp = new AbortController();
  private connection: MqttConnection | undefined;
  private intake: Intake | undefined;
  private subscriptions: Subscriptions | undefined;
  private closed: Promise<void> | undefined;

  constructor(
    @Inject(MQTT_SETTINGS) private readonly settings: MqttSettings,
    private readonly state: MqttConnectionState,
    private readonly clock: Clock,
    private readonly moduleRef: ModuleRef,
  ) {
    super({ url: settings.url });
  }

  /** Calls back as soon as the connection is being opened: a broker that is away must not keep the application down. */
  override listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      this.open();
      callback();
    } catch (error) {
      callback(error);
    }
    return Promise.resolve();
  }

  /**
   * Takes no more messages, waits for the batches in hand (at most `drainTimeoutMs`), acknowledges them, disconnects.
   * The subscriptions stay: the broker gathers for our return.
   */
  override close(): Promise<void> {
    this.closed ??= this.drainAndDisconnect();
    return this.closed;
  }

  private open(): void {
    const subscriptions = this.subscriptionsOfHandlers();
    const settler = this.createSettler();
    for (const { pattern } of subscriptions) this.addLane(pattern, settler, this.messageHandlers.get(pattern));
    this.addLane(UNROUTED, settler, undefined);
    const identity = { clientId: this.settings.clientId, persistent: true };
    this.connection = new MqttConnection(this.settings, identity, this.state, this.logger);
    const { client } = this.connection;
    this.mqttClient = client;
    this.state.probe = () => {
      if (client.connected) client.sendPing();
    };
    this.subscriptions = new Subscriptions(client, subscriptions, this.settings, this.state, this.logger);
    this.intake = new Intake(client, this.settings, this.state.counters, this.clock, (message) => this.route(message));
    this.registerConnectListener(client);
    this.registerDisconnectListener(client);
    this.registerCloseListener(client);
    for (const { event, callback } of this.pendingEventListeners) client.on(event, callback);
    this.pendingEventListeners = [];
  }

  private createSettler(): BatchSettler {
    return new BatchSettler({
      settings: this.settings,
      sink: this.moduleRef.get(PoisonSink, { strict: false }),
      counters: this.state.counters,
      logger: this.logger,
      settled: (messages) => this.intake?.settled(messages),
      giveUp: this.giveUp.signal,
    });
  }

  /** @throws for handlers that batches cannot be given to safely */
  private subscriptionsOfHandlers(): Subscription[] {
    return [...this.messageHandlers].map(([pattern, handler]) => {
      if (handler.isEventHandler !== true)
        throw new Error(`${pattern}: use @EventPattern, there are no replies by MQTT`);
      if (handler.next !== undefined)
        throw new Error(`${pattern}: a second handler would repeat the work of the first`);
      return {
        pattern,
        qos: (handler.extras?.qos as Subscription['qos'] | undefined) ?? this.settings.subscriptionQos,
      };
    });
  }

  private addLane(pattern: string, settler: BatchSettler, handler: MessageHandler | undefined): void {
    const handle = (batch: MessageBatch) => this.handleBatch(batch, handler);
    const lane = new MicroBatcher(this.settings, (messages) => settler.settle(pattern, messages, handle));
    this.lanes.push(lane);
    this.router.add(pattern, lane);
  }

  private route(message: InboundMessage): void {
    this.router.find(message.topic)?.push(message);
  }

  private async handleBatch(batch: MessageBatch, handler: MessageHandler | undefined): Promise<void> {
    if (handler === undefined) throw new Error('no handler for this topic');
    const result: unknown = await handler(batch, new MqttContext([batch.pattern, {}]));
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
  }

  private async drainAndDisconnect(): Promise<void> {
    this.subscriptions?.stop();
    this.intake?.stop();
    const timer = setTimeout(() => this.giveUp.abort(), this.settings.drainTimeoutMs);
    const drained = Promise.all(this.lanes.map((lane) => lane.drain()));
    const gaveUp = new Promise((resolve) => this.giveUp.signal.addEventListener('abort', resolve, { once: true }));
    await Promise.race([drained, gaveUp]);
    clearTimeout(timer);
    if (this.giveUp.signal.aborted) {
      this.logger.warn(`${this.state.counters.inFlight} messages are left to the broker: not settled in time`);
      for (const lane of this.lanes) lane.clear();
    }
    await this.connection?.close();
  }
}
