import { randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { z } from 'zod';
import { MqttConnectionState } from '../mqtt-connection-state.js';
import { MqttConnection } from '../mqtt-connection.js';
import { MQTT_SETTINGS, type MqttSettings } from '../mqtt.options.js';
import { DynsecUnavailable } from './dynsec.errors.js';
import {
  clientPageSchema,
  defaultAccessSchema,
  type DefaultAccess,
  type DynsecCommand,
  type DynsecResponse,
  type ListedClient,
  type ListedRole,
  responsesSchema,
  rolePageSchema,
} from './dynsec.types.js';

const COMMAND_TOPIC = '$CONTROL/dynamic-security/v1';
const RESPONSE_TOPIC = `${COMMAND_TOPIC}/response`;
/** The broker does nothing else while it answers, so it is not asked for everything at once. */
const PAGE = 500;
/** Longest pause between two attempts to connect: a broker that comes back has to learn what it missed. */
const RECONNECT_MAX_MS = 5_000;
const ID_BYTES = 8;

interface Waiting {
  readonly left: Set<string>;
  readonly answers: Map<string, DynsecResponse>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Manages a Mosquitto by its dynamic-security plugin, over a connection of its own (`<clientId>-control`), so that it
 * waits for no reading. The broker answers whoever asked; which answer belongs to which command says `correlationData`.
 */
@Injectable()
export class DynsecClient implements OnApplicationShutdown {
  private readonly logger = new Logger('DynamicSecurity');
  private readonly waiting = new Set<Waiting>();
  private connection: MqttConnection | undefined;
  private subscribed = false;

  constructor(
    @Inject(MQTT_SETTINGS) private readonly settings: MqttSettings,
    private readonly state: MqttConnectionState,
  ) {}

  /** Whether commands can be given now. */
  get isReady(): boolean {
    return this.subscribed;
  }

  /** Starts to connect; `ready` is called whenever the broker can be asked again, also after each interruption. */
  open(ready: () => void): void {
    if (this.connection !== undefined) return;
    const identity = { clientId: `${this.settings.clientId}-control`, persistent: false };
    const settings = { ...this.settings, reconnectMaxMs: RECONNECT_MAX_MS };
    this.connection = new MqttConnection(settings, identity, this.state.control, this.logger);
    const { client } = this.connection;
    client.on('connect', () => this.subscribe(ready));
    client.on('close', () => this.lost());
    client.on('message', (topic, payload) => {
      if (topic === RESPONSE_TOPIC) this.take(payload);
    });
  }

  /**
   * Gives commands in one message, and answers in their order. A command that the broker refuses is an answer with `error`.
   * @throws DynsecUnavailable when not all answers came within `publishTimeoutMs`
   */
  async send(commands: readonly DynsecCommand[]): Promise<DynsecResponse[]> {
    const { connection } = this;
    if (connection === undefined || !this.subscribed) throw new DynsecUnavailable('away');
    const prefix = randomBytes(ID_BYTES).toString('hex');
    const ids = commands.map((_, index) => `${prefix}.${index}`);
    const numbered = commands.map((command, index) => ({ ...command, correlationData: ids[index] }));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { left: new Set(ids), answers: new Map(), resolve, reject };
    this.waiting.add(waiting);
    const timer = setTimeout(() => reject(new DynsecUnavailable('timeout')), this.settings.publishTimeoutMs);
    connection.client.publish(COMMAND_TOPIC, JSON.stringify({ commands: numbered }), { qos: 1 }, (error) => {
      if (error) reject(new DynsecUnavailable('refused', { cause: error }));
      // Mosquitto 2.0 sends what a plugin answers with the next round of its loop, 100 ms later unless something arrives.
      else if (connection.client.connected) connection.client.sendPing();
    });
    try {
      await promise;
      return ids.map((id) => waiting.answers.get(id)!);
    } finally {
      clearTimeout(timer);
      this.waiting.delete(waiting);
    }
  }

  /** Every client, with its roles. @throws DynsecUnavailable */
  clients(): Promise<ListedClient[]> {
    return this.pages('listClients', clientPageSchema, ({ clients }) => clients);
  }

  /** Every role, with its rules. @throws DynsecUnavailable */
  roles(): Promise<ListedRole[]> {
    return this.pages('listRoles', rolePageSchema, ({ roles }) => roles);
  }

  /** What holds where no role says anything. @throws DynsecUnavailable */
  async defaultAccess(): Promise<DefaultAccess> {
    const { acls } = await this.ask({ command: 'getDefaultACLAccess' }, defaultAccessSchema);
    const allowed = (type: keyof DefaultAccess) => acls.find(({ acltype }) => acltype === type)?.allow ?? false;
    return {
      publishClientSend: allowed('publishClientSend'),
      publishClientReceive: allowed('publishClientReceive'),
      subscribe: allowed('subscribe'),
      unsubscribe: allowed('unsubscribe'),
    };
  }

  async onApplicationShutdown(): Promise<void> {
    this.lost();
    await this.connection?.close();
  }

  /** Pages are cut by position, so a list that changes meanwhile may miss an entry; the next look finds it. */
  private async pages<Page extends { totalCount: number }, Item>(
    command: 'listClients' | 'listRoles',
    schema: z.ZodType<Page>,
    itemsOf: (page: Page) => Item[],
  ): Promise<Item[]> {
    const all: Item[] = [];
    for (;;) {
      const page = await this.ask({ command, verbose: true, count: PAGE, offset: all.length }, schema);
      const items = itemsOf(page);
      all.push(...items);
      if (items.length === 0 || all.length >= page.totalCount) return all;
    }
  }

  private async ask<T>(command: DynsecCommand, schema: z.ZodType<T>): Promise<T> {
    const [answer] = await this.send([command]);
    if (answer?.error !== undefined) throw new DynsecUnavailable('refused', { cause: new Error(answer.error) });
    const data = schema.safeParse(answer?.data);
    if (!data.success) throw new DynsecUnavailable('unreadable', { cause: data.error });
    return data.data;
  }

  private subscribe(ready: () => void): void {
    this.connection?.client.subscribe(RESPONSE_TOPIC, { qos: 1 }, (error) => {
      if (error === null) {
        this.subscribed = true;
        ready();
      } else if (this.connection?.client.connected) {
        this.state.control.lastError = `subscription to ${RESPONSE_TOPIC} refused: ${error.message}`;
        this.state.control.become('degraded');
        this.logger.error(this.state.control.lastError);
      }
    });
  }

  private take(payload: Buffer): void {
    for (const answer of readAnswers(payload)) {
      const id = answer.correlationData;
      if (id === undefined) continue;
      for (const waiting of this.waiting) {
        if (!waiting.left.delete(id)) continue;
        waiting.answers.set(id, answer);
        if (waiting.left.size === 0) waiting.resolve();
      }
    }
  }

  private lost(): void {
    this.subscribed = false;
    for (const { reject } of this.waiting) reject(new DynsecUnavailable('away'));
  }
}

/** What is no answer is left to the time-out of whoever waits for one. */
function readAnswers(payload: Buffer): readonly DynsecResponse[] {
  try {
    return responsesSchema.safeParse(JSON.parse(payload.toString('utf8'))).data?.responses ?? [];
  } catch {
    return [];
  }
}
