import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fieldErrorsOf } from './standard-schema.errors.js';

const errorsOf = (schema: z.ZodType, value: unknown) =>
  fieldErrorsOf(schema.safeParse(value).error?.issues ?? []).map(({ path, code }) => [path, code]);

describe('an unknown field', () => {
  const key = z.strictObject({ id: z.string(), key: z.string() });
  const pair = z.strictObject({ id: z.string(), user: z.string(), password: z.string() });

  it('is named by its path, each on its own', () => {
    const schema = z.strictObject({ list: z.array(z.strictObject({ a: z.number() })) });
    expect(errorsOf(schema, { list: [{ a: 1 }, { a: 'x', b: 1, c: 2 }], d: 1 })).toEqual([
      ['list.1.a', 'INVALID_TYPE'],
      ['list.1.b', 'UNRECOGNIZED_FIELD'],
      ['list.1.c', 'UNRECOGNIZED_FIELD'],
      ['d', 'UNRECOGNIZED_FIELD'],
    ]);
  });

  it('is named in the branch of a union that would fit without it', () => {
    const schema = z.strictObject({ by: z.union([key, pair]) });
    expect(errorsOf(schema, { by: { id: 'a', user: 'b', password: 'c', more: 1 } })).toEqual([
      ['by.more', 'UNRECOGNIZED_FIELD'],
    ]);
    expect(errorsOf(schema, { by: { id: 'a', more: 1 } })).toEqual([['by', 'INVALID_UNION']]);
  });

  it('is repeated in part only, and at most a hundred are', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`${i}${'x'.repeat(500)}`, 1]));
    const errors = fieldErrorsOf(z.strictObject({}).safeParse(many).error!.issues);
    expect(errors).toHaveLength(100);
    expect(errors.every(({ path }) => path.length <= 100)).toBe(true);
  });
});
