import { requireTenantScope } from '../common/request-context/request-context.js';

/** Options of {@link tenantFilter}. */
export interface TenantFilterOptions {
  /** Also show rows that belong to no municipality (national rules). */
  shared?: boolean;
}

/**
 * Filter that keeps an entity to the municipalities of whoever is asking.
 * It fails closed: outside a tenant scope it throws instead of showing everything.
 * It does not reach query builders and raw SQL; those state the tenant themselves.
 */
export function tenantFilter(options: TenantFilterOptions = {}) {
  return {
    tenant: {
      name: 'tenant',
      default: true,
      cond: () => {
        const scope = requireTenantScope();
        if (scope.kind === 'all') return {};
        const own = { municipalityId: { $in: [...scope.municipalityIds] } };
        return options.shared ? { $or: [own, { municipalityId: null }] } : own;
      },
    },
  };
}
