import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  type INestApplication,
  Injectable,
  Logger,
  Module,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { EventPattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import type { MqttClient } from 'mqtt';
import { CommonModule } from '../../src/common/common.module.js';
import { AllExceptionsFilter } from '../../src/common/errors/all-exceptions.filter.js';
import { HttpExceptionFilter } from '../../src/common/errors/http-exception.filter.js';
import { RpcExceptionFilter } from '../../src/common/errors/rpc-exception.filter.js';
import { WsExceptionFilter } from '../../src/common/errors/ws-exception.filter.js';
import { currentRequestId } from '../../src/common/request-context/request-context.js';
import { BatchingMqttServer } from '../../src/mqtt/batching-mqtt.server.js';
import type { InboundMessage } from '../../src/mqtt/inbound-message.js';
import type { MessageBatch } from '../../src/mqtt/message-batch.js';
import { MqttConnectionState } from '../../src/mqtt/mqtt-connection-state.js';
import { MqttPublisher } from '../../src/mqtt/mqtt-publisher.js';
import { MqttModule } from '../../src/mqtt/mqtt.module.js';
import type { MqttOptions } from '../../src/mqtt/mqtt.options.js';
import { PoisonSink } from '../../src/mqtt/poison-sink.js';
import { TOPICS } from '../../src/mqtt/topics.js';

/** Pauses that a test can wait for. */
const FAST = { retryQuickMs: 10, retryInitialMs: 20, retryMaxMs: 100, reconnectInitialMs: 100, reconnectMaxMs: 500 };

/** What a test tells the application to do with batches, and what it saw of them. */
@Injectable()
export class Desk implements PoisonSink {
  /** Runs for every batch, in place of the work of a room. */
  work: (batch: MessageBatch) => Promise<void> | void = () => undefined;
  /** Runs in the global guard, for every batch. */
  judge: (batch: MessageBatch) => void = () => undefined;
  readonly guarded: MessageBatch[] = [];
  /** Batches and messages whose work has ended well. */
  readonly batches: MessageBatch[] = [];
  readonly handled: InboundMessage[] = [];
  readonly aside: { message: InboundMessage; error: unknown; requestId: string | undefined }[] = [];

  async handle(batch: MessageBatch): Promise<void> {
    await this.work(batch);
    this.batches.push(batch);
    this.handled.push(...batch.messages);
  }

  setAside(message: InboundMessage, error: unknown): Promise<void> {
    this.aside.push({ message, error, requestId: currentRequestId() });
    return Promise.resolve();
  }

  get payloads(): string[] {
    return this.handled.map(({ payload }) => payload.toString());
  }
}

@Injectable()
class DeskGuard implements CanActivate {
  constructor(private readonly desk: Desk) {}

  canActivate(context: ExecutionContext): boolean {
    const batch: MessageBatch = context.switchToRpc().getData();
    this.desk.guarded.push(batch);
    this.desk.judge(batch);
    return true;
  }
}

@Controller()
class DeskController {
  constructor(private readonly desk: Desk) {}

  @EventPattern<string>(TOPICS.data)
  data(@Payload() batch: MessageBatch): Promise<void> {
    return this.desk.handle(batch);
  }

  @EventPattern<string>(TOPICS.status)
  status(@Payload() batch: MessageBatch): Promise<void> {
    return this.desk.handle(batch);
  }
}

/** An application that consists of the transport and a desk; filters and guard are global, as in the product. */
export interface MqttApp {
  readonly app: INestApplication;
  readonly desk: Desk;
  readonly state: MqttConnectionState;
  readonly publisher: MqttPublisher;
  /** Resolves when the broker has granted the subscriptions. */
  ready(): Promise<void>;
  /** Ends the connection without a word and drops what is in hand, as a kill would. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

export async function startMqttApp(options: MqttOptions): Promise<MqttApp> {
  Logger.overrideLogger(false);
  @Module({
    imports: [CommonModule, MqttModule.forRootAsync({ useFactory: () => ({ ...FAST, ...options }) })],
    controllers: [DeskController],
    providers: [
      Desk,
      { provide: PoisonSink, useExisting: Desk },
      HttpExceptionFilter,
      RpcExceptionFilter,
      WsExceptionFilter,
      { provide: APP_FILTER, useClass: AllExceptionsFilter },
      { provide: APP_GUARD, useClass: DeskGuard },
    ],
  })
  class DeskModule {}

  const testing = await Test.createTestingModule({ imports: [DeskModule] }).compile();
  const app = testing.createNestApplication({ logger: false });
  const server = app.get(BatchingMqttServer);
  app.connectMicroservice<MicroserviceOptions>({ strategy: server }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  await app.init();
  const state = app.get(MqttConnectionState);
  return {
    app,
    desk: app.get(Desk),
    state,
    publisher: app.get(MqttPublisher),
    ready: () => until(() => state.subscribed),
    crash: async () => {
      server.unwrap<MqttClient>().end(true);
      await app.close();
    },
    close: () => app.close(),
  };
}

/** Resolves when the condition holds; the test's own time limit is the only one. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
