/** What went wrong, in terms that every transport can map to its own status. */
export type ErrorKind =
  | 'bad_request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'url_too_long'
  | 'unsupported_media_type'
  | 'validation'
  | 'rate_limited'
  | 'internal'
  | 'unavailable';

/** One thing that is wrong with one field; `path` is dotted (`sensors.0.typeCode`), empty for the whole input. */
export interface FieldError {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export interface DomainErrorOptions extends ErrorOptions {
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
}

const CODE_PATTERN = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

/**
 * An error that a caller may see: a kind, a stable code and a sentence for people.
 * `code` is SCREAMING_SNAKE and part of the contract; `message` is shown to the caller, so it holds no secret.
 */
export abstract class DomainError extends Error {
  abstract readonly kind: ErrorKind;
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;

  constructor(
    readonly code: string,
    message: string,
    options: DomainErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    if (!CODE_PATTERN.test(code)) {
      throw new TypeError(`Error code "${code}" is not SCREAMING_SNAKE_CASE`);
    }
    this.name = new.target.name;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
