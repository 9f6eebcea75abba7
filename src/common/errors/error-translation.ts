import { HttpException, HttpStatus, Injectable } from '@nestjs/common';
import { ZodError } from 'zod';
import { DomainError } from './domain.error.js';
import {
  BadRequestError,
  ConflictError,
  ForbiddenError,
  InternalError,
  NotFoundError,
  RateLimitedError,
  TooLargeError,
  UnauthenticatedError,
  UnavailableError,
  UnsupportedMediaTypeError,
  ValidationError,
} from './errors.js';
import { fieldErrorsOf } from './standard-schema.errors.js';

/** Recognises a foreign error (of a driver, a client library) and says what it means to a caller. */
export type ErrorTranslator = (error: unknown) => DomainError | undefined;

const DEFAULT_RETRY_SECONDS = 5;

/**
 * Turns whatever was thrown into a DomainError. Rooms that know a library register what its errors mean
 * (`database` for drivers, `redis` for its client), so that no filter has to know one.
 */
@Injectable()
export class ErrorTranslation {
  private readonly translators: ErrorTranslator[] = [];

  /** Adds a translator; the first one that answers wins. */
  register(translator: ErrorTranslator): void {
    this.translators.push(translator);
  }

  /** Never throws; what nobody knows becomes an InternalError with the original as its cause. */
  translate(error: unknown): DomainError {
    if (error instanceof DomainError) return error;
    for (const translator of this.translators) {
      const known = translator(error);
      if (known !== undefined) return known;
    }
    if (error instanceof ZodError) return new ValidationError(fieldErrorsOf(error.issues));
    if (error instanceof HttpException) return fromHttpException(error);
    if (isHttpError(error))
      return fromHttpException(new HttpException(error.message, error.statusCode, { cause: error }));
    return new InternalError(error);
  }
}

function fromHttpException(exception: HttpException): DomainError {
  const cause = exception.cause;
  switch (exception.getStatus() as HttpStatus) {
    case HttpStatus.BAD_REQUEST:
      return isBodyParserFailure(cause)
        ? new BadRequestError('MALFORMED_BODY', 'The body is not valid JSON.', { cause })
        : new BadRequestError('BAD_REQUEST', exception.message, { cause });
    case HttpStatus.UNAUTHORIZED:
      return new UnauthenticatedError(undefined, undefined, { cause });
    case HttpStatus.FORBIDDEN:
      return new ForbiddenError(undefined, undefined, { cause });
    case HttpStatus.NOT_FOUND:
      return new NotFoundError('NOT_FOUND', 'There is nothing at this address.', { cause });
    case HttpStatus.CONFLICT:
      return new ConflictError('CONFLICT', exception.message, { cause });
    case HttpStatus.PAYLOAD_TOO_LARGE:
      return new TooLargeError(undefined, undefined, { cause });
    case HttpStatus.UNSUPPORTED_MEDIA_TYPE:
      return new UnsupportedMediaTypeError();
    case HttpStatus.UNPROCESSABLE_ENTITY:
      return new ValidationError([], 'VALIDATION_FAILED', exception.message);
    case HttpStatus.TOO_MANY_REQUESTS:
      return new RateLimitedError(DEFAULT_RETRY_SECONDS);
    case HttpStatus.SERVICE_UNAVAILABLE:
      return new UnavailableError(undefined, undefined, DEFAULT_RETRY_SECONDS, { cause: cause ?? exception });
    default:
      return exception.getStatus() >= 500
        ? new InternalError(exception)
        : new BadRequestError('BAD_REQUEST', exception.message, { cause });
  }
}

/** Errors of Express and its middleware, where no adapter of Nest has turned them into its own. */
function isHttpError(error: unknown): error is Error & { statusCode: number } {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && 'expose' in error;
}

/** body-parser marks its errors with a `type` such as `entity.parse.failed`. */
function isBodyParserFailure(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    'type' in cause &&
    typeof cause.type === 'string' &&
    /^(entity|encoding|charset|request)\./.test(cause.type)
  );
}
