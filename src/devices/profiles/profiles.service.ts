import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { requireTenantScope } from '../../common/request-context/request-context.js';
import { requireVersion, type ExpectedVersion } from '../../common/versioning/version.js';
import { RegistryVersion } from '../../database/registry-version.js';
import { textContains } from '../../database/text-search.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { Municipality } from '../../municipalities/municipality.entity.js';
import { municipalityNotFound, municipalityRequired } from '../device.errors.js';
import { DeviceProfile, NATIONAL_OWNER } from './device-profile.entity.js';
import { nationalProfile, profileExists, profileInUse, profileNotFound } from './profile.errors.js';
import type { CreateProfile, ListProfiles, PatchProfile } from './profile.schemas.js';

const cursorSchema = z.tuple([z.guid()]);

/** Reads and changes payload profiles: those of the caller's municipalities, and for a super admin the national ones. */
@Injectable()
export class ProfilesService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly registryVersion: RegistryVersion,
  ) {}

  /** Own and national profiles in the order of their making. @throws BadRequestError `CURSOR_INVALID` */
  async list(query: ListProfiles): Promise<Page<DeviceProfile>> {
    const { municipalityId, format, search } = query;
    const where: FilterQuery<DeviceProfile>[] = [];
    const [after] = startAfter(query, cursorSchema) ?? [];
    if (after !== undefined) where.push({ id: { $gt: after } });
    if (municipalityId !== undefined) where.push({ $or: [{ municipalityId }, { municipalityId: null }] });
    if (format !== undefined) where.push({ format });
    if (search !== undefined) where.push(textContains(['name', 'code'], search));
    const options = { orderBy: { id: 'asc' as const }, limit: query.limit + 1 };
    const profiles = await this.em.fork().find(DeviceProfile, { $and: where }, options);
    return pageOf(profiles, query.limit, ({ id }) => [id]);
  }

  /** @throws NotFoundError `PROFILE_NOT_FOUND` */
  async get(id: string): Promise<DeviceProfile> {
    const profile = await this.em.fork().findOne(DeviceProfile, { id });
    if (profile === null) throw profileNotFound();
    return profile;
  }

  /**
   * @throws ConflictError `PROFILE_ALREADY_EXISTS`, also when it is a national one; ForbiddenError `NATIONAL_PROFILE`;
   *   NotFoundError `MUNICIPALITY_NOT_FOUND`
   */
  create({ municipalityId: stated, ...input }: CreateProfile): Promise<DeviceProfile> {
    return this.transactions.run(async (tx) => {
      const municipalityId = await ownerOf(tx.em, stated);
      // A device names its profile by the code alone: one that is national already would be hidden by the new one.
      if ((await tx.em.count(DeviceProfile, { code: input.code, municipalityId: null })) > 0) {
        throw profileExists(input.code);
      }
      const owner = municipalityId ?? NATIONAL_OWNER;
      const profile = tx.em.create(DeviceProfile, { ...input, municipalityId, owner, format: input.definition.format });
      try {
        await tx.em.flush();
      } catch (error) {
        if (tx.dialect.violatedKey(error) !== null) throw profileExists(input.code, error);
        throw error;
      }
      return profile;
    });
  }

  /**
   * Changes a profile; every instance reads by it within 250 ms.
   * @throws NotFoundError `PROFILE_NOT_FOUND`; ForbiddenError `NATIONAL_PROFILE`; ConflictError `VERSION_CONFLICT`
   */
  update(id: string, patch: Omit<PatchProfile, 'version'>, expected?: ExpectedVersion): Promise<DeviceProfile> {
    return this.transactions.run(async (tx) => {
      const profile = await lock(tx, id, expected);
      const format = patch.definition?.format ?? profile.format;
      tx.em.assign(profile, { ...patch, format }, { mergeObjectProperties: false });
      await tx.em.flush();
      await this.registryVersion.bump(tx);
      return profile;
    });
  }

  /** Deletes a profile that no device names. @throws as {@link update}, and ConflictError `PROFILE_IN_USE` */
  remove(id: string, expected?: ExpectedVersion): Promise<void> {
    return this.transactions.run(async (tx) => {
      const profile = await lock(tx, id, expected);
      // Of whichever municipality. Whoever gives it to a device meanwhile waits for the lock, by the foreign key.
      const { rows } = await tx.query(`select 1 from devices where profile_id = ? limit 1`, [id]);
      if (rows.length > 0) throw profileInUse(profile.code);
      tx.em.remove(profile);
      await tx.em.flush();
    });
  }
}

async function lock(tx: Transaction, id: string, expected: ExpectedVersion): Promise<DeviceProfile> {
  const profile = await tx.em.findOne(DeviceProfile, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (profile === null) throw profileNotFound();
  if (!profile.municipalityId && requireTenantScope().kind !== 'all') throw nationalProfile();
  requireVersion(profile, expected);
  return profile;
}

/** Whose a new profile is: of the municipality stated, else of the caller's only one; for a super admin of the country. */
async function ownerOf(em: EntityManager, stated: string | null | undefined): Promise<string | null> {
  const scope = requireTenantScope();
  if (scope.kind === 'all') {
    if (stated && (await em.count(Municipality, { id: stated })) === 0) throw municipalityNotFound();
    return stated ?? null;
  }
  if (stated === null) throw nationalProfile();
  const owner = stated ?? (scope.municipalityIds.length === 1 ? scope.municipalityIds[0] : undefined);
  if (owner === undefined) throw municipalityRequired();
  if (!scope.municipalityIds.includes(owner)) throw municipalityNotFound();
  return owner;
}
