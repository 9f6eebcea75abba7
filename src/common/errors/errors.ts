import { DomainError, type FieldError } from './domain.error.js';

/** The input cannot be read at all (broken JSON, a cursor that we never issued). */
export class BadRequestError extends DomainError {
  readonly kind = 'bad_request';
}

/** Nobody is signed in, or the credentials are wrong; the answer is the same for both. */
export class UnauthenticatedError extends DomainError {
  readonly kind = 'unauthenticated';

  constructor(code = 'UNAUTHENTICATED', message = 'Sign in to use this.', options: ErrorOptions = {}) {
    super(code, message, options);
  }
}

/** Somebody is signed in who may not do this. */
export class ForbiddenError extends DomainError {
  readonly kind = 'forbidden';

  constructor(code = 'FORBIDDEN', message = 'You may not do this.', options: ErrorOptions = {}) {
    super(code, message, options);
  }
}

/** The record does not exist, or belongs to a tenant that the caller cannot see. */
export class NotFoundError extends DomainError {
  readonly kind = 'not_found';
}

/** The change contradicts what is stored (a taken name, a state that does not allow it). */
export class ConflictError extends DomainError {
  readonly kind = 'conflict';
}

/** The input is larger than we take. */
export class TooLargeError extends DomainError {
  readonly kind = 'too_large';

  constructor(code = 'PAYLOAD_TOO_LARGE', message = 'The body is larger than 1 MiB.', options: ErrorOptions = {}) {
    super(code, message, options);
  }
}

/** The address, with its query, is longer than any of ours. */
export class UrlTooLongError extends DomainError {
  readonly kind = 'url_too_long';

  constructor(code = 'URL_TOO_LONG', message = 'The address of the request is longer than 8 KiB.') {
    super(code, message);
  }
}

/** The body is of a type that we do not read. */
export class UnsupportedMediaTypeError extends DomainError {
  readonly kind = 'unsupported_media_type';

  constructor(code = 'UNSUPPORTED_MEDIA_TYPE', message = 'Send the body as application/json.') {
    super(code, message);
  }
}

/** The input can be read, but some of its fields are not acceptable; `errors` names each. */
export class ValidationError extends DomainError {
  readonly kind = 'validation';

  constructor(errors: readonly FieldError[], code = 'VALIDATION_FAILED', message = 'Some fields are not valid.') {
    super(code, message, { errors });
  }
}

/** The caller asks too often. */
export class RateLimitedError extends DomainError {
  readonly kind = 'rate_limited';

  constructor(retryAfterSeconds: number, code = 'RATE_LIMITED', message = 'Too many requests. Try again later.') {
    super(code, message, { retryAfterSeconds });
  }
}

/** A service that the call needs is away; the same call can succeed later. */
export class UnavailableError extends DomainError {
  readonly kind = 'unavailable';

  constructor(
    code = 'SERVICE_UNAVAILABLE',
    message = 'A service that this needs is away.',
    retryAfterSeconds = 5,
    options: ErrorOptions = {},
  ) {
    super(code, message, { ...options, retryAfterSeconds });
  }
}

/** A defect of ours: the caller learns nothing but the request id, the log holds the cause. */
export class InternalError extends DomainError {
  readonly kind = 'internal';

  constructor(cause?: unknown) {
    super('INTERNAL_ERROR', 'Something went wrong on our side.', { cause });
  }
}
