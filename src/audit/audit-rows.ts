import { newId } from '../common/ids.js';
import {
  currentActor,
  currentOperation,
  currentOrigin,
  currentRequestId,
} from '../common/request-context/request-context.js';
import { chainOf, type AuditEntry, type AuditRow } from './audit-entry.js';

/** Characters that the columns take. */
const SIZES = { label: 254, userAgent: 512, requestId: 128, operation: 200, recordId: 128, address: 64 } as const;

/** The rows of an entry: one per municipality, each once, with who asked from where as the current context knows it. */
export function rowsOf(entry: AuditEntry, occurredAt: number): AuditRow[] {
  const origin = currentOrigin();
  const given = {
    occurredAt,
    ...actorColumns(entry),
    address: fit(origin?.address, SIZES.address),
    userAgent: fit(origin?.userAgent, SIZES.userAgent),
    requestId: fit(currentRequestId(), SIZES.requestId),
    operation: fit(currentOperation(), SIZES.operation),
    action: entry.action,
    outcome: entry.outcome ?? ('success' as const),
    recordType: entry.record?.type ?? null,
    recordId: fit(entry.record?.id, SIZES.recordId),
    recordLabel: fit(entry.record?.label, SIZES.label),
    changes: entry.changes === undefined ? null : JSON.stringify(entry.changes),
  };
  return ownersOf(entry.municipalityIds).map((municipalityId) => ({ id: newId(), municipalityId, ...given }));
}

function actorColumns({ actor = currentActor() }: AuditEntry): Pick<AuditRow, 'actorKind' | 'actorId' | 'actorLabel'> {
  if (actor === null) return { actorKind: 'anonymous', actorId: null, actorLabel: null };
  if (actor !== undefined) {
    return { actorKind: actor.kind, actorId: fit(actor.id, SIZES.recordId), actorLabel: fit(actor.label, SIZES.label) };
  }
  // A request of nobody is anonymous; work that no request started is the platform's own.
  if (currentOrigin() !== undefined) return { actorKind: 'anonymous', actorId: null, actorLabel: null };
  return { actorKind: 'system', actorId: 'platform', actorLabel: null };
}

function ownersOf(municipalityIds: AuditEntry['municipalityIds']): (string | null)[] {
  const owners = new Map(municipalityIds.map((id) => [chainOf(id ?? null), id ?? null]));
  return owners.size === 0 ? [null] : [...owners.values()];
}

/** Text as every database keeps it: well-formed, without NUL, and not longer than its column. */
function fit(text: string | null | undefined, length: number): string | null {
  return text?.replaceAll('\0', '').slice(0, length).toWellFormed() ?? null;
}
