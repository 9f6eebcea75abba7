import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Request } from 'express';
import { idempotencyKeyInvalid } from './command.errors.js';

const HEADER = 'Idempotency-Key';
const DESCRIPTION =
  'Any text of the caller, new for every command. The same call with the same key sends nothing again and is answered ' +
  'with the command that the first one made; another command under the same key is refused with 409 IDEMPOTENCY_KEY_REUSED.';

/**
 * The header by which a call can be repeated without sending twice; undefined without it.
 * @throws BadRequestError `IDEMPOTENCY_KEY_INVALID`
 */
export const IdempotencyKey = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined => {
    const key = context.switchToHttp().getRequest<Request>().header(HEADER);
    if (key !== undefined && !/^[\x21-\x7e]{1,128}$/.test(key)) throw idempotencyKeyInvalid();
    return key;
  },
  [documentHeader],
);

function documentHeader(target: object, key: string | symbol | undefined): void {
  const descriptor = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key);
  if (key === undefined || descriptor === undefined) return;
  const schema = { type: 'string', example: 'b7a1f6c0-open-valve-3' };
  ApiHeader({ name: HEADER, description: DESCRIPTION, required: false, schema })(target, key, descriptor);
}
