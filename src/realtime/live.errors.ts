import {
  BadRequestError,
  ConflictError,
  ForbiddenError,
  UnauthenticatedError,
  UnavailableError,
} from '../common/errors/errors.js';

/** The events after the cursor are not kept any more: the client reads the present state anew and starts without one. */
export class CursorExpiredError extends ConflictError {
  constructor() {
    super(
      'CURSOR_EXPIRED',
      'The events after this cursor are not kept any more. Load the present state and go on without it.',
    );
  }
}

export class TooManyTopicsError extends BadRequestError {
  constructor(limit: number) {
    super('TOO_MANY_TOPICS', `One connection can have at most ${limit} topics.`);
  }
}

export class TooManyConnectionsError extends UnavailableError {
  constructor() {
    super('TOO_MANY_CONNECTIONS', 'You have too many connections open.', 5);
  }
}

/** Somebody may not listen any more to all that they subscribed to. They connect again, and subscribe to what they may. */
export class RightsChangedError extends ForbiddenError {
  constructor() {
    super('RIGHTS_CHANGED', 'Your rights have changed. Connect and subscribe again.');
  }
}

/** The client takes events more slowly than they come. It connects again and goes on with its last cursor. */
export class SlowClientError extends UnavailableError {
  constructor() {
    super('SLOW_CLIENT', 'Events come faster than they are taken. Connect again and go on with the last cursor.', 1);
  }
}

export class SessionEndedError extends UnauthenticatedError {
  constructor() {
    super('SESSION_ENDED', 'The access token has ended or the account may not be used any more. Sign in again.');
  }
}
