import type { Municipality } from './municipality.entity.js';
import type { MunicipalityResponse } from './municipality.schemas.js';

/** A municipality as callers see it. */
export function toMunicipalityResponse(municipality: Municipality): MunicipalityResponse {
  const { id, code, name, timeZone, status, createdAt, updatedAt } = municipality;
  return {
    id,
    code,
    name,
    timeZone,
    status,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
