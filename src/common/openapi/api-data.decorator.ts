import { applyDecorators, HttpStatus } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';

/** What an answer looks like in the OpenAPI document. */
export interface ApiDataOptions {
  readonly status?: number;
  readonly description?: string;
  /** A real answer's `data` (for lists: its items). */
  readonly example?: unknown;
}

const EXAMPLE_REQUEST_ID = '0199c5f2-8f0a-7c31-9d43-6f1b0f9d7a55';
const requestIdSchema = z.string().describe('Id of this request, as in the X-Request-Id header');
const metaSchema = z.object({ requestId: requestIdSchema });
const pageMetaSchema = z.object({
  requestId: requestIdSchema,
  page: z.object({
    limit: z.int(),
    nextCursor: z.string().nullable().describe('Give it as `cursor` to get the next page; null at the end'),
  }),
});

/** Documents what a route answers: the schema of `data`, and an example of it. */
export function ApiData(schema: z.ZodType, options: ApiDataOptions = {}): MethodDecorator {
  const example = { data: options.example, meta: { requestId: EXAMPLE_REQUEST_ID } };
  return documentAnswer(z.object({ data: schema, meta: metaSchema }), example, options);
}

/** Documents a list that comes in pages: the schema of one item, and an example of some. */
export function ApiPage(itemSchema: z.ZodType, options: ApiDataOptions = {}): MethodDecorator {
  const page = { limit: 50, nextCursor: null };
  const example = { data: options.example, meta: { requestId: EXAMPLE_REQUEST_ID, page } };
  return documentAnswer(z.object({ data: z.array(itemSchema), meta: pageMetaSchema }), example, options);
}

/** Documents an answer in its own format, for routes with `@RawResponse()`. */
export function ApiRaw(schema: z.ZodType, options: ApiDataOptions = {}): MethodDecorator {
  return documentAnswer(schema, options.example, options);
}

function documentAnswer(schema: z.ZodType, example: unknown, options: ApiDataOptions): MethodDecorator {
  const { status = HttpStatus.OK, description = 'Success' } = options;
  const shown = options.example === undefined ? {} : { example };
  return applyDecorators(ApiResponse({ status, description, standardSchema: schema, ...shown }));
}
