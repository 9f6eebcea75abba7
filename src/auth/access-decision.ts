import 'reflect-metadata';
import type { Permission } from '../users/permissions.js';
import type { RoleCode } from '../users/role-code.js';

/** Who may call a route, a message handler or a WebSocket handler. */
export type AccessDecision =
  | { readonly kind: 'public' }
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'role'; readonly roles: readonly RoleCode[] }
  | { readonly kind: 'permission'; readonly permission: Permission }
  | { readonly kind: 'device' }
  | { readonly kind: 'broker-hook' }
  | { readonly kind: 'from-broker' };

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
