import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page } from '../common/pagination/page.js';
import { requireTenantScope } from '../common/request-context/request-context.js';
import { requireVersion, type ExpectedVersion } from '../common/versioning/version.js';
import { textContains } from '../database/text-search.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { RegistryVersion } from '../database/registry-version.js';
import { Transactions } from '../database/transaction.js';
import { MunicipalityChanges } from './municipality-changes.js';
import { Municipality } from './municipality.entity.js';
import {
  municipalityCodeTaken,
  municipalityNotEmpty,
  municipalityNotFound,
  noSuchRegion,
  regionInRegion,
} from './municipality.errors.js';
import {
  createMunicipalitySchema,
  type CreateMunicipality,
  type ListMunicipalities,
  type PatchMunicipality,
} from './municipality.schemas.js';

const cursorSchema = z.tuple([z.string()]);

/** Reads and changes the municipalities that the caller may see; another one does not exist for it. */
@Injectable()
export class MunicipalityService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly registry: RegistryVersion,
    private readonly dialect: SqlDialect,
    private readonly changes: MunicipalityChanges,
  ) {}

  /** Municipalities by code. @throws BadRequestError `CURSOR_INVALID` */
  async list(query: ListMunicipalities): Promise<Page<Municipality>> {
    const where: FilterQuery<Municipality>[] = [visible()];
    const [after] = startAfter(query, cursorSchema) ?? [];
    if (after !== undefined) where.push({ code: { $gt: after } });
    const { status, kind, parentId, search } = query;
    if (status !== undefined) where.push({ status });
    if (kind !== undefined) where.push({ kind });
    if (parentId !== undefined) where.push({ parentId });
    if (search !== undefined) where.push(textContains(['code', 'name'], search));
    const options = { orderBy: { code: 'asc' as const }, limit: query.limit + 1 };
    const rows = await this.em.fork().find(Municipality, { $and: where }, options);
    return pageOf(rows, query.limit, (municipality) => [municipality.code]);
  }

  /** @throws NotFoundError `MUNICIPALITY_NOT_FOUND` */
  get(id: string): Promise<Municipality> {
    return find(this.em.fork(), { id });
  }

  /** The municipality with this code; null when there is none that the caller may see. */
  findByCode(code: string): Promise<Municipality | null> {
    return this.em.fork().findOne(Municipality, { $and: [visible(), { code }] });
  }

  /** @throws ConflictError `MUNICIPALITY_CODE_TAKEN`; ValidationError for what is no region */
  async create(input: CreateMunicipality): Promise<Municipality> {
    const values = createMunicipalitySchema.parse(input);
    try {
      return await this.transactions.run(async (transaction) => {
        await checkParent(transaction.em, values.kind, values.parentId);
        const municipality = transaction.em.create(Municipality, values);
        await transaction.em.flush();
        await this.registry.bump(transaction);
        return municipality;
      });
    } catch (error) {
      if (this.dialect.violatedKey(error) !== 'municipalities_code_unique') throw error;
      throw municipalityCodeTaken(error);
    }
  }

  /**
   * Changes a municipality; suspended, it stops its people and devices within a second.
   * @throws NotFoundError `MUNICIPALITY_NOT_FOUND`; ConflictError `VERSION_CONFLICT`; ValidationError for what is no region
   */
  update(id: string, patch: PatchMunicipality, expected?: ExpectedVersion): Promise<Municipality> {
    return this.transactions.run(async (transaction) => {
      const municipality = await find(transaction.em, { id }, LockMode.PESSIMISTIC_WRITE);
      requireVersion(municipality, expected);
      const { version: _, ...values } = patch;
      const { status } = municipality;
      if (values.parentId) await checkParent(transaction.em, municipality.kind, values.parentId);
      transaction.em.assign(municipality, values, { mergeObjectProperties: false, ignoreUndefined: true });
      await transaction.em.flush();
      if (municipality.status !== status) await this.changes.statusChanged(transaction, municipality);
      await this.registry.bump(transaction);
      return municipality;
    });
  }

  /**
   * Deletes a municipality that has nothing yet.
   * @throws NotFoundError `MUNICIPALITY_NOT_FOUND`; ConflictError `VERSION_CONFLICT`, `MUNICIPALITY_NOT_EMPTY`
   */
  async remove(id: string, expected?: ExpectedVersion): Promise<void> {
    try {
      await this.transactions.run(async (transaction) => {
        const municipality = await find(transaction.em, { id }, LockMode.PESSIMISTIC_WRITE);
        requireVersion(municipality, expected);
        transaction.em.remove(municipality);
        await transaction.em.flush();
        await this.registry.bump(transaction);
      });
    } catch (error) {
      if (this.dialect.violatesReference(error)) throw municipalityNotEmpty(error);
      throw error;
    }
  }
}

async function find(
  em: EntityManager,
  where: FilterQuery<Municipality>,
  lockMode: LockMode = LockMode.NONE,
): Promise<Municipality> {
  const municipality = await em.findOne(Municipality, { $and: [visible(), where] }, { lockMode });
  if (!municipality) throw municipalityNotFound();
  return municipality;
}

/** @throws ValidationError when the parent is no region, or the child is one */
async function checkParent(em: EntityManager, kind: Municipality['kind'], parentId: string | null): Promise<void> {
  if (parentId === null) return;
  if (kind === 'region') throw regionInRegion();
  if ((await em.count(Municipality, { $and: [visible(), { id: parentId, kind: 'region' }] })) === 0)
    throw noSuchRegion();
}

/**
 * Stands in for the tenant filter of other entities: a filter here would join the municipality to every query of
 * everything that belongs to one.
 * @throws Error outside a tenant scope
 */
function visible(): FilterQuery<Municipality> {
  const scope = requireTenantScope();
  return scope.kind === 'all' ? {} : { id: { $in: [...scope.municipalityIds] } };
}
