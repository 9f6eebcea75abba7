import { expect } from 'vitest';
import { Alert } from '../../src/alerts/alert.entity.js';
import { toAlertResponse } from '../../src/alerts/alert.mapper.js';
import { RuleState } from '../../src/alerts/rule-state.entity.js';
import { newId } from '../../src/common/ids.js';
import { AlertRule } from '../../src/rules/alert-rule.entity.js';
import { compile, INITIAL, step, type RuleProgress } from '../../src/rules/evaluator.js';
import type { RuleCondition } from '../../src/rules/rule-definition.js';
import type { TestDatabase } from './databases.js';
import { makeDevice, makeSensorTypes, messageOf, type JudgingInstance } from './judging.js';

const START = Date.UTC(2026, 2, 1);
const TICK_MS = 1_000;

/** One reading of a scenario. */
export interface Reading {
  readonly sensor: number;
  readonly tick: number;
  readonly value: number;
  /** Ticks by which it arrives after its time, and by which a second delivery does (null: there is none). */
  readonly lag: number;
  readonly repeatLag: number | null;
}

/** A rule on all sensors of a type; its type is that of the sensor named. */
export interface Rule {
  readonly sensor: number;
  readonly condition: RuleCondition;
  readonly deadband: number;
  readonly onDelaySeconds: number;
  readonly offDelaySeconds: number;
}

/** How the readings reach the instances: sizes of the batches, who takes which, one after the other or at once. */
export interface Delivery {
  readonly sizes: readonly number[];
  readonly takers: readonly number[];
  readonly atOnce: boolean;
}

/** What happens in one run. */
export interface Scenario {
  readonly readings: readonly Reading[];
  readonly rules: readonly Rule[];
  readonly delivery: Delivery;
}

type TestDevice = Awaited<ReturnType<typeof makeDevice>>;

/** Two instances that share one device's readings, and a third that takes those of its twin in order. */
export class World {
  constructor(
    private readonly db: TestDatabase,
    private readonly municipalityId: string,
    private readonly instances: readonly JudgingInstance[],
  ) {}

  /** Makes fresh sensors and rules, and lets the instances take the readings as the scenario says. */
  async play({ readings, rules, delivery }: Scenario): Promise<Run> {
    const types = [0, 1, 2].map((i) => `t${i}_${newId().replaceAll('-', '')}`);
    await makeSensorTypes(this.db, types);
    const shared = await makeDevice(this.db, this.municipalityId, types);
    const single = await makeDevice(this.db, this.municipalityId, types);
    const ruleIds = await this.makeRules(rules, types);
    await this.db.transactions.query(`update counters set value = value + 1 where name = 'registry'`);
    for (const instance of this.instances) await instance.registryVersion.check();
    await this.deliver(shared.id, types, arrivals(readings), delivery);
    const inOrder = [...readings].sort((a, b) => a.tick - b.tick);
    await this.take(2, single.id, types, inOrder.slice(0, 10));
    await this.take(2, single.id, types, inOrder.slice(10));
    return new Run(this.db, ruleIds, shared, single);
  }

  private async makeRules(rules: readonly Rule[], types: readonly string[]): Promise<string[]> {
    const em = this.db.orm.em.fork();
    const made = rules.map(({ sensor, ...rule }, i) =>
      em.create(AlertRule, {
        ...rule,
        name: `rule ${i}`,
        kind: 'min' in rule.condition ? 'range' : 'threshold',
        scope: { sensorTypeCode: types[sensor]! },
        severity: 'HIGH',
        municipalityId: this.municipalityId,
      }),
    );
    await em.flush();
    return made.map(({ id }) => id);
  }

  private async deliver(
    deviceId: string,
    types: readonly string[],
    arriving: readonly Reading[],
    { sizes, takers, atOnce }: Delivery,
  ): Promise<void> {
    const queues: (() => Promise<void>)[][] = [[], []];
    let last = Promise.resolve();
    for (let from = 0, i = 0; from < arriving.length; from += sizes[i % sizes.length]!, i++) {
      const taker = takers[i % takers.length]!;
      const batch = arriving.slice(from, from + sizes[i % sizes.length]!);
      const take = (): Promise<void> => this.take(taker, deviceId, types, batch);
      if (atOnce) queues[taker]!.push(take);
      else last = last.then(take);
    }
    await last;
    await Promise.all(
      queues.map(async (queue) => {
        for (const take of queue) await take();
      }),
    );
  }

  private async take(
    taker: number,
    deviceId: string,
    types: readonly string[],
    batch: readonly Reading[],
  ): Promise<void> {
    const messages = batch.map(({ sensor, tick, value }) =>
      messageOf(deviceId, { timestamp: START + tick * TICK_MS, values: { [types[sensor]!]: value } }),
    );
    const results = await this.instances[taker]!.ingestion.ingest(messages);
    expect(results.flatMap(({ rejected }) => rejected)).toEqual([]);
  }
}

/** Deliveries in the order of their arrival, repeated ones included. */
function arrivals(readings: readonly Reading[]): Reading[] {
  const deliveries = readings.flatMap((reading) => [
    { reading, at: reading.tick + reading.lag },
    ...(reading.repeatLag === null ? [] : [{ reading, at: reading.tick + reading.lag + reading.repeatLag }]),
  ]);
  return deliveries.sort((a, b) => a.at - b.at).map(({ reading }) => reading);
}

/** What one scenario left in the database. */
export class Run {
  constructor(
    private readonly db: TestDatabase,
    private readonly ruleIds: readonly string[],
    readonly shared: TestDevice,
    readonly single: TestDevice,
  ) {}

  /** What a person sees of the device's alerts, without what differs between twins, and without superseded ones. */
  async alertsOf(device: TestDevice) {
    const alerts = await this.find(device);
    return alerts
      .filter(({ occurrences }) => occurrences > 0)
      .map((alert) => ({
        rule: this.ruleIds.indexOf(alert.ruleId!),
        metric: alert.metric!,
        openedAt: alert.openedAt.getTime() - START,
        resolvedAt: alert.resolvedAt ? alert.resolvedAt.getTime() - START : null,
        status: alert.status,
        occurrences: alert.occurrences,
        lastOccurredAt: alert.lastOccurredAt.getTime() - START,
        openingValue: alert.openingValue,
        lastValue: alert.lastValue,
      }))
      .sort((a, b) => a.rule - b.rule || a.metric.localeCompare(b.metric) || a.openedAt - b.openedAt);
  }

  /** The alerts by id, as REST shows them. */
  async storedOf(device: TestDevice) {
    const alerts = await this.find(device);
    return Object.fromEntries(alerts.map((alert) => [alert.id, { ...toAlertResponse(alert) }]));
  }

  /** The alerts by id, as the last live event of each showed them. */
  async toldOf(device: TestDevice) {
    const { rows } = await this.db.transactions.query<{ payload: string }>(
      `select payload from outbox_events where type = 'alert' and payload like ? order by municipality_id, position`,
      [`%${device.id}%`],
    );
    const told: Record<string, unknown> = {};
    for (const { payload } of rows) {
      const { change: _, ...alert } = JSON.parse(payload) as { id: string; change: string };
      told[alert.id] = alert;
    }
    return told;
  }

  /** Each rule on its sensor: the state that is stored, and the one that the stored readings lead to. */
  async pairsOf(device: TestDevice) {
    const em = this.db.orm.em.fork();
    const alerts = await this.find(device);
    const rules = await em.find(AlertRule, { id: { $in: [...this.ruleIds] } }, { filters: { tenant: false } });
    const pairs = [];
    for (const rule of rules) {
      const sensor = device.sensors.get(rule.scope.sensorTypeCode!)!;
      const row = await em.findOne(
        RuleState,
        { ruleId: rule.id, seriesId: sensor.seriesId },
        { filters: { tenant: false } },
      );
      const open = alerts.filter(
        ({ ruleId, sensorId, status }) => ruleId === rule.id && sensorId === sensor.id && status !== 'RESOLVED',
      );
      pairs.push({
        state: row ? { phase: row.phase, since: row.since ? row.since.getTime() : null } : INITIAL,
        folded: await this.fold(rule, sensor.seriesId),
        alertId: row?.alertId ?? null,
        openAlerts: open.map(({ id }) => id),
      });
    }
    return pairs;
  }

  /** Takes the run's rules out of force, so that later runs need not look at them. */
  async end(): Promise<void> {
    for (const id of this.ruleIds)
      await this.db.transactions.query('update alert_rules set enabled = false where id = ?', [id]);
  }

  private async fold(rule: AlertRule, seriesId: number): Promise<RuleProgress> {
    const { rows } = await this.db.transactions.query<{ instant: string; value: number }>(
      'select instant, value from readings where series_id = ? and quality = 0 order by instant',
      [seriesId],
    );
    const evaluator = compile(rule);
    let progress: RuleProgress = INITIAL;
    for (const row of rows)
      progress = step(evaluator, progress, this.db.dialect.epochMs(row.instant), row.value).progress;
    return progress;
  }

  private find(device: TestDevice): Promise<Alert[]> {
    return this.db.orm.em.fork().find(Alert, { deviceId: device.id }, { filters: { tenant: false } });
  }
}
