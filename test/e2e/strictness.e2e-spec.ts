import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpenApiDocument } from '../../src/app.openapi.js';
import { createAdmin } from '../../src/cli/create-admin.js';
import { newId } from '../../src/common/ids.js';
import { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { TestDatabase } from '../support/databases.js';
import { type Operation, operationsOf, type Schema } from '../support/isolation/operations.js';
import { fillPath } from '../support/isolation/variants.js';

const ADMIN = { email: 'root@country.example', password: 'a long enough pass phrase' };
const HOOK_TOKEN = 'a token of the broker for tests';
const UNKNOWN = 'zqUnknown';

/** Bodies that stay open, and why. */
const OPEN_BODIES: Readonly<Record<string, string>> = {
  'POST /api/v1/readings': 'metrics stand at the top level by contract; each value gets its own verdict',
  'POST /api/v1/uplinks/chirpstack': 'network servers send far more than is read, and each version something else',
  'POST /api/v1/uplinks/tts': 'network servers send far more than is read, and each version something else',
  'POST /api/v1/broker/auth': 'brokers send more than we ask for, each its own',
  'POST /api/v1/broker/acl': 'brokers send more than we ask for, each its own',
  'POST /api/v1/broker/mosquitto/user': 'brokers send more than we ask for, each its own',
  'POST /api/v1/broker/mosquitto/superuser': 'brokers send more than we ask for, each its own',
  'POST /api/v1/broker/mosquitto/acl': 'brokers send more than we ask for, each its own',
};

const db = new TestDatabase('postgres');
let running: TestApp;
let operations: Operation[];
const headers: Partial<Record<Operation['door'], Record<string, string>>> = {};

beforeAll(async () => {
  await db.open();
  await createAdmin(db.config(), { ...ADMIN, name: 'Root' });
  running = await startTestApp({ roles: ['api'], env: { DATABASE_URL: db.url, BROKER_HOOK_TOKEN: HOOK_TOKEN } });
  operations = operationsOf(createOpenApiDocument(running.app));
  const admin = await ApiClient.signIn(running.url, ADMIN);
  const { id } = await admin.post<{ id: string }>('/municipalities', { code: 'strict', name: 'Strict' });
  const device = { deviceId: 'strict-gauge', name: 'Gauge', municipalityId: id, authMethods: ['api_key'] };
  const { credentials } = await admin.post<{ credentials: { apiKey: string } }>('/devices/register', device);
  headers.person = { authorization: `Bearer ${admin.token}` };
  headers.device = { 'x-device-id': device.deviceId, 'x-api-key': credentials.apiKey };
  const source = { kind: 'chirpstack', name: 'Network server', municipalityId: id };
  const { token } = await admin.post<{ token: string }>('/uplink-sources', source);
  headers.uplink = { authorization: `Bearer ${token}` };
  headers.broker = { authorization: `Bearer ${HOOK_TOKEN}` };
});
afterAll(async () => {
  await running?.close();
  await db.close();
});

interface Problem {
  readonly errors?: readonly { readonly path: string; readonly code: string }[];
}

/** What is wrong with the answer; undefined when it is a 422 that names the field. */
async function complaint(operation: Operation, at: string, query: string, body?: unknown): Promise<string | undefined> {
  const response = await fetch(`${running.url}${fillPath(operation, () => newId())}${query}`, {
    method: operation.method,
    headers: { ...headers[operation.door], ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  const problem = (response.status === 422 ? JSON.parse(text) : {}) as Problem;
  const named = problem.errors?.some(({ path, code }) => path === at && code === 'UNRECOGNIZED_FIELD');
  return named ? undefined : `${operation.name}: ${at} was answered ${response.status} ${text.slice(0, 200)}`;
}

/** The example with an unknown field in each of its objects, one at a time; objects of free form are left out. */
function spoiled(example: unknown, schema: Schema | undefined, at: readonly string[] = []): [string, unknown][] {
  if (Array.isArray(example)) {
    return example.flatMap((item, i) =>
      spoiled(
        item,
        partOf(schema, (part) => part.items),
        [...at, String(i)],
      ).map(([path, value]): [string, unknown] => [path, example.with(i, value)]),
    );
  }
  if (typeof example !== 'object' || example === null) return [];
  const here: [string, unknown][] = isFree(schema) ? [] : [[[...at, UNKNOWN].join('.'), { ...example, [UNKNOWN]: 1 }]];
  const below = Object.entries(example).flatMap(([key, value]) =>
    spoiled(
      value,
      partOf(schema, (part) => part.properties?.[key]),
      [...at, key],
    ).map(([path, spoilt]): [string, unknown] => [path, { ...example, [key]: spoilt }]),
  );
  return [...here, ...below];
}

/** The first answer among a schema and its alternatives. */
function partOf(schema: Schema | undefined, get: (part: Schema) => Schema | undefined): Schema | undefined {
  if (schema === undefined) return undefined;
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return get(schema) ?? parts.map((part) => partOf(part, get)).find((found) => found !== undefined);
}

/** Whether a schema says nothing of the fields of an object, which are the caller's own then. */
function isFree(schema: Schema | undefined): boolean {
  return partOf(schema, ({ properties = {} }) => Object.values(properties)[0]) === undefined;
}

async function complaintsOf(tries: (readonly [Operation, string, string, unknown?])[]): Promise<string[]> {
  const found: string[] = [];
  for (const one of tries) found.push(...[await complaint(...one)].filter((text) => text !== undefined));
  return found;
}

describe('an unknown field', () => {
  it('in the query of any operation is refused by its name', async () => {
    const tries = operations.map((operation) => [operation, UNKNOWN, `?${UNKNOWN}=1`] as const);
    expect(tries.length).toBeGreaterThan(30);
    expect(await complaintsOf(tries)).toEqual([]);
  });

  it('anywhere in the body of any operation is refused by its path', async () => {
    const tries = operations
      .filter(({ name, body }) => body?.type === 'application/json' && !(name in OPEN_BODIES))
      .flatMap((operation) =>
        spoiled(operation.body?.example, operation.body?.schema).map(
          ([path, body]) => [operation, path, '', body] as const,
        ),
      );
    expect(tries.length).toBeGreaterThan(15);
    expect(await complaintsOf(tries)).toEqual([]);
  });

  it('in a body where none is taken is refused by its name', async () => {
    const bodiless = operations.filter(({ method, body }) => method !== 'GET' && body === undefined);
    const tries = bodiless.map((operation) => [operation, UNKNOWN, '', { [UNKNOWN]: 1 }] as const);
    expect(tries.length).toBeGreaterThan(2);
    expect(await complaintsOf(tries)).toEqual([]);
  });

  it('is let pass only where that has a reason', () => {
    const names = operations.filter(({ body }) => body !== undefined).map(({ name }) => name);
    expect(Object.keys(OPEN_BODIES).filter((name) => !names.includes(name))).toEqual([]);
  });
});
