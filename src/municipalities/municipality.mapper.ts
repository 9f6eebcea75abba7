import type { Municipality } from './municipality.entity.js';
import type { MunicipalityResponse } from './municipality.schemas.js';

/** A municipality as callers see it. */
export function toMunicipalityResponse(municipality: Municipality): MunicipalityResponse {
  const { id, code, name, kind, timeZone, language, status, version, createdAt, updatedAt } = municipality;
  return {
    id,
    code,
    name,
    kind,
    parentId: municipality.parentId ?? null,
    timeZone,
    language,
    retentionDays: municipality.retentionDays ?? null,
    contact: municipality.contact ?? null,
    witnessUrl: municipality.witnessUrl ?? null,
    status,
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
