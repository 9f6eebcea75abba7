import { EntityManager, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { AuditRecord } from '../audit-record.entity.js';
import { AuditSeal } from '../audit-seal.entity.js';
import { auditRecordNotFound } from './audit.errors.js';
import type { PlacedRecord } from './audit.mapper.js';
import type { ListAudit, RecordHistoryQuery } from './audit.schemas.js';

const cursorSchema = z.tuple([z.iso.datetime({ precision: 3 }), z.guid()]);
const EQUAL = ['municipalityId', 'actorId', 'action', 'recordType', 'recordId', 'outcome', 'requestId'] as const;

/** Reads the audit log of the caller's municipalities; super admins also see that of the country. */
@Injectable()
export class AuditQueries {
  constructor(private readonly em: EntityManager) {}

  /** Rows, the newest first. */
  async list(query: ListAudit): Promise<Page<PlacedRecord>> {
    const before = startAfter(query, cursorSchema);
    const where: FilterQuery<AuditRecord>[] = [];
    if (before !== undefined) {
      const occurredAt = new Date(before[0]);
      where.push(
        { occurredAt: { $lte: occurredAt } },
        { $or: [{ occurredAt: { $lt: occurredAt } }, { id: { $lt: before[1] } }] },
      );
    }
    for (const name of EQUAL) if (query[name] !== undefined) where.push({ [name]: query[name] });
    if (query.from !== undefined) where.push({ occurredAt: { $gte: query.from } });
    if (query.to !== undefined) where.push({ occurredAt: { $lt: query.to } });
    return this.page(where, query.limit, 'desc');
  }

  /** What was done to a record, from its making on. */
  async history(query: RecordHistoryQuery): Promise<Page<PlacedRecord>> {
    const after = startAfter(query, cursorSchema);
    const { recordType, recordId } = query;
    const where: FilterQuery<AuditRecord>[] = [{ recordType, recordId }];
    if (after !== undefined) {
      const occurredAt = new Date(after[0]);
      where.push(
        { occurredAt: { $gte: occurredAt } },
        { $or: [{ occurredAt: { $gt: occurredAt } }, { id: { $gt: after[1] } }] },
      );
    }
    return this.page(where, query.limit, 'asc');
  }

  /** @throws NotFoundError `AUDIT_RECORD_NOT_FOUND` */
  async get(id: string): Promise<PlacedRecord> {
    const em = this.em.fork();
    const record = await em.findOne(AuditRecord, { id });
    if (record === null) throw auditRecordNotFound();
    const [placed] = await place(em, [record]);
    if (placed === undefined) throw auditRecordNotFound();
    return placed;
  }

  private async page(
    where: FilterQuery<AuditRecord>[],
    limit: number,
    order: 'asc' | 'desc',
  ): Promise<Page<PlacedRecord>> {
    const em = this.em.fork();
    const orderBy = { occurredAt: order, id: order } as const;
    const records = await em.find(AuditRecord, { $and: where }, { orderBy, limit: limit + 1 });
    const keyOf = ({ record: { occurredAt, id } }: PlacedRecord) => [occurredAt.toISOString(), id];
    return pageOf(await place(em, records), limit, keyOf);
  }
}

async function place(em: EntityManager, records: readonly AuditRecord[]): Promise<PlacedRecord[]> {
  const seals = await em.find(AuditSeal, { auditId: { $in: records.map(({ id }) => id) } });
  const places = new Map(seals.map(({ auditId, position, hash }) => [auditId, { position, hash }]));
  return records.map((record) => ({ record, seal: places.get(record.id) ?? null }));
}
