import { io, type Socket } from 'socket.io-client';
import { newId } from '../../src/common/ids.js';
import { AppConfig } from '../../src/config/app-config.js';
import { Transactions } from '../../src/database/transaction.js';
import type { NewLiveEvent } from '../../src/outbox/live-event.js';
import { OutboxService } from '../../src/outbox/outbox.service.js';
import type { LiveMessage } from '../../src/realtime/live-message.js';
import type { RoleCode } from '../../src/users/role-code.js';
import { accessTokenOf } from './access-tokens.js';
import { startTestApp, type TestApp } from './app.js';
import type { TestDatabase } from './databases.js';

/** An answer to `subscribe` or `unsubscribe`. */
export interface LiveAnswer {
  ok: boolean;
  topics?: string[];
  cursor?: string;
  error?: { code: string; message: string };
}

/** An event with the name under which it came. */
export type Received = LiveMessage & { name: string };

/** The application with its live door on a test database, and people to look through it. */
export class LiveApp {
  private readonly clients: LiveClient[] = [];

  private constructor(readonly running: TestApp) {}

  /** Only the role that answers HTTP and WebSocket; `env` names Redis where it is not the common one. */
  static async start(db: TestDatabase, env: Record<string, string> = {}): Promise<LiveApp> {
    return new LiveApp(await startTestApp({ env: { DATABASE_URL: db.url, ...env }, roles: ['api'] }));
  }

  /** A service of the application. */
  get<T>(type: abstract new (...args: never[]) => T): T {
    return this.running.app.get<T>(type, { strict: false });
  }

  get transactions(): Transactions {
    return this.running.app.get(Transactions);
  }

  /** Appends events in a transaction of their own. */
  async append(events: readonly NewLiveEvent[]): Promise<void> {
    const outbox = this.running.app.get(OutboxService);
    await this.transactions.run((tx) => outbox.append(tx, events));
  }

  /** An access token of a new person. */
  async token(role: RoleCode, municipalityId: string | null, expiresIn = 900): Promise<string> {
    return this.tokenOf(await this.makeUser(role, municipalityId), expiresIn);
  }

  makeUser(role: RoleCode, municipalityId: string | null): Promise<string> {
    return makeUser(this.transactions, role, municipalityId);
  }

  tokenOf(subject: string, expiresIn: number): Promise<string> {
    const { auth } = this.running.app.get(AppConfig);
    return accessTokenOf(this.transactions, auth.jwtSecret, { subject, expiresIn });
  }

  /** A client that is connected; rejects with the refusal. */
  async connect(token: unknown): Promise<LiveClient> {
    const client = new LiveClient(this.running.url, token);
    this.clients.push(client);
    await client.connected();
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.socket.disconnect();
    await this.running.close();
  }
}

/** A plain Socket.IO client that keeps what it is told. */
export class LiveClient {
  readonly socket: Socket;
  readonly events: Received[] = [];
  readonly exceptions: { error: { code: string } }[] = [];
  /** Why it was disconnected, each time. */
  readonly disconnects: string[] = [];

  constructor(url: string, token: unknown) {
    this.socket = io(url, {
      path: '/ws',
      transports: ['websocket'],
      auth: { token },
      reconnection: false,
      forceNew: true,
    });
    this.socket.onAny((name: string, payload: unknown) => {
      if (name === 'exception') this.exceptions.push(payload as { error: { code: string } });
      else this.events.push({ name, ...(payload as LiveMessage) });
    });
    this.socket.on('disconnect', (reason) => this.disconnects.push(reason));
  }

  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('connect_error', reject);
    });
  }

  async subscribe(topics: string[], more: { municipalityId?: string; cursor?: string } = {}): Promise<LiveAnswer> {
    return (await this.socket.emitWithAck('subscribe', { topics, ...more })) as LiveAnswer;
  }

  async unsubscribe(topics: string[], municipalityId?: string): Promise<LiveAnswer> {
    return (await this.socket.emitWithAck('unsubscribe', { topics, municipalityId })) as LiveAnswer;
  }

  /** Ends the connection without a word, as a tunnel does; nothing that arrives later is taken. */
  cut(): void {
    this.socket.offAny();
    this.socket.io.engine?.close();
    this.socket.disconnect();
  }

  /** `data` of the events, in the order in which they came. */
  get data(): unknown[] {
    return this.events.map((event) => event.data);
  }

  get lastCursor(): string | undefined {
    return this.events.at(-1)?.cursor;
  }
}

/** A person who may sign in, though not by a password; answers the id. */
export async function makeUser(tx: Transactions, role: RoleCode, municipalityId: string | null): Promise<string> {
  const id = newId();
  await tx.query(
    `insert into users (id, email, name, password_hash, super_admin, status, created_at, updated_at)
     values (?, ?, 'Test', 'x', ?, 'active', current_timestamp, current_timestamp)`,
    [id, `${id}@test.example`, role === 'super_admin'],
  );
  await tx.query(
    `insert into memberships (user_id, municipality_id, role_id, created_at)
     select ?, m.id, r.id, current_timestamp from municipalities m, roles r
     where m.id = ? and r.code = ? and r.municipality_id is null`,
    [id, municipalityId, role],
  );
  return id;
}

/** A sensor `water_level_cm` of its own device; answers its id. */
export async function makeSensor(
  transactions: Transactions,
  municipalityId: string,
  deviceId = `dev-${newId()}`,
): Promise<string> {
  const [typeId, sensorId] = [newId(), newId()];
  const now = 'current_timestamp, current_timestamp';
  await transactions.query(
    `insert into devices (id, municipality_id, name, created_at, updated_at) values (?, ?, 'Device', ${now})`,
    [deviceId, municipalityId],
  );
  await transactions.query(
    `insert into sensor_types (id, code, name, unit, created_at, updated_at) values (?, ?, 'Type', 'cm', ${now})`,
    [typeId, `type_${typeId}`],
  );
  await transactions.query(
    `insert into sensors (id, device_id, municipality_id, sensor_type_id, code, name, created_at, updated_at)
     values (?, ?, ?, ?, 'water_level_cm', 'Sensor', ${now})`,
    [sensorId, deviceId, municipalityId, typeId],
  );
  return sensorId;
}
