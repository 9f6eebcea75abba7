import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Request } from 'express';
import { parseIfMatch } from './if-match.js';
import type { ExpectedVersion } from './version.js';

/** The header as the OpenAPI document names it. */
export const IF_MATCH = 'If-Match';

const DESCRIPTION =
  'ETag of the record as it was read (its `version` in quotes): it is changed only when it still is that version, else ' +
  '409 VERSION_CONFLICT. Without it, or with `*`, the change is made whatever the version.';

/**
 * The versions of the record that the caller wants to change, from the header `If-Match`; undefined for any.
 * @throws BadRequestError `IF_MATCH_INVALID`
 */
export const IfMatch = createParamDecorator(
  (_: unknown, context: ExecutionContext): ExpectedVersion =>
    parseIfMatch(context.switchToHttp().getRequest<Request>().header(IF_MATCH)),
  [documentHeader],
);

function documentHeader(target: object, key: string | symbol | undefined): void {
  const descriptor = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key);
  if (key === undefined || descriptor === undefined) return;
  const header = {
    name: IF_MATCH,
    description: DESCRIPTION,
    required: false,
    schema: { type: 'string', example: '"3"' },
  };
  ApiHeader(header)(target, key, descriptor);
}
