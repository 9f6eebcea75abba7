import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AlertClosing } from '../../src/alerts/alert-closing.js';
import { AlertNote } from '../../src/alerts/alert-note.entity.js';
import { Alert } from '../../src/alerts/alert.entity.js';
import { AlertsOfRules } from '../../src/alerts/alerts-of-rules.js';
import { RuleState } from '../../src/alerts/rule-state.entity.js';
import { SystemClock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import { RegistryVersion } from '../../src/database/registry-version.js';
import { createRuleSchema, type CreateRule } from '../../src/rules/rule-definition.js';
import { toRuleResponse } from '../../src/rules/rule.mapper.js';
import { listRulesSchema, patchRuleSchema } from '../../src/rules/rule.schemas.js';
import { RulesService } from '../../src/rules/rules.service.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant } from '../support/devices-module.js';
import { makeDevice, makeSensorTypes, messageOf, openInstance, type JudgingInstance } from '../support/judging.js';
import { makeMunicipalities, openLiveLog, type LiveLogRooms } from '../support/live-log.js';

const LEVEL = 'level_cm';
const FLOW = 'flow_m3h';
const START = Date.UTC(2026, 2, 1);
const COMMON = { name: 'High', scope: { sensorTypeCode: LEVEL }, severity: 'HIGH' };

describeEachDatabase((db) => {
  let live: LiveLogRooms;
  let rules: RulesService;
  let instance: JudgingInstance;
  let own: string;
  let other: string;
  let device: Awaited<ReturnType<typeof makeDevice>>;
  let foreign: Awaited<ReturnType<typeof makeDevice>>;
  const person = newId();

  beforeAll(async () => {
    live = await openLiveLog(db, { waitForRedis: false });
    await makeSensorTypes(db, [LEVEL, FLOW]);
    const clock = new SystemClock();
    rules = new RulesService(
      db.orm.em,
      db.transactions,
      new RegistryVersion(db.transactions),
      new AlertsOfRules(new AlertClosing(clock)),
      live.outbox,
      clock,
    );
  });
  afterAll(() => live.close());
  beforeEach(async () => {
    [own, other] = (await makeMunicipalities(db.transactions, 2)) as [string, string];
    device = await makeDevice(db, own, [LEVEL, FLOW]);
    foreign = await makeDevice(db, other, [LEVEL]);
    instance = openInstance(db, live.outbox);
  });

  const asOwn = <T>(work: () => Promise<T>): Promise<T> => asTenant([own], work);
  const asNation = <T>(work: () => Promise<T>): Promise<T> => asTenant('all', work);
  const body = (more: object = {}): CreateRule =>
    createRuleSchema.parse({ ...COMMON, kind: 'threshold', operator: '>', value: 10, ...more });
  const range = (): CreateRule => createRuleSchema.parse({ ...COMMON, kind: 'range', min: 1, max: 6 });
  const change = (id: string, patch: object) => rules.update(id, patchRuleSchema.parse(patch), person);
  const sensorId = (code = LEVEL): string => device.sensors.get(code)!.id;
  const foreignSensorId = (): string => foreign.sensors.get(LEVEL)!.id;
  const issue = (path: string, code: string) => ({ kind: 'validation', errors: [{ path, code }] });

  async function take(deviceId: string, second: number, value: number, metric = LEVEL): Promise<void> {
    await instance.registryVersion.check();
    await instance.ingestion.ingest([
      messageOf(deviceId, { timestamp: START + second * 1_000, values: { [metric]: value } }),
    ]);
  }
  const alertsOf = async (ruleId: string) => {
    const found = await db.orm.em
      .fork()
      .find(Alert, { ruleId }, { filters: { tenant: false }, orderBy: { openedAt: 'asc' } });
    return found.map(({ deviceId, metric, status, resolvedBy }) => ({ deviceId, metric, status, resolvedBy }));
  };

  describe('create', () => {
    it('answers the rule as it was given', async () => {
      const given = body({ onDelaySeconds: 60, deadband: 0.5, scope: { sensorId: sensorId() } });
      const rule = await asOwn(() => rules.create(given));
      expect(toRuleResponse(rule)).toMatchObject({ ...given, municipalityId: own, enabled: true });
      const { id } = await asOwn(() => rules.create(range()));
      const read = toRuleResponse(await asOwn(() => rules.get(id)));
      expect(read).toMatchObject({ kind: 'range', min: 1, max: 6, scope: { sensorTypeCode: LEVEL } });
      expect(read).not.toHaveProperty('operator');
    });

    it('judges what comes from then on, on every instance that looks at the registry', async () => {
      await take(device.id, 0, 50);
      const { id } = await asOwn(() => rules.create(body()));
      await take(device.id, 1, 50);
      expect(await alertsOf(id)).toMatchObject([{ status: 'ACTIVE' }]);
    });

    it('refuses a scope that is not in the municipality', async () => {
      const refused: [object, string, string][] = [
        [{ sensorId: newId() }, 'scope.sensorId', 'UNKNOWN_SENSOR'],
        [{ sensorId: foreignSensorId() }, 'scope.sensorId', 'UNKNOWN_SENSOR'],
        [{ sensorTypeCode: 'salinity' }, 'scope.sensorTypeCode', 'UNKNOWN_SENSOR_TYPE'],
        [{ municipalityId: other }, 'scope.municipalityId', 'UNKNOWN_MUNICIPALITY'],
        [{ municipalityId: newId() }, 'scope.municipalityId', 'UNKNOWN_MUNICIPALITY'],
      ];
      for (const [scope, path, code] of refused) {
        await expect(asOwn(() => rules.create(body({ scope })))).rejects.toMatchObject(issue(path, code));
        const asked = () => rules.create(body({ scope, municipalityId: own }));
        await expect(asNation(asked)).rejects.toMatchObject(issue(path, code));
      }
    });

    it('gives a rule to nobody else', async () => {
      const create = (municipalityId: string | null) => () => rules.create(body({ municipalityId }));
      await expect(asOwn(create(other))).rejects.toMatchObject({ code: 'MUNICIPALITY_NOT_FOUND' });
      await expect(asOwn(create(null))).rejects.toMatchObject({ kind: 'forbidden' });
      await expect(asNation(create(newId()))).rejects.toMatchObject({ code: 'MUNICIPALITY_NOT_FOUND' });
    });

    it('lets a super admin keep national rules, and puts others where their scope lies', async () => {
      const owner = async (more: object) => (await asNation(() => rules.create(body(more)))).municipalityId ?? null;
      expect(await owner({})).toBeNull();
      expect(await owner({ scope: { sensorId: foreignSensorId() } })).toBe(other);
      expect(await owner({ scope: { municipalityId: own } })).toBe(own);
      expect(await owner({ scope: { sensorId: sensorId() }, municipalityId: null })).toBeNull();
      expect(await owner({ municipalityId: own })).toBe(own);
    });
  });

  describe('list and get', () => {
    it('show the own rules and the national ones', async () => {
      const mine = await asOwn(() => rules.create(body()));
      const national = await asNation(() => rules.create(body({ name: `National ${own}` })));
      const theirs = await asNation(() => rules.create(body({ municipalityId: other })));
      const list = async (query: object) => (await rules.list(listRulesSchema.parse({ limit: '500', ...query }))).items;
      const seen = (await asOwn(() => list({}))).map(({ id }) => id);
      expect(seen).toEqual(expect.arrayContaining([mine.id, national.id]));
      expect(seen).not.toContain(theirs.id);
      expect(await asOwn(() => list({ municipalityId: own }))).toHaveLength(1);
      expect(await asOwn(() => list({ municipalityId: own, enabled: 'false' }))).toHaveLength(0);
      expect(await asOwn(() => list({ municipalityId: own, severity: 'HIGH', kind: 'threshold' }))).toHaveLength(1);
      expect((await asOwn(() => rules.get(national.id))).name).toBe(`National ${own}`);
      await expect(asOwn(() => rules.get(theirs.id))).rejects.toMatchObject({ code: 'ALERT_RULE_NOT_FOUND' });
    });

    it('goes on where the page before ended', async () => {
      const made = [];
      for (let i = 0; i < 5; i++) made.push((await asOwn(() => rules.create(body()))).id);
      const seen: string[] = [];
      let cursor: string | null | undefined;
      do {
        const query = listRulesSchema.parse({ limit: '2', municipalityId: own, ...(cursor ? { cursor } : {}) });
        const page = await asOwn(() => rules.list(query));
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor);
      expect(seen).toEqual(made);
    });
  });

  describe('update', () => {
    it('puts the parts in, and counts a revision only when judging changes', async () => {
      const { id } = await asOwn(() => rules.create(body()));
      const revision = async (patch: object) => (await asOwn(() => change(id, patch))).revision;
      expect(await revision({ name: 'Higher', severity: 'CRITICAL' })).toBe(1);
      expect(await revision({ value: 10, scope: { sensorTypeCode: LEVEL } })).toBe(1);
      expect(await revision({ value: 20 })).toBe(2);
      expect(await revision({ scope: { municipalityId: own, sensorTypeCode: LEVEL } })).toBe(3);
      expect(await revision({ kind: 'range', min: 1, max: 2 })).toBe(4);
      const read = toRuleResponse(await asOwn(() => rules.get(id)));
      expect(read).toMatchObject({ name: 'Higher', severity: 'CRITICAL', kind: 'range', min: 1, max: 2 });
      expect(read).not.toHaveProperty('value');
    });

    it('refuses parts that do not make a rule', async () => {
      const { id } = await asOwn(() => rules.create(body()));
      const other = await asOwn(() => rules.create(range()));
      for (const [ruleId, patch] of [
        [id, { min: 1 }],
        [id, { kind: 'range' }],
        [id, { onDelaySeconds: -1 }],
        [other.id, { value: 4 }],
        [other.id, { min: 6 }],
      ] as const) {
        await expect(asOwn(() => change(ruleId, patch))).rejects.toMatchObject({ name: 'ZodError' });
      }
      await expect(asOwn(() => change(id, { scope: { sensorId: foreignSensorId() } }))).rejects.toMatchObject(
        issue('scope.sensorId', 'UNKNOWN_SENSOR'),
      );
    });

    it('is not for national rules of others, nor for rules that are not seen', async () => {
      const national = await asNation(() => rules.create(body()));
      const theirs = await asNation(() => rules.create(body({ municipalityId: other })));
      for (const work of [(id: string) => change(id, { value: 1 }), (id: string) => rules.remove(id, person)]) {
        await expect(asOwn<unknown>(() => work(national.id))).rejects.toMatchObject({ code: 'NATIONAL_RULE' });
        await expect(asOwn<unknown>(() => work(theirs.id))).rejects.toMatchObject({ code: 'ALERT_RULE_NOT_FOUND' });
      }
      expect((await asNation(() => change(national.id, { value: 1 }))).revision).toBe(2);
    });

    it('resolves the alerts of sensors that it stops to watch, and only those', async () => {
      const { id } = await asOwn(() => rules.create(body({ scope: { municipalityId: own } })));
      await take(device.id, 0, 50, LEVEL);
      await take(device.id, 0, 50, FLOW);
      await asOwn(() => change(id, { scope: { sensorTypeCode: FLOW } }));
      expect(await alertsOf(id)).toEqual(
        expect.arrayContaining([
          { deviceId: device.id, metric: LEVEL, status: 'RESOLVED', resolvedBy: person },
          { deviceId: device.id, metric: FLOW, status: 'ACTIVE', resolvedBy: null },
        ]),
      );
    });
  });

  describe.each([
    ['disabling', (id: string) => change(id, { enabled: false }), 'The rule was disabled.'],
    ['deleting', (id: string) => rules.remove(id, person), 'The rule was deleted.'],
  ] as const)('%s', (_, work, reason) => {
    it('resolves the open alerts in every municipality, with their reason, and tells it', async () => {
      const { id } = await asNation(() => rules.create(body()));
      await take(device.id, 0, 50);
      await take(foreign.id, 0, 50);
      await asNation<unknown>(() => work(id));
      const resolved = { metric: LEVEL, status: 'RESOLVED', resolvedBy: person };
      const expected = [device.id, foreign.id].map((deviceId) => ({ deviceId, ...resolved }));
      expect(await alertsOf(id)).toEqual(expect.arrayContaining(expected));
      const em = db.orm.em.fork();
      const ids = (await em.find(Alert, { ruleId: id }, { filters: { tenant: false } })).map((alert) => alert.id);
      const notes = await em.find(AlertNote, { alertId: { $in: ids } }, { filters: { tenant: false } });
      expect(notes.map(({ change, userId, comment }) => ({ change, userId, comment }))).toEqual(
        [1, 2].map(() => ({ change: 'resolved', userId: person, comment: reason })),
      );
      const states = await em.find(RuleState, { ruleId: id }, { filters: { tenant: false } });
      expect(states.map(({ phase, alertId }) => ({ phase, alertId }))).toEqual([
        { phase: 0, alertId: null },
        { phase: 0, alertId: null },
      ]);
      for (const municipalityId of [own, other]) {
        const { rows } = await db.transactions.query<{ payload: string }>(
          'select payload from outbox_events where municipality_id = ? order by position desc limit 1',
          [municipalityId],
        );
        expect(JSON.parse(rows[0]!.payload)).toMatchObject({ change: 'resolved', status: 'RESOLVED', ruleId: id });
      }
    });

    it('leaves no alert open, however it meets with ingestion on an instance that does not know yet', async () => {
      for (let round = 0; round < 8; round++) {
        const { id } = await asOwn(() => rules.create(body({ scope: { sensorId: sensorId() } })));
        await take(device.id, round * 10, 5);
        if (round % 2 === 0) await take(device.id, round * 10 + 1, 50);
        const readings = [2, 3, 4].map((second) =>
          instance.ingestion.ingest([
            messageOf(device.id, { timestamp: START + (round * 10 + second) * 1_000, values: { [LEVEL]: 50 } }),
          ]),
        );
        await Promise.all([asOwn<unknown>(() => work(id)), ...readings]);
        expect((await alertsOf(id)).filter(({ status }) => status !== 'RESOLVED')).toEqual([]);
      }
    });
  });

  it('begins anew when a rule is enabled again', async () => {
    const { id } = await asOwn(() => rules.create(body({ onDelaySeconds: 10 })));
    await take(device.id, 0, 50);
    await asOwn(() => change(id, { enabled: false }));
    await take(device.id, 5, 50);
    await asOwn(() => change(id, { enabled: true }));
    await take(device.id, 12, 50);
    expect(await alertsOf(id)).toEqual([]);
    await take(device.id, 22, 50);
    expect(await alertsOf(id)).toMatchObject([{ status: 'ACTIVE' }]);
  });

  it('does not show a deleted rule again', async () => {
    const { id } = await asOwn(() => rules.create(body()));
    await asOwn(() => rules.remove(id, person));
    await expect(asOwn(() => rules.get(id))).rejects.toMatchObject({ code: 'ALERT_RULE_NOT_FOUND' });
    await expect(asOwn(() => rules.remove(id, person))).rejects.toMatchObject({ code: 'ALERT_RULE_NOT_FOUND' });
    expect((await asOwn(() => rules.list(listRulesSchema.parse({ municipalityId: own })))).items).toEqual([]);
  });
});
