import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { requireTenantScope } from '../../common/request-context/request-context.js';
import { requireVersion, type ExpectedVersion } from '../../common/versioning/version.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { Municipality } from '../../municipalities/municipality.entity.js';
import { hashSecret } from '../credentials/secrets.js';
import { municipalityNotFound, municipalityRequired } from '../device.errors.js';
import { UplinkSource } from './uplink-source.entity.js';
import { uplinkSourceNotFound } from './uplink-source.schemas.js';
import type { CreateUplinkSource, ListUplinkSources, PatchUplinkSource } from './uplink-source.schemas.js';
import { newUplinkToken } from './uplink-token.js';

const cursorSchema = z.tuple([z.guid()]);

/** A source and its new token, which is nowhere to be read again. */
export interface IssuedUplinkToken {
  readonly source: UplinkSource;
  readonly token: string;
}

/** Keeps the network servers that hand over uplinks for a municipality. */
@Injectable()
export class UplinkSourcesService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
  ) {}

  /** Sources in the order of their making. */
  async list(query: ListUplinkSources): Promise<Page<UplinkSource>> {
    const where: FilterQuery<UplinkSource>[] = [];
    const [after] = startAfter(query, cursorSchema) ?? [];
    if (after !== undefined) where.push({ id: { $gt: after } });
    if (query.municipalityId !== undefined) where.push({ municipalityId: query.municipalityId });
    const options = { orderBy: { id: 'asc' as const }, limit: query.limit + 1 };
    const sources = await this.em.fork().find(UplinkSource, { $and: where }, options);
    return pageOf(sources, query.limit, ({ id }) => [id]);
  }

  /** @throws NotFoundError `MUNICIPALITY_NOT_FOUND`; ValidationError `MUNICIPALITY_REQUIRED` */
  create({ municipalityId: stated, ...input }: CreateUplinkSource): Promise<IssuedUplinkToken> {
    return this.transactions.run(async (tx) => {
      const municipalityId = await ownerOf(tx.em, stated);
      const { token, prefix } = newUplinkToken();
      const secret = { tokenPrefix: prefix, tokenHash: hashSecret(token) };
      const source = tx.em.create(UplinkSource, { ...input, municipalityId, ...secret });
      await tx.em.flush();
      return { source, token };
    });
  }

  /** @throws NotFoundError `UPLINK_SOURCE_NOT_FOUND`; ConflictError `VERSION_CONFLICT` */
  update(id: string, patch: Omit<PatchUplinkSource, 'version'>, expected?: ExpectedVersion): Promise<UplinkSource> {
    return this.transactions.run(async (tx) => {
      const source = await lock(tx, id, expected);
      tx.em.assign(source, patch);
      await tx.em.flush();
      return source;
    });
  }

  /** Gives a source a new token; the old one ends at once. @throws as {@link update} */
  rotate(id: string): Promise<IssuedUplinkToken> {
    return this.transactions.run(async (tx) => {
      const source = await lock(tx, id, undefined);
      const { token, prefix } = newUplinkToken();
      tx.em.assign(source, { tokenPrefix: prefix, tokenHash: hashSecret(token) });
      await tx.em.flush();
      return { source, token };
    });
  }

  /** @throws as {@link update} */
  remove(id: string, expected?: ExpectedVersion): Promise<void> {
    return this.transactions.run(async (tx) => {
      tx.em.remove(await lock(tx, id, expected));
      await tx.em.flush();
    });
  }
}

async function lock(tx: Transaction, id: string, expected: ExpectedVersion): Promise<UplinkSource> {
  const source = await tx.em.findOne(UplinkSource, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (source === null) throw uplinkSourceNotFound();
  requireVersion(source, expected);
  return source;
}

/** The municipality that a new source is for: the one stated, or the caller's only one. */
async function ownerOf(em: EntityManager, stated: string | undefined): Promise<string> {
  const scope = requireTenantScope();
  const only = scope.kind === 'all' || scope.municipalityIds.length !== 1 ? undefined : scope.municipalityIds[0];
  const id = stated ?? only;
  if (id === undefined) throw municipalityRequired();
  const visible = scope.kind === 'all' || scope.municipalityIds.includes(id);
  if (!visible || (await em.count(Municipality, { id })) === 0) throw municipalityNotFound();
  return id;
}
