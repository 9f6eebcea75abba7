import {
  BadRequestException,
  HttpException,
  NotFoundException,
  PayloadTooLargeException,
  UnauthorizedException,
} from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ErrorTranslation } from './error-translation.js';
import { NotFoundError, UnavailableError } from './errors.js';
import { createValidationPipe, fieldErrorsOf } from './standard-schema.errors.js';

const translate = (error: unknown) => new ErrorTranslation().translate(error);

describe('ErrorTranslation', () => {
  it('leaves a domain error alone', () => {
    const error = new NotFoundError('X', 'x');
    expect(translate(error)).toBe(error);
  });

  it('asks the registered translators in order', () => {
    const translation = new ErrorTranslation();
    translation.register((error) => (error === 'gone' ? new UnavailableError('DATABASE_AWAY', 'away') : undefined));
    translation.register(() => new NotFoundError('SECOND', 'second'));
    expect(translation.translate('gone')).toMatchObject({ kind: 'unavailable', code: 'DATABASE_AWAY' });
    expect(translation.translate('other').code).toBe('SECOND');
  });

  it.each([
    [new NotFoundException(), 'not_found', 'NOT_FOUND'],
    [new UnauthorizedException(), 'unauthenticated', 'UNAUTHENTICATED'],
    [new PayloadTooLargeException(), 'too_large', 'PAYLOAD_TOO_LARGE'],
    [new HttpException('x', 418), 'bad_request', 'BAD_REQUEST'],
    [new HttpException('x', 429), 'rate_limited', 'RATE_LIMITED'],
    [new HttpException('x', 502), 'internal', 'INTERNAL_ERROR'],
    [new HttpException('x', 503), 'unavailable', 'SERVICE_UNAVAILABLE'],
    [new TypeError('x'), 'internal', 'INTERNAL_ERROR'],
    ['a thrown string', 'internal', 'INTERNAL_ERROR'],
    [undefined, 'internal', 'INTERNAL_ERROR'],
  ])('maps %s', (error, kind, code) => {
    expect(translate(error)).toMatchObject({ kind, code });
  });

  it('names broken JSON without repeating it', () => {
    const cause = Object.assign(new SyntaxError('Unexpected token s in secret'), { type: 'entity.parse.failed' });
    const error = translate(new BadRequestException(cause.message, { cause }));
    expect(error).toMatchObject({ kind: 'bad_request', code: 'MALFORMED_BODY' });
    expect(error.message).not.toContain('secret');
  });

  it('maps a zod error to its fields', () => {
    const result = z.object({ a: z.object({ b: z.number() }) }).safeParse({ a: { b: 'x' } });
    expect(translate(result.error)).toMatchObject({
      kind: 'validation',
      errors: [{ path: 'a.b', code: 'INVALID_TYPE' }],
    });
  });
});

describe('fieldErrorsOf', () => {
  it('uses the code that a refinement names', () => {
    const schema = z.array(z.number()).superRefine((values, context) => {
      context.addIssue({ code: 'custom', message: 'too many', params: { code: 'TOO_MANY_VALUES' }, input: values });
    });
    expect(fieldErrorsOf(schema.safeParse([]).error?.issues ?? [])).toEqual([
      { path: '', code: 'TOO_MANY_VALUES', message: 'too many' },
    ]);
  });

  it('stops at a hundred', () => {
    const schema = z.array(z.number());
    const issues = schema.safeParse(Array.from({ length: 10_000 }, () => 'x')).error?.issues ?? [];
    expect(issues).toHaveLength(10_000);
    expect(fieldErrorsOf(issues)).toHaveLength(100);
  });
});

describe('createValidationPipe', () => {
  it('validates against the schema of the parameter and answers with its output', async () => {
    const pipe = createValidationPipe();
    const schema = z.object({ limit: z.coerce.number() });
    await expect(pipe.transform({ limit: '5' }, { type: 'query', schema })).resolves.toEqual({ limit: 5 });
    await expect(pipe.transform({ limit: 'x' }, { type: 'query', schema })).rejects.toMatchObject({
      kind: 'validation',
      errors: [{ path: 'limit', code: 'INVALID_TYPE' }],
    });
  });
});
