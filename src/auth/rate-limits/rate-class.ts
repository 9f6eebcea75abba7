import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { RATE_CLASS_EXTENSION } from '../../common/openapi/rate-limit-headers.js';
import type { RateClass } from '../../config/rate-limit.config.js';
import { accessDecisionOf, type AccessDecision } from '../access-decision.js';

const RATE_CLASS = 'hydroalert:rate-class';

/** A kind of requests that are counted together, or `none` for those that nobody counts. */
export type CountedAs = RateClass | 'none';

/**
 * Says as what a route (or a controller's routes) is counted, where the default is not right: `sign-in` for what tries
 * secrets, `export` for what is heavy, `none` for probes.
 */
export const RateLimited = (rateClass: CountedAs): MethodDecorator & ClassDecorator =>
  applyDecorators(SetMetadata(RATE_CLASS, rateClass), ApiExtension(RATE_CLASS_EXTENSION, rateClass));

/** As what a request to a route is counted: as the decorator says, else by who may call it and by its method. */
export function rateClassOf(controller: object, handler: object, method: string): CountedAs {
  const said = [handler, controller].map((one) => Reflect.getMetadata(RATE_CLASS, one) as CountedAs | undefined);
  return said.find((one) => one !== undefined) ?? byDecision(accessDecisionOf(handler), method);
}

function byDecision(decision: AccessDecision | undefined, method: string): CountedAs {
  switch (decision?.kind) {
    case 'device':
    case 'uplink-source':
      return 'ingest';
    case 'broker-hook':
      // The broker asks for every client and topic, with a secret of its own.
      return 'none';
    case 'signed-in':
    case 'permission':
      return method === 'GET' || method === 'HEAD' ? 'read' : 'write';
    default:
      return 'public';
  }
}
