import { EntityManager, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page } from '../../../common/pagination/page.js';
import { requireTenantScope } from '../../../common/request-context/request-context.js';
import { requireVersion, type ExpectedVersion } from '../../../common/versioning/version.js';
import { SqlDialect } from '../../../database/dialects/sql-dialect.js';
import { textContains } from '../../../database/text-search.js';
import { Transactions, type Transaction } from '../../../database/transaction.js';
import { Municipality } from '../../../municipalities/municipality.entity.js';
import { municipalityNotFound } from '../../device.errors.js';
import {
  groupExists,
  groupMunicipalityRequired,
  groupNotFound,
  MAX_GROUPS,
  tooManyGroups,
} from './device-group.errors.js';
import { DeviceGroup } from './device-group.entity.js';
import type { CountedGroup } from './device-group.mapper.js';
import type { CreateGroup, ListGroups, PatchGroup } from './device-group.schemas.js';
import { addMembers, countMembers, lockGroup } from './group-rows.js';

const cursorSchema = z.tuple([z.guid()]);

/** Groups of devices of the caller's municipalities. */
@Injectable()
export class DeviceGroupsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
  ) {}

  /** Groups in the order of their making. @throws BadRequestError `CURSOR_INVALID` */
  async list(query: ListGroups): Promise<Page<CountedGroup>> {
    const em = this.em.fork();
    const where: FilterQuery<DeviceGroup>[] = [];
    const [after] = startAfter(query, cursorSchema) ?? [];
    if (after !== undefined) where.push({ id: { $gt: after } });
    if (query.municipalityId !== undefined) where.push({ municipalityId: query.municipalityId });
    if (query.search !== undefined) where.push(textContains(['name'], query.search));
    const groups = await em.find(DeviceGroup, { $and: where }, { orderBy: { id: 'asc' }, limit: query.limit + 1 });
    const page = pageOf(groups, query.limit, ({ id }) => [id]);
    const counts = await this.countsOf(page.items);
    return page.map((group) => ({ group, memberCount: counts.get(group.id) ?? 0 }));
  }

  /** @throws NotFoundError `DEVICE_GROUP_NOT_FOUND` */
  async get(id: string): Promise<CountedGroup> {
    const em = this.em.fork();
    const group = await em.findOne(DeviceGroup, { id });
    if (group === null) throw groupNotFound(id);
    return { group, memberCount: await countMembers(em, id) };
  }

  /**
   * @throws NotFoundError `MUNICIPALITY_NOT_FOUND`; ConflictError `DEVICE_GROUP_EXISTS`, `TOO_MANY_DEVICE_GROUPS`;
   *   ValidationError for a missing municipality and unknown devices
   */
  create({ name, description, deviceIds, ...input }: CreateGroup): Promise<CountedGroup> {
    const municipalityId = municipalityOf(input.municipalityId);
    return this.transactions.run(async (tx) => {
      if ((await tx.em.count(Municipality, { id: municipalityId })) === 0) throw municipalityNotFound();
      if ((await tx.em.count(DeviceGroup, { municipalityId })) >= MAX_GROUPS) throw tooManyGroups();
      const group = tx.em.create(DeviceGroup, { municipalityId, name, description });
      await this.flush(tx);
      return { group, memberCount: await addMembers(tx, group, deviceIds) };
    });
  }

  /** @throws NotFoundError `DEVICE_GROUP_NOT_FOUND`; ConflictError `VERSION_CONFLICT`, `DEVICE_GROUP_EXISTS` */
  update(id: string, patch: Omit<PatchGroup, 'version'>, expected?: ExpectedVersion): Promise<CountedGroup> {
    return this.transactions.run(async (tx) => {
      const group = await lockGroup(tx, id);
      requireVersion(group, expected);
      tx.em.assign(group, patch);
      await this.flush(tx);
      return { group, memberCount: await countMembers(tx.em, id) };
    });
  }

  /**
   * Deletes a group; what was sent to it stays with its devices.
   * @throws NotFoundError `DEVICE_GROUP_NOT_FOUND`; ConflictError `VERSION_CONFLICT`
   */
  remove(id: string, expected?: ExpectedVersion): Promise<void> {
    return this.transactions.run(async (tx) => {
      const group = await lockGroup(tx, id);
      requireVersion(group, expected);
      tx.em.remove(group);
      await tx.em.flush();
    });
  }

  /** @throws ConflictError `DEVICE_GROUP_EXISTS` */
  private async flush(tx: Transaction): Promise<void> {
    try {
      await tx.em.flush();
    } catch (error) {
      if (this.dialect.violatedKey(error) !== null) throw groupExists(error);
      throw error;
    }
  }

  /** Members of each group of a page, whose groups were read within the tenant. */
  private async countsOf(groups: readonly DeviceGroup[]): Promise<Map<string, number>> {
    if (groups.length === 0) return new Map();
    const ids = groups.map(({ id }) => id);
    const { rows } = await this.transactions.query<{ id: string; members: number | string }>(
      `select group_id as id, count(*) as members from device_group_members
       where group_id in (${ids.map(() => '?').join()}) group by group_id`,
      ids,
    );
    return new Map(rows.map(({ id, members }) => [id, Number(members)]));
  }
}

/** The municipality of a new group, from what was asked for and where the caller keeps devices. */
function municipalityOf(wanted: string | undefined): string {
  const scope = requireTenantScope();
  if (scope.kind === 'all') {
    if (wanted === undefined) throw groupMunicipalityRequired();
    return wanted;
  }
  const municipalityId = wanted ?? (scope.municipalityIds.length === 1 ? scope.municipalityIds[0] : undefined);
  if (municipalityId === undefined) throw groupMunicipalityRequired();
  if (!scope.municipalityIds.includes(municipalityId)) throw municipalityNotFound();
  return municipalityId;
}
