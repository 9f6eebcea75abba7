import { ApiBody, type ApiBodyOptions } from '@nestjs/swagger';
import type { z } from 'zod';

/** Bodies that really occur, by what they show. */
export type BodyExamples = Readonly<Record<string, unknown>>;

/**
 * Documents a JSON body that the route does not check as a whole, or adds examples to one that it does. Where
 * `@Body({ schema })` checks it, an example in the schema (`.meta({ example })`) is enough.
 */
export function ApiJsonBody(schema: z.ZodType, examples: BodyExamples): MethodDecorator {
  const shown = Object.fromEntries(Object.entries(examples).map(([summary, value]) => [summary, { summary, value }]));
  // `standardSchema` is read by the library, but missing from its declaration of a body's options.
  const options = { standardSchema: schema, examples: shown };
  return ApiBody(options as ApiBodyOptions);
}
