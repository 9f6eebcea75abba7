import { AsyncLocalStorage } from 'node:async_hooks';
import { newId } from '../ids.js';

/** Which municipalities' records the current work may touch. */
export type TenantScope =
  { readonly kind: 'all' } | { readonly kind: 'municipalities'; readonly municipalityIds: readonly string[] };

/** Who does the current work: a signed-in person, an authenticated device, or the platform itself. */
export interface Actor {
  readonly kind: 'user' | 'device' | 'system';
  readonly id: string;
  /** What people call it: the e-mail address of a user. */
  readonly label?: string;
  /** The municipalities the actor belongs to; empty for those of the whole country. */
  readonly municipalityIds: readonly string[];
}

/** Where a request came from. */
export interface RequestOrigin {
  /** IP address of the client, behind the proxies that are trusted. */
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** What is known about the request, message or job that is being worked on. */
export interface RequestContext {
  readonly requestId: string;
  /** Absent for work that no request started. */
  readonly origin?: RequestOrigin;
  /** What was asked for, such as `PATCH /api/v1/devices/:deviceId`. */
  operation?: string;
  actor?: Actor;
  tenant?: TenantScope;
}

export const ALL_TENANTS: TenantScope = { kind: 'all' };

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `work`, and everything that it awaits, inside `context`. */
export function runWithRequestContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** A context for work that no request started (a message, a job, a timer), with a new request id unless given. */
export function newRequestContext(known: Partial<RequestContext> = {}): RequestContext {
  return { ...known, requestId: known.requestId ?? newId() };
}

/** The context of the current work; undefined outside any. */
export function currentRequestContext(): RequestContext | undefined {
  return storage.getStore();
}

/** The id that ties answers, log lines and events of the current work together. */
export function currentRequestId(): string | undefined {
  return storage.getStore()?.requestId;
}

/** Who does the current work; undefined before authentication and on public routes. */
export function currentActor(): Actor | undefined {
  return storage.getStore()?.actor;
}

/** Where the current request came from; undefined for work that no request started. */
export function currentOrigin(): RequestOrigin | undefined {
  return storage.getStore()?.origin;
}

/** What the current request asked for; undefined before it was matched to a handler. */
export function currentOperation(): string | undefined {
  return storage.getStore()?.operation;
}

/** Records which operation the current request asked for; called by the first guard. */
export function nameOperation(operation: string): void {
  const context = storage.getStore();
  if (context !== undefined) context.operation = operation;
}

/**
 * Records who was authenticated and what they may see; called by guards, once per request.
 * @throws Error outside a request context: a guard there would authenticate nobody, silently.
 */
export function identifyActor(actor: Actor, tenant: TenantScope): void {
  const context = storage.getStore();
  if (context === undefined) throw new Error('identifyActor needs a request context');
  context.actor = actor;
  context.tenant = tenant;
}

/**
 * The municipalities that the current work may touch.
 * @throws Error when nobody set it: tenancy fails closed.
 */
export function requireTenantScope(): TenantScope {
  const tenant = storage.getStore()?.tenant;
  if (tenant === undefined) throw new Error('no tenant scope in the current context');
  return tenant;
}
