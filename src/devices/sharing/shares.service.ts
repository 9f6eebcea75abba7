import { EntityManager, LockMode, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../common/clock.js';
import { pageOf, startAfter, type Page } from '../../common/pagination/page.js';
import { requireTenantScope } from '../../common/request-context/request-context.js';
import { Transactions } from '../../database/transaction.js';
import { Municipality } from '../../municipalities/municipality.entity.js';
import { sensorNotFound } from '../sensors/sensor.errors.js';
import { Sensor } from '../sensors/sensor.entity.js';
import { SensorShare } from './sensor-share.entity.js';
import { notInTime, sharedWithOwner, shareEnded, shareNotFound, unknownRecipient } from './share.errors.js';
import { MAX_SHARE_DAYS, type CreateShare, type ListShares } from './share.schemas.js';

const cursorSchema = z.tuple([z.guid()]);
const DAY_MS = 86_400_000;

/** The filters would join that of the sensor, which the recipient's is not; {@link sideOfCaller} stands in for them. */
const BOTH_SIDES = { filters: { tenant: false } } as const;

/** Lets municipalities read each other's sensors for a time. */
@Injectable()
export class SharesService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly clock: Clock,
  ) {}

  /** Shares that the caller gave or received, the oldest first. */
  async list(query: ListShares): Promise<Page<SensorShare>> {
    const [after] = startAfter(query, cursorSchema) ?? [];
    const where = conditionsOf(query, this.clock.now());
    if (after !== undefined) where.push({ id: { $gt: after } });
    const options = { ...BOTH_SIDES, orderBy: { id: 'asc' as const }, limit: query.limit + 1 };
    const shares = await this.em.fork().find(SensorShare, { $and: where }, options);
    return pageOf(shares, query.limit, ({ id }) => [id]);
  }

  /**
   * Lets another municipality read a sensor of the caller's.
   * @throws NotFoundError `SENSOR_NOT_FOUND`; ValidationError for an unknown recipient or a time that makes no sense
   */
  create(sensorId: string, input: CreateShare): Promise<SensorShare> {
    const validFrom = input.validFrom ?? this.clock.now();
    this.checkTime(validFrom, input.validUntil);
    return this.transactions.run(async ({ em }) => {
      const sensor = await em.findOne(Sensor, { id: sensorId });
      if (sensor === null) throw sensorNotFound(sensorId);
      // Not only the caller's: the names of a country's municipalities are no secret.
      const recipient = await em.findOne(Municipality, { code: input.recipientCode, status: 'active' });
      if (recipient === null) throw unknownRecipient();
      if (recipient.id === sensor.municipalityId) throw sharedWithOwner();
      const { municipalityId } = sensor;
      const { validUntil, reason } = input;
      const share = em.create(SensorShare, {
        sensorId,
        municipalityId,
        recipientId: recipient.id,
        validFrom,
        validUntil,
        reason,
      });
      await em.flush();
      return share;
    });
  }

  /**
   * Ends a share of the caller's sensor at once.
   * @throws NotFoundError `SHARE_NOT_FOUND`, also for the recipient; ConflictError `SHARE_ENDED`
   */
  end(sensorId: string, id: string): Promise<SensorShare> {
    return this.transactions.run(async ({ em }) => {
      const share = await em.findOne(SensorShare, { id, sensorId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      const sensor = share && (await em.findOne(Sensor, { id: sensorId }));
      if (!share || !sensor) throw shareNotFound();
      const now = this.clock.now();
      if (share.endedAt || share.validUntil <= now) throw shareEnded();
      share.endedAt = now;
      await em.flush();
      return share;
    });
  }

  /** Ids of the sensors that others let the caller read now, of those given or all. */
  async readable(em: EntityManager, sensorId?: string): Promise<string[]> {
    // A super admin needs nobody's leave, and nothing is shared with them.
    if (requireTenantScope().kind === 'all') return [];
    const where = [...conditionsOf({ direction: 'received', active: true, sensorId }, this.clock.now())];
    const shares = await em.find(SensorShare, { $and: where }, { ...BOTH_SIDES, fields: ['sensorId'] });
    return [...new Set(shares.map((share) => share.sensorId))];
  }

  private checkTime(from: Date, until: Date): void {
    if (until <= this.clock.now()) throw notInTime('validUntil', 'must be later than now');
    if (until <= from) throw notInTime('validUntil', 'must be later than `validFrom`');
    if (until.getTime() - from.getTime() > MAX_SHARE_DAYS * DAY_MS) {
      throw notInTime('validUntil', `must not be more than ${MAX_SHARE_DAYS} days after the beginning`);
    }
  }
}

function conditionsOf(query: Partial<ListShares>, now: Date): FilterQuery<SensorShare>[] {
  const { direction, sensorId, municipalityId, active } = query;
  const where: FilterQuery<SensorShare>[] = [sideOfCaller(direction)];
  if (sensorId !== undefined) where.push({ sensorId });
  if (municipalityId !== undefined) where.push({ $or: [{ municipalityId }, { recipientId: municipalityId }] });
  const inForce: FilterQuery<SensorShare> = { endedAt: null, validFrom: { $lte: now }, validUntil: { $gt: now } };
  if (active !== undefined) where.push(active ? inForce : { $not: inForce });
  return where;
}

/**
 * Keeps shares to those that the caller's municipalities gave or received. A super admin is on every side.
 * @throws Error outside a tenant scope
 */
function sideOfCaller(direction: 'given' | 'received' | undefined): FilterQuery<SensorShare> {
  const scope = requireTenantScope();
  if (scope.kind === 'all') return {};
  const given = { municipalityId: { $in: [...scope.municipalityIds] } };
  const received = { recipientId: { $in: [...scope.municipalityIds] } };
  if (direction === undefined) return { $or: [given, received] };
  return direction === 'given' ? given : received;
}
