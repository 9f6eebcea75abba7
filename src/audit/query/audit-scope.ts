import { requireTenantScope } from '../../common/request-context/request-context.js';
import { placeholders } from '../../database/sql.js';

/**
 * Condition for raw SQL that keeps audit rows to the municipalities of whoever is asking, with its parameters. Rows of the
 * country belong to nobody's municipality: only who sees everything sees them.
 * @throws Error outside a tenant scope
 */
export function auditScope(column: string): { readonly sql: string; readonly params: readonly string[] } {
  const scope = requireTenantScope();
  if (scope.kind === 'all') return { sql: '1 = 1', params: [] };
  const { municipalityIds } = scope;
  if (municipalityIds.length === 0) return { sql: '1 = 0', params: [] };
  return { sql: `${column} in ${placeholders(municipalityIds.length)}`, params: municipalityIds };
}
