import 'reflect-metadata';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { EMPTY, firstValueFrom } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { runWithRequestContext } from '../request-context/request-context.js';
import { AllExceptionsFilter } from './all-exceptions.filter.js';
import { ErrorTranslation } from './error-translation.js';
import { ConflictError, UnavailableError } from './errors.js';
import { HttpExceptionFilter } from './http-exception.filter.js';
import { RpcExceptionFilter } from './rpc-exception.filter.js';
import { WsExceptionFilter } from './ws-exception.filter.js';

const filter = new AllExceptionsFilter(
  new ErrorTranslation(),
  new HttpExceptionFilter(),
  new RpcExceptionFilter(),
  new WsExceptionFilter(),
);

function hostOf(type: 'http' | 'rpc' | 'ws', args: unknown[]): ExecutionContextHost {
  const host = new ExecutionContextHost(args);
  host.setType(type);
  return host;
}

describe('AllExceptionsFilter', () => {
  it('hands a failed MQTT message back as a domain error', async () => {
    const result = filter.catch(new UnavailableError(), hostOf('rpc', [{}, {}]));
    await expect(firstValueFrom(result ?? EMPTY)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('answers a WebSocket message by its acknowledgement', () => {
    const acknowledge = vi.fn();
    const client = { emit: vi.fn() };
    runWithRequestContext({ requestId: 'r1' }, () => {
      filter.catch(new ConflictError('TAKEN', 'taken'), hostOf('ws', [client, {}, acknowledge, 'subscribe']));
    });
    expect(acknowledge).toHaveBeenCalledWith({
      ok: false,
      error: { code: 'TAKEN', message: 'taken', requestId: 'r1' },
    });
    expect(client.emit).not.toHaveBeenCalled();
  });

  it('answers a WebSocket message without acknowledgement by an exception event', () => {
    const client = { emit: vi.fn() };
    filter.catch(new ConflictError('TAKEN', 'taken'), hostOf('ws', [client, {}, 'subscribe']));
    expect(client.emit).toHaveBeenCalledWith('exception', { ok: false, error: { code: 'TAKEN', message: 'taken' } });
  });

  it('breaks the connection when the answer is half sent', () => {
    const response = { headersSent: true, destroy: vi.fn() };
    filter.catch(new ConflictError('TAKEN', 'taken'), hostOf('http', [{}, response]));
    expect(response.destroy).toHaveBeenCalledOnce();
  });
});
