import type { AuditEntry } from '../audit/audit-entry.js';

/** Somebody as the audit log names them; a principal is one. */
export interface Audited {
  readonly id: string;
  readonly email: string;
  readonly memberships: readonly { readonly municipalityId: string }[];
}

/**
 * An entry about what somebody did with their own account. It stands in the chains of the municipalities that they
 * belong to; a super admin's in that of the country.
 */
export function entryOf(action: string, person: Audited, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    action,
    municipalityIds: person.memberships.map(({ municipalityId }) => municipalityId),
    actor: { kind: 'user', id: person.id, label: person.email },
    record: { type: 'user', id: person.id, label: person.email },
    ...more,
  };
}
