import { requireTenantScope } from '../common/request-context/request-context.js';
import { placeholders } from './sql.js';

/**
 * Condition for raw SQL that keeps a column to the municipalities of whoever is asking, with its parameters.
 * @throws Error outside a tenant scope
 */
export function tenantCondition(column: string): { sql: string; params: string[] } {
  const scope = requireTenantScope();
  if (scope.kind === 'all') return { sql: '1 = 1', params: [] };
  const { municipalityIds } = scope;
  if (municipalityIds.length === 0) return { sql: '1 = 0', params: [] };
  return { sql: `${column} in ${placeholders(municipalityIds.length)}`, params: [...municipalityIds] };
}
