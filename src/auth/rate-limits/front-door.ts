import type { RequestHandler } from 'express';
import { clientCertificateOf } from '../../common/http/client-certificate.js';
import { addressOf, type RateLimits } from './rate-limits.js';

/** Headers that people and devices prove with who they are. */
const CREDENTIALS = ['authorization', 'x-api-key', 'x-signature'] as const;

/** Where the front door stands, by the first part of the path. */
export interface FrontDoorOptions {
  /** Paths below it are counted by the guard; what does not get there is counted when it was answered. */
  readonly apiPrefix: string;
  /** Paths below these have a limit of their own, which what others at the same address do without signing in does not use up. */
  readonly apart: readonly string[];
  /** Exact paths that nobody counts. */
  readonly uncounted: readonly string[];
}

/**
 * Stands before bodies are read. An address that went beyond the limit of those who are not signed in is refused here
 * unless it brings credentials: a broken program behind the same address must not keep those out who are signed in.
 * Pages, documentation and unknown paths are counted here, since no guard sees them.
 */
export function frontDoor(limits: RateLimits, { apiPrefix, apart, uncounted }: FrontDoorOptions): RequestHandler {
  return (request, response, next) => {
    if (uncounted.includes(request.path)) return next();
    const client = addressOf(request);
    if (!request.path.startsWith(`${apiPrefix}/`)) {
      limits.count('public', client, response).then(() => next(), next);
      return;
    }
    const anonymous =
      CREDENTIALS.every((name) => request.headers[name] === undefined) && clientCertificateOf(request) === undefined;
    try {
      const ownLimit = apart.some((prefix) => request.path.startsWith(`${prefix}/`));
      if (anonymous && !ownLimit) limits.refuseKnown('public', client, response);
    } catch (refusal) {
      return next(refusal);
    }
    response.once('finish', () => {
      if (!limits.isCounted(response)) void limits.countAfterwards('public', client);
    });
    next();
  };
}
