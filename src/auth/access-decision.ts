import 'reflect-metadata';
import type { Permission } from '../users/permissions.js';

/** Who may call a route, a message handler, a WebSocket handler or a job. */
export type AccessDecision =
  | { readonly kind: 'public' }
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'permission'; readonly permission: Permission }
  | { readonly kind: 'device' }
  | { readonly kind: 'broker-hook' }
  | { readonly kind: 'uplink-source' }
  | { readonly kind: 'from-broker' }
  | { readonly kind: 'system-job' };

const ACCESS = Symbol('hydroalert:access');

/** Records the decision about a handler. @throws Error when there is one already: the two could contradict each other */
export function decideAccess(decision: AccessDecision): MethodDecorator {
  return (target, property, descriptor) => {
    const handler = descriptor.value as object;
    if (accessDecisionOf(handler) !== undefined) {
      throw new Error(`${target.constructor.name}.${String(property)} has two access decisions`);
    }
    Reflect.defineMetadata(ACCESS, decision, handler);
  };
}

/** The decision about a handler; undefined when nobody took one. */
export function accessDecisionOf(handler: object): AccessDecision | undefined {
  return Reflect.getMetadata(ACCESS, handler) as AccessDecision | undefined;
}
