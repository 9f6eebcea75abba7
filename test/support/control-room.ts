import { newId } from '../../src/common/ids.js';
import { SensorTypesService } from '../../src/devices/sensors/sensor-types.service.js';
import type { RoleCode } from '../../src/users/role-code.js';
import { UserService } from '../../src/users/user.service.js';
import { startTestApp, type TestApp } from './app.js';
import type { TestDatabase } from './databases.js';
import { asTenant, createMunicipality } from './devices-module.js';

const PASSWORD = 'a long enough pass phrase';

/** An HTTP answer with its parsed body. */
export interface Answer<Data = unknown> {
  readonly status: number;
  readonly type: string;
  readonly data: Data;
  readonly meta: { requestId: string; page?: { limit: number; nextCursor: string | null } };
  /** Of a problem. */
  readonly code: string;
  readonly errors: { path: string; code: string }[];
}

/** A device that hands over readings by HTTP. */
export interface HttpDevice {
  readonly id: string;
  /** By code. */
  readonly sensorIds: ReadonlyMap<string, string>;
  /** Sends a body to `POST /readings`. */
  send(body: unknown): Promise<Answer<{ accepted: number }>>;
}

/** The real application on a test database, with two municipalities, people who are signed in, and devices. */
export class ControlRoom {
  private readonly tokens = new Map<string, string>();

  private constructor(
    private readonly running: TestApp,
    readonly home: string,
    readonly other: string,
  ) {}

  /** People: `root` of the country; `admin`, `operator` and `analyst` of home; `stranger`, who runs the other one. */
  static async start(db: TestDatabase): Promise<ControlRoom> {
    const running = await startTestApp({ env: { DATABASE_URL: db.url }, roles: ['api'] });
    const home = await createMunicipality(running.app);
    const other = await createMunicipality(running.app);
    const room = new ControlRoom(running, home, other);
    const types = running.app.get(SensorTypesService, { strict: false });
    for (const code of ['water_level_cm', 'rainfall_mm']) await types.create({ code, name: code, unit: 'x' });
    await room.signIn('root', 'super_admin', null);
    await room.signIn('admin', 'municipality_admin', home);
    await room.signIn('operator', 'operator', home);
    await room.signIn('analyst', 'analyst', home);
    await room.signIn('stranger', 'municipality_admin', other);
    return room;
  }

  close(): Promise<void> {
    return this.running.close();
  }

  /** Calls the API as one of the people; as nobody when `as` is null. */
  async call<Data = unknown>(
    as: string | null,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Data>> {
    const response = await fetch(`${this.running.url}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(as === null ? {} : { authorization: `Bearer ${this.tokens.get(as)}` }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    const answer = (text === '' ? {} : JSON.parse(text)) as Omit<Answer<Data>, 'status' | 'type'>;
    return { ...answer, status: response.status, type: response.headers.get('content-type') ?? '' };
  }

  /** Fetches a file as one of the people. */
  async file(as: string, path: string): Promise<{ status: number; type: string | null; text: string }> {
    const headers = { authorization: `Bearer ${this.tokens.get(as)}` };
    const response = await fetch(`${this.running.url}/api/v1${path}`, { headers });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  }

  /** Registers a device of a municipality. */
  async register(as: 'admin' | 'stranger', typeCodes: readonly string[]): Promise<HttpDevice> {
    const deviceId = `gauge-${newId()}`;
    const sensors = typeCodes.map((typeCode) => ({ typeCode }));
    const { data } = await this.call<{ sensors: { id: string; code: string }[]; credentials: { apiKey: string } }>(
      as,
      'POST',
      '/devices/register',
      { deviceId, name: deviceId, sensors },
    );
    const headers = { 'x-device-id': deviceId, 'x-api-key': data.credentials.apiKey };
    return {
      id: deviceId,
      sensorIds: new Map(data.sensors.map(({ id, code }) => [code, id])),
      send: (body) => this.call(null, 'POST', '/readings', body, headers),
    };
  }

  /** Makes an account and signs it in; answers its id. */
  async signIn(name: string, role: RoleCode, municipalityId: string | null): Promise<string> {
    const email = `${name}@example.org`;
    const users = this.running.app.get(UserService, { strict: false });
    const { id } = await asTenant('all', () => users.create({ email, name, password: PASSWORD, role, municipalityId }));
    const { data } = await this.call<{ accessToken: string }>(null, 'POST', '/auth/login', {
      email,
      password: PASSWORD,
    });
    this.tokens.set(name, data.accessToken);
    return id;
  }
}
