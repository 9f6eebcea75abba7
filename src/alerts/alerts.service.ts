import { EntityManager, type FilterQuery } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../common/clock.js';
import { pageOf, startAfter, type Page } from '../common/pagination/page.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import { Sensor } from '../devices/sensors/sensor.entity.js';
import { OutboxService } from '../outbox/outbox.service.js';
import { alertEvent } from './alert-book.js';
import { AlertClosing, type Decision } from './alert-closing.js';
import { AlertNote } from './alert-note.entity.js';
import { Alert } from './alert.entity.js';
import type { AlertWithNotes } from './alert.mapper.js';
import { alertAlreadyAcknowledged, alertAlreadyResolved, alertNotActive, alertNotFound } from './alert.errors.js';
import type { ListAlerts } from './alert.schemas.js';

/** Newest first by event time, as people read a log; alerts of one instant by id. */
const NEWEST_FIRST = { openedAt: 'desc', id: 'desc' } as const;
const cursorSchema = z.tuple([z.iso.datetime({ precision: 3 }), z.guid()]);

/** Reads alerts of the caller's municipalities, and what people do with them: acknowledge and resolve. */
@Injectable()
export class AlertsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly closing: AlertClosing,
    private readonly outbox: OutboxService,
    private readonly clock: Clock,
  ) {}

  /** Alerts, those first that opened last. */
  async list(query: ListAlerts): Promise<Page<Alert>> {
    const alerts = await this.em
      .fork()
      .find(Alert, { $and: conditionsOf(query) }, { orderBy: NEWEST_FIRST, limit: query.limit + 1 });
    return pageOf(alerts, query.limit, ({ openedAt, id }) => [openedAt.toISOString(), id]);
  }

  /** @throws NotFoundError `ALERT_NOT_FOUND` */
  async get(id: string): Promise<AlertWithNotes> {
    const em = this.em.fork();
    return withNotes(em, await find(em, id));
  }

  /**
   * Somebody has seen the alert and takes care of it.
   * @throws NotFoundError `ALERT_NOT_FOUND`; ConflictError `ALERT_ALREADY_ACKNOWLEDGED`, `ALERT_NOT_ACTIVE`
   */
  acknowledge(id: string, decision: Decision): Promise<AlertWithNotes> {
    return this.transactions.run(async (tx) => {
      const alert = await this.lock(tx, await find(tx.em, id));
      if (alert.status === 'ACKNOWLEDGED') throw alertAlreadyAcknowledged();
      if (alert.status === 'RESOLVED') throw alertNotActive();
      const { userId, comment } = decision;
      const acknowledgedAt = this.clock.now();
      Object.assign(alert, { status: 'ACKNOWLEDGED', acknowledgedAt, acknowledgedBy: userId });
      const note = { alertId: alert.id, change: 'acknowledged' as const, userId, comment, createdAt: acknowledgedAt };
      tx.em.create(AlertNote, note);
      await tx.em.flush();
      const answer = await withNotes(tx.em, alert);
      await this.outbox.append(tx, [alertEvent(alert, 'acknowledged')]);
      return answer;
    });
  }

  /**
   * Somebody says that it is over; only a breach after what is stored now opens an alert again. What is still wrong with
   * a device opens one again when it happens anew: when the device was heard and falls silent again, and so on.
   * @throws NotFoundError `ALERT_NOT_FOUND`; ConflictError `ALERT_ALREADY_RESOLVED`
   */
  resolve(id: string, decision: Decision): Promise<AlertWithNotes> {
    return this.transactions.run(async (tx) => {
      const seen = await find(tx.em, id);
      const seriesIds = await seriesOf(tx.em, seen);
      await this.closing.lockSeries(tx, seriesIds);
      const alert = await this.lock(tx, seen);
      if (alert.status === 'RESOLVED') throw alertAlreadyResolved();
      const events = await this.closing.close(tx, [alert], seriesIds, decision);
      const answer = await withNotes(tx.em, alert);
      await this.outbox.append(tx, events);
      return answer;
    });
  }

  private async lock(tx: Transaction, { id }: Alert): Promise<Alert> {
    const [alert] = await this.closing.lockAlerts(tx, { id });
    if (!alert) throw alertNotFound(id);
    return alert;
  }
}

async function find(em: EntityManager, id: string): Promise<Alert> {
  const alert = await em.findOne(Alert, { id });
  if (alert === null) throw alertNotFound(id);
  return alert;
}

/** The series that the alert is about; none when it is about the device itself. */
async function seriesOf(em: EntityManager, { sensorId }: Alert): Promise<number[]> {
  if ((sensorId ?? null) === null) return [];
  const sensor = await em.findOneOrFail(Sensor, { id: sensorId! }, { filters: { tenant: false } });
  return [sensor.seriesId];
}

async function withNotes(em: EntityManager, alert: Alert): Promise<AlertWithNotes> {
  return { alert, notes: await em.find(AlertNote, { alertId: alert.id }, { orderBy: { id: 'asc' } }) };
}

function conditionsOf(query: ListAlerts): FilterQuery<Alert>[] {
  const before = startAfter(query, cursorSchema);
  const { status, severity, kind, municipalityId, sensorId, deviceId, ruleId, from, to } = query;
  const where: FilterQuery<Alert>[] = [];
  if (before !== undefined) {
    const openedAt = new Date(before[0]);
    // The first part alone could begin in the middle of the index; with only the second it is read from its beginning.
    where.push(
      { openedAt: { $lte: openedAt } },
      { $or: [{ openedAt: { $lt: openedAt } }, { id: { $lt: before[1] } }] },
    );
  }
  if (status !== undefined) where.push({ status: { $in: status } });
  if (severity !== undefined) where.push({ severity: { $in: severity } });
  if (kind !== undefined) where.push({ kind: { $in: kind } });
  if (municipalityId !== undefined) where.push({ municipalityId });
  if (sensorId !== undefined) where.push({ sensorId });
  if (deviceId !== undefined) where.push({ deviceId });
  if (ruleId !== undefined) where.push({ ruleId });
  if (from !== undefined) where.push({ openedAt: { $gte: from } });
  if (to !== undefined) where.push({ openedAt: { $lt: to } });
  return where;
}
