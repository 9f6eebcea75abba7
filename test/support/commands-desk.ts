import { EntityManager } from '@mikro-orm/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { connectAsync, type MqttClient } from 'mqtt';
import { expect, vi } from 'vitest';
import { AuditModule } from '../../src/audit/audit.module.js';
import { CommonModule } from '../../src/common/common.module.js';
import { newId } from '../../src/common/ids.js';
import { AppConfig } from '../../src/config/app-config.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { DatabaseModule } from '../../src/database/database.module.js';
import { CommandAnswersService } from '../../src/devices/commands/command-answers.service.js';
import { sendCommandSchema, type SendCommand } from '../../src/devices/commands/command.schemas.js';
import { CommandsModule } from '../../src/devices/commands/commands.module.js';
import { CommandsService } from '../../src/devices/commands/commands.service.js';
import { DeviceCommand } from '../../src/devices/commands/device-command.entity.js';
import { Device } from '../../src/devices/device.entity.js';
import { DevicesModule } from '../../src/devices/devices.module.js';
import { InboundMessage } from '../../src/mqtt/inbound-message.js';
import { MessageBatch } from '../../src/mqtt/message-batch.js';
import { MqttModule } from '../../src/mqtt/mqtt.module.js';
import { PoisonSink } from '../../src/mqtt/poison-sink.js';
import { OutboxEvent } from '../../src/outbox/outbox-event.entity.js';
import { OutboxModule } from '../../src/outbox/outbox.module.js';
import { RejectedReadings } from '../../src/readings/rejected-readings.js';
import { RedisModule } from '../../src/redis/redis.module.js';
import type { TestDatabase } from './databases.js';
import { asTenant, createMunicipality } from './devices-module.js';

/** Patience with the broker. */
export const WAIT = { timeout: 20_000, interval: 20 };

/** A message that a device was sent. */
export interface Heard {
  readonly deviceId: string;
  readonly commandId: string;
  readonly name: string;
  readonly payload: unknown;
  readonly expiresAt: string;
}

/** What a command is unless a test says otherwise. */
export const parseCommand = (more: object = {}): SendCommand =>
  sendCommandSchema.parse({ name: 'open', payload: { valve: 3 }, ...more });

/**
 * Three processes that have the commands room, on a test database: two at the broker, one whose broker is away. Each
 * sends when it is told to, or has made a command itself; nothing happens by the clock. And devices that listen.
 */
export class CommandsDesk {
  /** Who sends the commands. */
  readonly user = newId();
  heard: Heard[] = [];
  /** The municipality of the test, and its first device. */
  home = '';
  deviceId = '';

  private constructor(
    readonly one: TestingModule,
    readonly two: TestingModule,
    readonly lonely: TestingModule,
    readonly broker: MqttClient,
  ) {}

  static async open(db: TestDatabase): Promise<CommandsDesk> {
    const broker = await connectAsync(db.config().mqtt.url);
    const desk = new CommandsDesk(
      await startProcess(db, {}),
      await startProcess(db, {}),
      await startProcess(db, { MQTT_URL: 'mqtt://127.0.0.1:1' }),
      broker,
    );
    broker.on('message', (topic, payload) => {
      const said = JSON.parse(payload.toString()) as Omit<Heard, 'deviceId'>;
      desk.heard.push({ deviceId: topic.split('/')[1]!, ...said });
    });
    await broker.subscribeAsync('system/+/command', { qos: 1 });
    return desk;
  }

  async close(): Promise<void> {
    await this.broker.endAsync(true);
    await Promise.all([this.one, this.two, this.lonely].map((module) => module.close()));
  }

  /** A municipality of its own for each test. */
  async reset(): Promise<void> {
    this.heard = [];
    this.home = await createMunicipality(this.one);
    [this.deviceId] = await this.makeDevices(1);
  }

  get em(): EntityManager {
    return this.one.get(EntityManager).fork();
  }

  async makeDevices(count: number): Promise<[string, ...string[]]> {
    const prefix = `valve-${newId().slice(-10)}`;
    const ids = Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
    const em = this.em;
    for (const id of ids) em.create(Device, { id, municipalityId: this.home, name: id });
    await asTenant('all', () => em.flush());
    return ids as [string, ...string[]];
  }

  /** Makes a command in a process. */
  make(by: TestingModule, more: object = {}, key?: string, deviceId = this.deviceId): Promise<DeviceCommand> {
    const origin = { userId: this.user, idempotencyKey: key };
    return asTenant([this.home], () => by.get(CommandsService).send(deviceId, parseCommand(more), origin));
  }

  /** A command that the broker has. */
  async sent(more: object = {}): Promise<DeviceCommand> {
    const { id } = await this.make(this.one, more);
    await vi.waitFor(async () => expect(await this.stored(id)).toMatchObject([{ status: 'sent' }]), WAIT);
    return (await this.stored(id))[0]!;
  }

  /** Commands of the municipality, or one of them, in the order of their making. */
  stored(id?: string): Promise<DeviceCommand[]> {
    const where = { municipalityId: this.home, ...(id === undefined ? {} : { id }) };
    return asTenant('all', () => this.em.find(DeviceCommand, where, { orderBy: { id: 'asc' } }));
  }

  /** What the first device heard. */
  get told(): Heard[] {
    return this.heard.filter(({ deviceId }) => deviceId === this.deviceId);
  }

  /** Lets time pass for the commands of the test. */
  async age(ms: number): Promise<void> {
    const em = this.em;
    for (const command of await asTenant('all', () => em.find(DeviceCommand, { municipalityId: this.home }))) {
      for (const key of ['expiresAt', 'dueAt', 'leaseUntil'] as const) {
        const at = command[key];
        if (at) command[key] = new Date(at.getTime() - ms);
      }
    }
    await asTenant('all', () => em.flush());
  }

  /** A device answers; whatever is no text is sent as JSON. */
  async say(payload: unknown, from = this.deviceId): Promise<MessageBatch> {
    const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
    const message = new InboundMessage(`system/${from}/response`, from, bytes, 1, false, false, undefined, Date.now());
    const batch = new MessageBatch('system/+/response', [message]);
    await this.one.get(CommandAnswersService).take(batch);
    return batch;
  }

  /** What control rooms were told. */
  async events(): Promise<{ change: string; command: { commandId: string; status: string } }[]> {
    const rows = await this.em.find(OutboxEvent, { municipalityId: this.home }, { orderBy: { position: 'asc' } });
    return rows.map(({ payload }) => JSON.parse(payload) as Awaited<ReturnType<CommandsDesk['events']>>[number]);
  }

  async statusesTold(): Promise<string[]> {
    return (await this.events()).map(({ command }) => command.status);
  }
}

async function startProcess(db: TestDatabase, environment: Record<string, string>): Promise<TestingModule> {
  const config = db.config({ ROLES: 'ingest', MQTT_CLIENT_ID: `desk-${newId().slice(-10)}`, ...environment });
  const module = await Test.createTestingModule({
    imports: [
      ConfigModule.forRoot(config),
      CommonModule,
      DatabaseModule,
      AuditModule,
      RedisModule,
      OutboxModule,
      MqttModule.forRootAsync({ inject: [AppConfig], useFactory: (known: AppConfig) => known.mqtt }),
      CommandsModule,
      // What is set aside is counted there.
      DevicesModule,
    ],
    providers: [RejectedReadings, { provide: PoisonSink, useExisting: RejectedReadings }],
  }).compile();
  return module.init();
}
