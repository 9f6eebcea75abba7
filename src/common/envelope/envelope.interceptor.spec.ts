import 'reflect-metadata';
import { StreamableFile } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { firstValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Page } from '../pagination/page.js';
import { runWithRequestContext } from '../request-context/request-context.js';
import { EnvelopeInterceptor } from './envelope.interceptor.js';
import { RawResponse } from './raw-response.decorator.js';

class Controller {
  enveloped(): void {
    return undefined;
  }

  @RawResponse()
  raw(): void {
    return undefined;
  }
}

let headers: Record<string, string>;
const request = { headers: {} as Record<string, string> };
const response = { setHeader: (name: string, value: string) => (headers[name] = value) };

function answerOf(result: unknown, method: 'enveloped' | 'raw' = 'enveloped', type = 'http'): Promise<unknown> {
  headers = {};
  const context = new ExecutionContextHost([request, response], Controller, Controller.prototype[method]);
  context.setType(type);
  return runWithRequestContext({ requestId: 'r1' }, () =>
    firstValueFrom(new EnvelopeInterceptor(new Reflector()).intercept(context, { handle: () => of(result) })),
  );
}

describe('EnvelopeInterceptor', () => {
  it('wraps data', async () => {
    expect(await answerOf({ a: 1 })).toEqual({ data: { a: 1 }, meta: { requestId: 'r1' } });
    expect(await answerOf(null)).toEqual({ data: null, meta: { requestId: 'r1' } });
  });

  it('puts the page of a list into meta', async () => {
    expect(await answerOf(new Page([1], 50, 'next'))).toEqual({
      data: [1],
      meta: { requestId: 'r1', page: { limit: 50, nextCursor: 'next' } },
    });
  });

  it('tags a single record with its version, and never answers that it is the same', async () => {
    request.headers = { 'if-none-match': '"3"' };
    await answerOf({ version: 3 });
    expect(headers).toEqual({ ETag: '"3"' });
    expect(request.headers).toEqual({});
    for (const other of [
      { version: '3' },
      { version: 1.5 },
      { a: 1 },
      null,
      'text',
      new Page([{ version: 3 }], 50, null),
    ]) {
      await answerOf(other);
      expect(headers).toEqual({});
    }
    await answerOf({ version: 3 }, 'raw');
    expect(headers).toEqual({});
  });

  it('leaves raw routes, files, empty answers and other transports alone', async () => {
    const file = new StreamableFile(Buffer.from('x'));
    expect(await answerOf({ a: 1 }, 'raw')).toEqual({ a: 1 });
    expect(await answerOf(file)).toBe(file);
    expect(await answerOf(undefined)).toBeUndefined();
    expect(await answerOf({ a: 1 }, 'enveloped', 'rpc')).toEqual({ a: 1 });
  });
});
