import { describe, expect, it } from 'vitest';
import {
  ConflictError,
  InternalError,
  NotFoundError,
  RateLimitedError,
  UnavailableError,
  ValidationError,
} from './errors.js';
import { problemOf } from './problem.js';

describe('domain errors', () => {
  it('refuse a code that is not SCREAMING_SNAKE', () => {
    expect(() => new NotFoundError('device not found', 'x')).toThrow(TypeError);
    expect(() => new NotFoundError('DEVICE_', 'x')).toThrow(TypeError);
    expect(new NotFoundError('DEVICE_NOT_FOUND', 'x').code).toBe('DEVICE_NOT_FOUND');
  });

  it('carry their name and cause for the log', () => {
    const cause = new Error('unique');
    const error = new ConflictError('DEVICE_EXISTS', 'There is one already.', { cause });
    expect(error.name).toBe('ConflictError');
    expect(error.cause).toBe(cause);
  });

  it('say how long to wait', () => {
    expect(new RateLimitedError(12).retryAfterSeconds).toBe(12);
    expect(new UnavailableError().retryAfterSeconds).toBe(5);
  });
});

describe('problemOf', () => {
  it('describes an error as RFC 9457 asks', () => {
    const error = new ValidationError([{ path: 'name', code: 'TOO_SMALL', message: 'too short' }]);
    expect(problemOf(error, '/api/v1/devices', 'r1')).toEqual({
      type: 'urn:hydroalert:problem:validation-failed',
      title: 'Validation failed',
      status: 422,
      detail: 'Some fields are not valid.',
      instance: '/api/v1/devices',
      code: 'VALIDATION_FAILED',
      requestId: 'r1',
      errors: [{ path: 'name', code: 'TOO_SMALL', message: 'too short' }],
    });
  });

  it('tells nothing about a defect', () => {
    const problem = problemOf(new InternalError(new Error('password=hunter2')), '/x', 'r1');
    expect(problem).toMatchObject({ status: 500, code: 'INTERNAL_ERROR' });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
    expect(problem).not.toHaveProperty('errors');
  });
});
