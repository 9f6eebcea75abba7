import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ValidationError } from '../../common/errors/errors.js';
import { fieldErrorsOf } from '../../common/errors/standard-schema.errors.js';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { byIdOrCode } from '../../common/validation/schemas.js';
import { requireVersion, type ExpectedVersion } from '../../common/versioning/version.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { textContains } from '../../database/text-search.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { PROTOCOL_SETTINGS } from './protocol-settings.js';
import { protocolExists, protocolInUse, protocolNotFound } from './protocol.errors.js';
import { Protocol } from './protocol.entity.js';
import type { CreateProtocol, ListProtocols, PatchProtocol } from './protocol.schemas.js';

const cursorSchema = z.tuple([z.string()]);

/** Reads and changes the protocol catalogue of the whole country. What ingestion accepts does not depend on it. */
@Injectable()
export class ProtocolsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
  ) {}

  /** Protocols by code. @throws BadRequestError `CURSOR_INVALID` */
  async list(query: ListProtocols): Promise<Page<Protocol>> {
    const where: FilterQuery<Protocol>[] = [];
    const [after] = startAfter(query, cursorSchema) ?? [];
    if (after !== undefined) where.push({ code: { $gt: after } });
    if (query.transport !== undefined) where.push({ transport: query.transport });
    if (query.enabled !== undefined) where.push({ enabled: query.enabled });
    if (query.search !== undefined) where.push(textContains(['name', 'code'], query.search));
    const options = { orderBy: { code: 'asc' as const }, limit: query.limit + 1 };
    const protocols = await this.em.fork().find(Protocol, { $and: where }, options);
    return pageOf(protocols, query.limit, ({ code }) => [code]);
  }

  /** @param key its id or its code. @throws NotFoundError `PROTOCOL_NOT_FOUND` */
  async get(key: string): Promise<Protocol> {
    const protocol = await this.em.fork().findOne(Protocol, byIdOrCode(key));
    if (protocol === null) throw protocolNotFound(key);
    return protocol;
  }

  /** @throws ConflictError `PROTOCOL_ALREADY_EXISTS` */
  create(input: CreateProtocol): Promise<Protocol> {
    return this.transactions.run(async (tx) => {
      const protocol = tx.em.create(Protocol, input);
      try {
        await tx.em.flush();
      } catch (error) {
        if (this.dialect.violatedKey(error) !== null) throw protocolExists(input.code, error);
        throw error;
      }
      return protocol;
    });
  }

  /**
   * @param key its id or its code
   * @throws NotFoundError `PROTOCOL_NOT_FOUND`; ConflictError `VERSION_CONFLICT`; ValidationError when the settings are
   *   not those of the transport
   */
  update(key: string, patch: Omit<PatchProtocol, 'version'>, expected?: ExpectedVersion): Promise<Protocol> {
    return this.transactions.run(async (tx) => {
      const protocol = await lock(tx, key, expected);
      const { transport, settings } = { ...protocol, ...patch };
      const checked = PROTOCOL_SETTINGS[transport].safeParse(settings);
      if (!checked.success) throw new ValidationError(fieldErrorsOf(checked.error.issues.map(inSettings)));
      tx.em.assign(protocol, { ...patch, settings: checked.data }, { mergeObjectProperties: false });
      await tx.em.flush();
      return protocol;
    });
  }

  /**
   * Deletes a protocol that no device names.
   * @param key its id or its code
   * @throws NotFoundError `PROTOCOL_NOT_FOUND`; ConflictError `VERSION_CONFLICT`, `PROTOCOL_IN_USE`
   */
  remove(key: string, expected?: ExpectedVersion): Promise<void> {
    return this.transactions.run(async (tx) => {
      const protocol = await lock(tx, key, expected);
      // Of whichever municipality. Whoever gives it to a device meanwhile waits for the lock, by the foreign key.
      const { rows } = await tx.query(`select 1 from devices where protocol_code = ? limit 1`, [protocol.code]);
      if (rows.length > 0) throw protocolInUse(protocol.code);
      tx.em.remove(protocol);
      await tx.em.flush();
    });
  }
}

async function lock(tx: Transaction, key: string, expected: ExpectedVersion): Promise<Protocol> {
  const protocol = await tx.em.findOne(Protocol, byIdOrCode(key), { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (protocol === null) throw protocolNotFound(key);
  requireVersion(protocol, expected);
  return protocol;
}

function inSettings(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  return { ...issue, path: ['settings', ...issue.path] };
}
