import type { DomainError, ErrorKind, FieldError } from './domain.error.js';

/** HTTP status of every kind of error. */
export const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  url_too_long: 414,
  unsupported_media_type: 415,
  validation: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
};

/** An RFC 9457 problem, as it stands in the body of an answer. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly requestId: string;
  readonly errors?: readonly FieldError[];
}

/** Describes an error as an RFC 9457 problem; `instance` is the path of the request, without its query. */
export function problemOf(error: DomainError, instance: string, requestId: string): Problem {
  const words = error.code.toLowerCase().split('_');
  return {
    type: `urn:hydroalert:problem:${words.join('-')}`,
    title: words.join(' ').replace(/^./, (letter) => letter.toUpperCase()),
    status: STATUS_OF_KIND[error.kind],
    detail: error.message,
    instance,
    code: error.code,
    requestId,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
  };
}
