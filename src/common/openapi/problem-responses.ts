import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { IF_MATCH } from '../versioning/if-match.decorator.js';
import { VERSION_CONFLICT } from './api-conflict.decorator.js';
import { problemExample } from './problem-example.js';

type PathItem = NonNullable<OpenAPIObject['paths'][string]>;
type Operation = NonNullable<PathItem['get']>;

type Content = NonNullable<Extract<Operation['responses'][string], { content?: unknown }>['content']>;
type Responses = NonNullable<NonNullable<OpenAPIObject['components']>['responses']>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  code: z.string().describe('Stable SCREAMING_SNAKE word'),
  requestId: z.string(),
  errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
});

/** Parameters that are read before they are validated. */
const MALFORMED_PARAMETERS: readonly string[] = ['cursor', IF_MATCH];

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request cannot be read (broken JSON, a cursor that is none of ours, a malformed If-Match)',
  401: 'Nobody is signed in, or the credentials are wrong',
  403: 'The role does not allow it',
  404: 'There is no such record, or it belongs to another municipality',
  409: 'It contradicts what is stored',
  413: 'The body is larger than 1 MiB',
  415: 'The body is not JSON',
  422: 'Some fields are not valid; `errors` names them',
  429: 'Too many requests; `Retry-After` says when to try again',
  503: 'A service that this needs is away; `Retry-After` says when to try again',
};

/** One real problem of each status. */
const EXAMPLES: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['MALFORMED_BODY', 'The body is not valid JSON.'],
  401: ['UNAUTHENTICATED', 'Sign in to use this.'],
  403: ['FORBIDDEN', 'You may not do this.'],
  404: ['DEVICE_NOT_FOUND', 'There is no device "river-gauge-017".'],
  409: ['VERSION_CONFLICT', VERSION_CONFLICT.VERSION_CONFLICT],
  413: ['PAYLOAD_TOO_LARGE', 'The body is larger than 1 MiB.'],
  415: ['UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.'],
  422: ['VALIDATION_FAILED', 'Some fields are not valid.'],
  429: ['RATE_LIMITED', 'Too many requests. Try again later.'],
  503: ['DATABASE_UNAVAILABLE', 'The database is away.'],
};

/** Documents on every operation which problems (RFC 9457) it can answer with. */
export function addProblemResponses(document: OpenAPIObject): OpenAPIObject {
  const { $schema: _, ...schema } = z.toJSONSchema(problemSchema, { target: 'draft-2020-12', io: 'input' });
  const schemas = { ...document.components?.schemas, Problem: schema as object };
  document.components = { ...document.components, schemas, responses: problemResponses() };
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = item?.[method];
      if (operation !== undefined) addTo(operation, method);
    }
  }
  return document;
}

function problemResponses(): Responses {
  return Object.fromEntries(
    Object.entries(DESCRIPTIONS).map(([status, description]) => [
      `Problem${status}`,
      { description, content: contentOf(Number(status)) },
    ]),
  );
}

function contentOf(status: number): Content {
  const [code, detail] = EXAMPLES[status] ?? ['INTERNAL_ERROR', 'Something went wrong on our side.'];
  const schema = { $ref: '#/components/schemas/Problem' };
  return { 'application/problem+json': { schema, example: problemExample(status, code, detail) } };
}

function addTo(operation: Operation, method: (typeof METHODS)[number]): void {
  for (const status of statusesOf(operation, method)) {
    operation.responses[status] ??= { $ref: `#/components/responses/Problem${status}` };
  }
}

function statusesOf(operation: Operation, method: (typeof METHODS)[number]): number[] {
  const given = operation.parameters?.flatMap((parameter) => ('in' in parameter ? [parameter] : [])) ?? [];
  const parameters = given.map((parameter) => parameter.in);
  const canBeMalformed = given.some(({ name }) => MALFORMED_PARAMETERS.includes(name));
  return [
    ...(operation.security?.length ? [401, 403] : []),
    // Whoever is not signed in and sends something tries to prove who they are: sign-in, refresh, a device's key.
    ...(!operation.security?.length && method === 'post' ? [401] : []),
    ...(parameters.includes('path') ? [404] : []),
    ...(method === 'get' ? [] : [409]),
    ...(operation.requestBody === undefined ? [] : [413, 415]),
    ...(operation.requestBody === undefined && !canBeMalformed ? [] : [400]),
    // Also of routes without any parameter: an unknown one is refused.
    422,
    429,
    503,
  ];
}
