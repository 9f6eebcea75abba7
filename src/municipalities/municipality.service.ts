import { EntityManager, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ConflictError, NotFoundError } from '../common/errors/errors.js';
import { pageOf, startAfter, type Page } from '../common/pagination/page.js';
import { requireTenantScope } from '../common/request-context/request-context.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { RegistryVersion } from '../database/registry-version.js';
import { Transactions } from '../database/transaction.js';
import { Municipality } from './municipality.entity.js';
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
  ) {}

  /** Municipalities by code. @throws BadRequestError `CURSOR_INVALID` */
  async list(query: ListMunicipalities): Promise<Page<Municipality>> {
    const where: FilterQuery<Municipality>[] = [visible()];
    const [after] = startAfter(query, cursorSchema) ?? [];
    if (after !== undefined) where.push({ code: { $gt: after } });
    if (query.status !== undefined) where.push({ status: query.status });
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

  /** @throws ConflictError `MUNICIPALITY_CODE_TAKEN` */
  async create(input: CreateMunicipality): Promise<Municipality> {
    const values = createMunicipalitySchema.parse(input);
    try {
      return await this.transactions.run(async (transaction) => {
        const municipality = transaction.em.create(Municipality, values);
        await transaction.em.flush();
        await this.registry.bump(transaction);
        return municipality;
      });
    } catch (error) {
      if (this.dialect.violatedKey(error) !== 'municipalities_code_unique') throw error;
      throw new ConflictError('MUNICIPALITY_CODE_TAKEN', 'There is a municipality with this code.', { cause: error });
    }
  }

  /** @throws NotFoundError `MUNICIPALITY_NOT_FOUND` */
  update(id: string, patch: PatchMunicipality): Promise<Municipality> {
    return this.transactions.run(async (transaction) => {
      const municipality = await find(transaction.em, { id });
      if (patch.name !== undefined) municipality.name = patch.name;
      if (patch.timeZone !== undefined) municipality.timeZone = patch.timeZone;
      if (patch.status !== undefined) municipality.status = patch.status;
      await transaction.em.flush();
      await this.registry.bump(transaction);
      return municipality;
    });
  }
}

async function find(em: EntityManager, where: FilterQuery<Municipality>): Promise<Municipality> {
  const municipality = await em.findOne(Municipality, { $and: [visible(), where] });
  if (!municipality) throw new NotFoundError('MUNICIPALITY_NOT_FOUND', 'There is no such municipality.');
  return municipality;
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
