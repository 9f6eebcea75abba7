import type { OpenAPIObject } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.js';

/** What the tests look at of an operation. */
interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly operationId?: string;
  readonly requestBody?: { readonly content: Record<string, Content> };
  readonly responses: Record<string, { readonly content?: Record<string, Content>; readonly $ref?: string }>;
}

interface Content {
  readonly schema?: { readonly example?: unknown; readonly examples?: unknown; readonly $ref?: string };
  readonly example?: unknown;
  readonly examples?: unknown;
}

let running: TestApp;
let document: OpenAPIObject;
const operations: (readonly [route: string, operation: Operation])[] = [];
beforeAll(async () => {
  // The document needs no service: the application also starts while all of them are away.
  running = await startTestApp({ roles: ['api'] });
  document = (await (await fetch(`${running.url}/docs-json`)).json()) as OpenAPIObject;
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item))
      operations.push([`${method} ${path}`, operation as Operation]);
  }
});
afterAll(() => running.close());

/** Routes for which something holds. */
function routesWhere(condition: (operation: Operation, route: string) => boolean): string[] {
  return operations.filter(([route, operation]) => condition(operation, route)).map(([route]) => route);
}

/** A schema, or the component that it stands for. */
function resolved(schema: Content['schema']): Content['schema'] {
  const name = schema?.$ref?.split('/').at(-1);
  return name === undefined ? schema : document.components?.schemas?.[name];
}

function hasExample(content: Content | undefined): boolean {
  if (content === undefined) return true;
  const { example, examples } = content;
  const schema = resolved(content.schema);
  return [example, examples, schema?.example, schema?.examples].some((shown) => shown !== undefined);
}

function successes(operation: Operation): (readonly [string, Record<string, Content> | undefined])[] {
  return Object.entries(operation.responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([status, response]) => [status, response.content]);
}

describe('the OpenAPI document of the whole application', () => {
  it('has routes', () => {
    expect(operations.length).toBeGreaterThan(20);
  });

  it('names every operation once, with a summary and a tag', () => {
    expect(routesWhere(({ summary }) => !summary)).toEqual([]);
    expect(routesWhere(({ tags }) => !tags?.length)).toEqual([]);
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('shows an example of every body that is sent', () => {
    expect(routesWhere(({ requestBody }) => !hasExample(requestBody?.content['application/json']))).toEqual([]);
  });

  it('shows the shape and an example of every answer', () => {
    // Brokers ask it because the protocol has the question; nobody is a superuser.
    const refuses = 'post /api/v1/broker/mosquitto/superuser';
    expect(routesWhere((operation) => successes(operation).length === 0)).toEqual([refuses]);
    const refusal = operations.find(([route]) => route === refuses)?.[1].responses['403'];
    expect(hasExample(refusal?.content?.['application/json'])).toBe(true);
    const isBare = ([status, content]: readonly [string, Record<string, Content> | undefined]) =>
      status !== '204' && content === undefined;
    expect(routesWhere((operation) => successes(operation).some(isBare))).toEqual([]);
    const lacksExample = ([, content]: readonly [string, Record<string, Content> | undefined]) =>
      !hasExample(content?.['application/json']);
    expect(routesWhere((operation) => successes(operation).some(lacksExample))).toEqual([]);
  });

  it('documents problems on every operation', () => {
    expect(
      routesWhere(({ responses }) => responses['503']?.$ref === undefined && responses['503']?.content === undefined),
    ).toEqual([]);
  });

  it('refers to nothing that is not there', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, reference]) => reference ?? '',
    );
    const isThere = (reference: string): boolean => {
      let place: unknown = document;
      for (const key of reference.replace(/^#\//, '').split('/'))
        place = (place as Record<string, unknown> | undefined)?.[key];
      return place !== undefined;
    };
    expect([...new Set(references)].filter((reference) => !isThere(reference))).toEqual([]);
  });
});
