import { HttpStatus } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { problemExample } from './problem-example.js';

/** What every change of a record with a version can be answered. */
export const VERSION_CONFLICT = {
  VERSION_CONFLICT: 'Somebody changed it in the meantime. Read it again and repeat the change.',
};

/** Documents by which codes a route refuses with 409: the sentence (`detail`) of each. */
export function ApiConflict(details: Readonly<Record<string, string>>): MethodDecorator {
  const examples = Object.fromEntries(
    Object.entries(details).map(([code, detail]) => {
      const value = problemExample(HttpStatus.CONFLICT, code, detail);
      return [code, { summary: code, value }];
    }),
  );
  const schema = { $ref: '#/components/schemas/Problem' };
  return ApiResponse({
    status: HttpStatus.CONFLICT,
    description: `It contradicts what is stored: ${Object.keys(details).join(', ')}`,
    content: { 'application/problem+json': { schema, examples } },
  });
}
