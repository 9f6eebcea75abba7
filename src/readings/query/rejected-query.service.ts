import { EntityManager, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { RejectedReading } from '../rejected-reading.entity.js';
import type { RejectedQuery } from './reading-query.schemas.js';

const cursorSchema = z.tuple([z.guid()]);

/** Reads the list of what was not stored, and why. */
@Injectable()
export class RejectedQueryService {
  constructor(private readonly em: EntityManager) {}

  /** One page, newest first. What unknown devices sent is seen by nobody but a super admin. */
  async page(query: RejectedQuery): Promise<Page<RejectedReading>> {
    const [before] = startAfter(query, cursorSchema) ?? [];
    const { municipalityId, deviceId, code, from, to } = query;
    const where: FilterQuery<RejectedReading>[] = [];
    if (before !== undefined) where.push({ id: { $lt: before } });
    if (municipalityId !== undefined) where.push({ municipalityId });
    if (deviceId !== undefined) where.push({ deviceId });
    if (code !== undefined) where.push({ code });
    if (from !== undefined) where.push({ receivedAt: { $gte: from } });
    if (to !== undefined) where.push({ receivedAt: { $lt: to } });
    const rows = await this.em
      .fork()
      .find(RejectedReading, { $and: where }, { orderBy: { id: 'desc' }, limit: query.limit + 1 });
    return pageOf(rows, query.limit, ({ id }) => [id]);
  }
}
