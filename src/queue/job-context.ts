import { ALL_TENANTS, newRequestContext, runWithRequestContext } from '../common/request-context/request-context.js';

/**
 * Runs the work of a job with a request id of its own and the rights of the platform, so that its log lines belong
 * together and tenant filters know that it works for all municipalities.
 */
export function runJob<T>(name: string, work: () => Promise<T>): Promise<T> {
  const actor = { kind: 'system' as const, id: `job:${name}`, municipalityIds: [] };
  return runWithRequestContext(newRequestContext({ actor, tenant: ALL_TENANTS }), work);
}
