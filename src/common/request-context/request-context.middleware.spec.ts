import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { currentRequestId } from './request-context.js';
import { requestContextMiddleware } from './request-context.middleware.js';

function idsFor(incoming: string | undefined): { header: unknown; context: string | undefined } {
  const seen: { header: unknown; context: string | undefined } = { header: undefined, context: undefined };
  const request = { header: () => incoming } as unknown as Request;
  const response = { setHeader: (_name: string, value: unknown) => (seen.header = value) } as unknown as Response;
  requestContextMiddleware(request, response, () => (seen.context = currentRequestId()));
  return seen;
}

describe('requestContextMiddleware', () => {
  it.each(['abc', 'A-1_2.3:4', 'x'.repeat(128)])('keeps the valid id %s', (id) => {
    expect(idsFor(id)).toEqual({ header: id, context: id });
  });

  it.each([undefined, '', 'x'.repeat(129), 'a b', '-a', 'a\r\nSet-Cookie: x', 'ä', '<script>', '{"a":1}'])(
    'replaces %j',
    (id) => {
      const { header, context } = idsFor(id);
      expect(header).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
      expect(context).toBe(header);
    },
  );
});
