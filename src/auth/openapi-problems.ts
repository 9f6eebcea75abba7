import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';

const PROBLEM = { $ref: '#/components/schemas/Problem' };

/** Documents which codes a call answers with 401, and that it answers 429 to too many attempts. */
export function ApiSignInProblems(...codes: readonly string[]): MethodDecorator {
  const refused = codes.map((code) => `\`${code}\``).join(', ');
  return applyDecorators(
    ApiResponse({ status: 401, description: `Refused: ${refused}`, ...contentOf(codes, 401) }),
    ApiResponse({
      status: 429,
      description: '`TOO_MANY_ATTEMPTS`; `Retry-After` says when to try again',
      ...contentOf(['TOO_MANY_ATTEMPTS'], 429),
    }),
  );
}

function contentOf(codes: readonly string[], status: number) {
  const examples = Object.fromEntries(codes.map((code) => [code, { summary: code, value: exampleOf(code, status) }]));
  return { content: { 'application/problem+json': { schema: PROBLEM, examples } } };
}

function exampleOf(code: string, status: number): object {
  const words = code.toLowerCase().split('_');
  return {
    type: `urn:hydroalert:problem:${words.join('-')}`,
    title: words.join(' ').replace(/^./, (letter) => letter.toUpperCase()),
    status,
    detail: 'What is wrong, in a sentence.',
    instance: '/api/v1/auth/…',
    code,
    requestId: '0199c5f2-8f0a-7c31-9d43-6f1b0f9d7a55',
  };
}
