import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Alert } from '../../src/alerts/alert.entity.js';
import { newId } from '../../src/common/ids.js';
import type { Sensor } from '../../src/devices/sensors/sensor.entity.js';
import { AlertRule } from '../../src/rules/alert-rule.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { makeDevice, makeSensorTypes, messageOf, openInstance, type JudgingInstance } from '../support/judging.js';
import { makeMunicipalities, openLiveLog, type LiveLogRooms } from '../support/live-log.js';

const LEVEL = 'level_cm';
const START = Date.UTC(2026, 2, 1);
/** Lies outside the valid range of the type, so it is stored as bad. */
const BAD = 5_000;

describeEachDatabase((db) => {
  let live: LiveLogRooms;
  let municipalityId: string;
  let deviceId: string;
  let sensor: Sensor;
  /** Two instances of the application on one database. */
  let here: JudgingInstance;
  let there: JudgingInstance;

  beforeAll(async () => {
    live = await openLiveLog(db, { waitForRedis: false });
    municipalityId = (await makeMunicipalities(db.transactions, 1))[0]!;
    await makeSensorTypes(db, [LEVEL]);
  });
  afterAll(() => live.close());
  beforeEach(async () => {
    const device = await makeDevice(db, municipalityId, [LEVEL]);
    deviceId = device.id;
    sensor = device.sensors.get(LEVEL)!;
    here = openInstance(db, live.outbox);
    there = openInstance(db, live.outbox);
  });

  /** Stores the rule "above 10" on the sensor. */
  async function makeRule(more: Partial<Pick<AlertRule, 'onDelaySeconds' | 'offDelaySeconds' | 'deadband'>> = {}) {
    const em = db.orm.em.fork();
    const rule = em.create(AlertRule, {
      name: 'High',
      kind: 'threshold',
      scope: { sensorId: sensor.id },
      condition: { operator: '>', value: 10 },
      severity: 'HIGH',
      municipalityId,
      ...more,
    });
    await em.flush();
    return rule.id;
  }

  /** Readings are [second, value]. */
  const take = (instance: JudgingInstance, ...readings: [number, number][]) =>
    instance.ingestion.ingest(
      readings.map(([second, value]) =>
        messageOf(deviceId, { timestamp: START + second * 1_000, values: { [LEVEL]: value } }),
      ),
    );
  const alerts = async () => {
    const found = await db.orm.em
      .fork()
      .find(Alert, { deviceId }, { filters: { tenant: false }, orderBy: { openedAt: 'asc', id: 'asc' } });
    return found.map(({ openedAt, resolvedAt, status, occurrences }) => ({
      openedAt: (openedAt.getTime() - START) / 1_000,
      resolvedAt: resolvedAt ? (resolvedAt.getTime() - START) / 1_000 : null,
      status,
      occurrences,
    }));
  };
  const changeRule = (id: string, set: string) =>
    db.transactions.query(`update alert_rules set ${set}, revision = revision + 1 where id = ?`, [id]);

  it('joins two alerts when a late reading shows that the breach never ended', async () => {
    await makeRule({ offDelaySeconds: 5 });
    await take(here, [0, 12], [2, 5], [8, 5], [9, 12]);
    expect(await alerts()).toMatchObject([
      { openedAt: 0, status: 'RESOLVED' },
      { openedAt: 9, status: 'ACTIVE' },
    ]);
    await take(there, [4, 12]);
    const joined = await alerts();
    expect(joined.filter(({ status }) => status !== 'RESOLVED')).toEqual([
      { openedAt: 0, resolvedAt: null, status: 'ACTIVE', occurrences: 3 },
    ]);
  });

  it('does not take an alert that late readings undid for a later one that opened at the same instant', async () => {
    await makeRule({ onDelaySeconds: 1 });
    await take(here, [1, 12], [5, 12]);
    await take(there, [2, 5]);
    await take(here, [3, 12]);
    expect(await alerts()).toMatchObject([
      { openedAt: 5, status: 'RESOLVED', occurrences: 0 },
      { openedAt: 5, status: 'ACTIVE', occurrences: 1 },
    ]);
    await take(there, [4, 5]);
    expect(await alerts()).toMatchObject([{ status: 'RESOLVED' }, { status: 'RESOLVED' }]);
  });

  it('judges late readings of a series whose first reading was bad', async () => {
    await makeRule();
    await take(here, [5, BAD]);
    await take(there, [2, 12]);
    expect(await alerts()).toMatchObject([{ openedAt: 2, status: 'ACTIVE' }]);
  });

  it('leaves what was stored before the rule alone, also when something opens afterwards', async () => {
    await take(here, [0, 5], [10, 5]);
    await makeRule();
    await here.registryVersion.check();
    await take(here, [20, 5]);
    await take(here, [30, 12]);
    await take(here, [40, 5]);
    await take(here, [5, 12], [6, 5]);
    expect(await alerts()).toEqual([{ openedAt: 30, resolvedAt: 40, status: 'RESOLVED', occurrences: 1 }]);
  });

  it('begins a run anew when the rule changes', async () => {
    const rule = await makeRule({ onDelaySeconds: 10 });
    await take(here, [0, 12]);
    await changeRule(rule, 'on_delay_seconds = 20');
    await db.transactions.query(`update counters set value = value + 1 where name = 'registry'`);
    await here.registryVersion.check();
    await take(here, [5, 12]);
    await take(here, [20, 12]);
    expect(await alerts()).toEqual([]);
    await take(here, [25, 12]);
    expect(await alerts()).toMatchObject([{ openedAt: 25 }]);
  });

  it('knows since when the values are back also when the alert opened before the rule changed', async () => {
    const rule = await makeRule({ offDelaySeconds: 20 });
    await take(here, [0, 12]);
    await changeRule(rule, 'off_delay_seconds = 10');
    await db.transactions.query(`update counters set value = value + 1 where name = 'registry'`);
    await here.registryVersion.check();
    await take(here, [5, 5]);
    await take(here, [8, 5]);
    await take(here, [7, 5]);
    await take(here, [15, 5]);
    expect(await alerts()).toEqual([{ openedAt: 0, resolvedAt: 15, status: 'RESOLVED', occurrences: 1 }]);
  });

  it('opens nothing by a rule that was disabled elsewhere a moment ago', async () => {
    const rule = await makeRule();
    await take(here, [0, 5]);
    await changeRule(rule, 'enabled = false');
    await take(here, [1, 12]);
    expect(await alerts()).toEqual([]);
  });

  it('opens by the condition of now when the rule was changed elsewhere a moment ago', async () => {
    const rule = await makeRule();
    await take(here, [0, 5]);
    await db.transactions.query(`update alert_rules set rule_condition = '{"operator":">","value":100}' where id = ?`, [
      rule,
    ]);
    await changeRule(rule, `name = 'Higher'`);
    await take(here, [1, 12]);
    expect(await alerts()).toEqual([]);
    await take(here, [2, 120]);
    expect(await alerts()).toMatchObject([{ openedAt: 2 }]);
  });

  it('shows in its events what a person did meanwhile', async () => {
    await makeRule();
    await take(here, [0, 12]);
    const person = newId();
    // The person's transaction is open while the next reading comes.
    let reading: Promise<unknown> | undefined;
    await db.transactions.run(async (tx) => {
      const alert = await tx.em.findOneOrFail(Alert, { deviceId }, { filters: { tenant: false } });
      alert.status = 'ACKNOWLEDGED';
      alert.acknowledgedAt = new Date();
      alert.acknowledgedBy = person;
      await tx.em.flush();
      reading = take(there, [1, 13]);
      await untilBlocked();
    });
    await reading;
    const { rows } = await db.transactions.query<{ payload: string }>(
      `select payload from outbox_events where type = 'alert' and payload like ? order by position desc limit 1`,
      [`%${deviceId}%`],
    );
    expect(JSON.parse(rows[0]!.payload)).toMatchObject({
      status: 'ACKNOWLEDGED',
      acknowledgedBy: person,
      occurrences: 2,
    });
  });

  /** Resolves when another transaction waits for a row that is locked. MariaDB renews its list only for who waits 0.1 s. */
  async function untilBlocked(): Promise<void> {
    const waiting =
      db.mode === 'postgres'
        ? `select count(*) as number from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
        : `select count(*) as number from information_schema.innodb_trx where trx_state = 'LOCK WAIT'`;
    for (;;) {
      const { rows } = await db.transactions.query<{ number: number | string }>(waiting);
      if (Number(rows[0]!.number) > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }
});
