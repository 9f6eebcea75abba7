import type { Permission } from '../../../src/users/permissions.js';
import type { Door } from './operations.js';
import type { Call } from './variants.js';

/** Password of everybody. */
export const PASSWORD = 'river stone lantern 42';

/** What came back, as text and taken apart. */
export interface Reply {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
  readonly json: Record<string, unknown> | undefined;
}

interface Person {
  readonly name: string;
  readonly email: string;
  readonly userId: string;
  readonly permissions: ReadonlySet<Permission>;
}

/** Somebody who calls the API: a person, a device, or nobody. */
export class Caller {
  private headers: Record<string, string> = {};

  private constructor(
    readonly url: string,
    readonly name: string,
    /** Where they can show who they are; undefined: nowhere. */
    readonly door: Door | undefined,
    /** What they may do in their own municipality. */
    readonly permissions: ReadonlySet<Permission>,
    private readonly email?: string,
    readonly userId?: string,
  ) {}

  static nobody(url: string): Caller {
    return new Caller(url, 'nobody', undefined, new Set());
  }

  static device(url: string, name: string, deviceId: string, apiKey: string): Caller {
    const device = new Caller(url, name, 'device', new Set());
    device.headers = { 'x-device-id': deviceId, 'x-api-key': apiKey };
    return device;
  }

  static async person(url: string, { name, email, userId, permissions }: Person): Promise<Caller> {
    const person = new Caller(url, name, 'person', permissions, email, userId);
    await person.signIn();
    return person;
  }

  /** The access token of a person. */
  get token(): string {
    return (this.headers['authorization'] ?? '').replace('Bearer ', '');
  }

  async signIn(): Promise<void> {
    const body = { email: this.email, password: PASSWORD };
    const reply = await this.send({ method: 'POST', path: '/api/v1/auth/login', body });
    const token = (reply.json?.['data'] as { accessToken?: string } | undefined)?.accessToken;
    if (token === undefined) throw new Error(`${this.name} could not sign in: ${reply.status} ${reply.text}`);
    this.headers = { authorization: `Bearer ${token}` };
  }

  /** Answers `data`. @throws Error for anything but success */
  async must<T>(method: string, path: string, body?: unknown): Promise<T> {
    const reply = await this.call({ method, path: `/api/v1${path}`, body });
    if (reply.status < 300) return reply.json?.['data'] as T;
    throw new Error(`${this.name}: ${method} ${path} was answered ${reply.status}: ${reply.text}`);
  }

  /** Sends a call; who was signed out by a call before (that is what some are for) signs in again. */
  async call(call: Call): Promise<Reply> {
    const reply = await this.send(call);
    if (reply.status !== 401 || this.email === undefined) return reply;
    await this.signIn();
    return this.send(call);
  }

  private async send({ method, path, body, bodyType = 'application/json' }: Call): Promise<Reply> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...this.headers, ...(body === undefined ? {} : { 'content-type': bodyType }) },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      redirect: 'manual',
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '') ? parse(text) : undefined;
    return { status: response.status, code: json?.['code'] as string | undefined, text, json };
  }
}

/** NDJSON is JSON by its name, but not as a whole. */
function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
