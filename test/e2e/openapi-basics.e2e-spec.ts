import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpenApiDocument } from '../../src/app.openapi.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { ThingsModule } from '../support/things-module.js';

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp({ roles: ['api'], module: (config) => ThingsModule.forRoot(config) });
});
afterAll(() => running.close());

describe('the OpenAPI document', () => {
  it('describes routes, schemas, examples and problems in version 3.1', () => {
    const document = createOpenApiDocument(running.app);
    expect(document.openapi).toBe('3.1.0');
    const operation = document.paths['/api/v1/things']?.post;
    expect(operation?.requestBody).toMatchObject({
      content: { 'application/json': { schema: { type: 'object', required: ['name', 'values'] } } },
    });
    expect(operation?.responses[201]).toMatchObject({
      content: { 'application/json': { example: { data: { name: 'gauge', values: [1] } } } },
    });
    expect(Object.keys(operation?.responses ?? {})).toEqual([
      '201',
      '400',
      '401',
      '409',
      '413',
      '415',
      '422',
      '429',
      '503',
    ]);
    const parameters = document.paths['/api/v1/things']?.get?.parameters;
    expect(parameters).toEqual([
      expect.objectContaining({
        name: 'limit',
        in: 'query',
        required: false,
        schema: expect.objectContaining({ maximum: 500, default: 50 }),
      }),
      expect.objectContaining({ name: 'cursor', in: 'query', required: false }),
    ]);
  });

  it('says under which limit an operation is counted, and by which headers that is told', () => {
    const document = createOpenApiDocument(running.app);
    expect(document.paths['/api/v1/things']?.get).toMatchObject({ 'x-rate-limit-class': 'public' });
    const limits = {
      RateLimit: { $ref: '#/components/headers/RateLimit' },
      'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
    };
    expect(document.paths['/api/v1/things']?.get?.responses[200]).toMatchObject({ headers: limits });
    expect(document.components?.responses?.['Problem429']).toMatchObject({
      headers: { ...limits, 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
    });
  });

  it('describes bodies that no pipe checks', () => {
    const document = createOpenApiDocument(running.app);
    expect(document.paths['/api/v1/things/check']?.post?.requestBody).toMatchObject({
      content: {
        'application/json': {
          schema: { $ref: '#/components/schemas/Thing' },
          examples: { 'a gauge': { value: { name: 'gauge', values: [] } } },
        },
      },
    });
    expect(document.components?.schemas?.['Thing']).toMatchObject({ type: 'object', required: ['name', 'values'] });
  });

  it('is served with its page', async () => {
    expect(await (await fetch(`${running.url}/docs-json`)).json()).toMatchObject({ openapi: '3.1.0' });
    const page = await fetch(`${running.url}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("style-src 'self' 'unsafe-inline'");
    expect(await page.text()).toContain('swagger-ui-bundle.js');
    const script = await fetch(`${running.url}/docs/swagger-ui-bundle.js`);
    expect(await script.text()).toContain('SwaggerUIBundle');
  });
});
