import type { Actor } from '../common/request-context/request-context.js';

/** How it ended. */
export const AUDIT_OUTCOMES = ['success', 'refused', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** Who did it; `anonymous` is somebody who was not signed in. */
export const AUDIT_ACTOR_KINDS = ['user', 'device', 'system', 'anonymous'] as const;
export type AuditActorKind = (typeof AUDIT_ACTOR_KINDS)[number];

/** Something that goes into the audit log. Who asked, from where and in which request is added from the context. */
export interface AuditEntry {
  /** What was done, `thing.done`, such as `user.signed_in`. */
  readonly action: string;
  /** `success` unless it is said otherwise. */
  readonly outcome?: AuditOutcome;
  /** The municipalities whose affair it is: one row in the chain of each; null, or none at all: the chain of the country. */
  readonly municipalityIds: readonly (string | null | undefined)[];
  /** Who did it, where the request does not know (somebody who signs in); null: nobody who is known. */
  readonly actor?: Pick<Actor, 'kind' | 'id' | 'label'> | null;
  /** What it was done to. */
  readonly record?: { readonly type: string; readonly id: string; readonly label?: string | null };
  /** The fields that changed, and nothing secret. */
  readonly changes?: { readonly before?: unknown; readonly after?: unknown };
}

/** A row of the audit log as it is stored; never changed afterwards. */
export interface AuditRow {
  /** UUIDv7. */
  readonly id: string;
  /** The municipality whose chain the row stands in; null: the chain of the country. */
  readonly municipalityId: string | null;
  /** Epoch ms. */
  readonly occurredAt: number;
  readonly actorKind: AuditActorKind;
  readonly actorId: string | null;
  readonly actorLabel: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly operation: string | null;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly recordType: string | null;
  readonly recordId: string | null;
  readonly recordLabel: string | null;
  /** JSON text, exactly as written. */
  readonly changes: string | null;
}

/** Name of the chain of what concerns the whole country. */
export const NATIONAL_CHAIN = 'national';

/** Name of the chain that a row stands in. */
export function chainOf(municipalityId: string | null): string {
  return municipalityId ?? NATIONAL_CHAIN;
}

/** The municipality of a chain; null for that of the country. */
export function ownerOfChain(chain: string): string | null {
  return chain === NATIONAL_CHAIN ? null : chain;
}
