import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import { newRequestContext, runWithRequestContext } from '../../src/common/request-context/request-context.js';
import { NATIONAL_CHAIN } from '../../src/audit/audit-entry.js';
import { genesisOf } from '../../src/audit/canonical-form.js';
import { type AuditInstance, firstFinding, openAuditLog, unlockAuditTables } from '../support/audit-log.js';
import { describeEachDatabase } from '../support/databases.js';

Logger.overrideLogger(false);

const DAY_MS = 86_400_000;

/** A clock that stands where it was put. */
class HandClock extends Clock {
  at = Date.UTC(2026, 10, 20, 12);
  now(): Date {
    return new Date(this.at);
  }
}

const CONTEXT = newRequestContext({
  requestId: 'request-7',
  operation: 'PATCH /api/v1/devices/:deviceId',
  origin: { address: '192.0.2.7', userAgent: 'Firefox' },
  actor: { kind: 'user', id: newId(), label: 'admin@sollen.example', municipalityIds: [] },
});

describeEachDatabase((db) => {
  const clock = new HandClock();
  let one: AuditInstance;
  let other: AuditInstance;
  let chain: string;

  beforeAll(async () => {
    one = await openAuditLog(db, clock);
    other = await openAuditLog(db, clock);
  });
  afterAll(async () => {
    await one?.close();
    await other?.close();
  });
  beforeEach(() => (chain = newId()));

  const write = (instance: AuditInstance, number: number, owner: string | null = chain): Promise<void> =>
    runWithRequestContext(CONTEXT, () =>
      instance.log.note({
        action: 'device.updated',
        municipalityIds: [owner],
        record: { type: 'device', id: `dev-${number}`, label: 'Überlauf 🌊 "Nord"\n' },
        changes: { before: { name: `${number}` }, after: { name: 'a\0b \\ 🌊' } },
      }),
    );
  const verify = () => other.verifier.verify(chain);
  /** Ten sealed rows; answers their ids by position. */
  const tenRows = async (): Promise<string[]> => {
    for (let number = 1; number <= 10; number++) await write(one, number);
    await one.sealer.seal();
    const { rows } = await db.transactions.query<{ audit_id: string }>(
      `select audit_id from audit_seals where chain = ? order by position`,
      [chain],
    );
    return rows.map((row) => row.audit_id);
  };
  const sql = (text: string, params: readonly unknown[] = []) => db.transactions.query(text, params);

  it('keeps one chain without a gap under 50 concurrent writers, with two sealers at work', async () => {
    let writing = true;
    const sealing = [one, other].map(async ({ sealer }) => {
      while (writing) await sealer.seal();
    });
    const writers = Array.from({ length: 50 }, async (_, writer) => {
      for (let n = 0; n < 10; n++) await write(writer % 2 ? one : other, n);
    });
    await Promise.all(writers).finally(() => (writing = false));
    await Promise.all(sealing);
    await one.sealer.seal();
    expect(await verify()).toMatchObject({ chain, rows: 500, pending: 0, findings: [], head: { position: 500 } });
    const { rows } = await db.transactions.query<{ n: number | string }>(
      `select count(distinct audit_id) as n from audit_seals where chain = ?`,
      [chain],
    );
    expect(Number(rows[0]!.n)).toBe(500);
  });

  it('seals what commits late, and leaves nothing of what rolls back', async () => {
    const failing = one.transactions.run(async (tx) => {
      await one.log.record(tx, { action: 'device.updated', municipalityIds: [chain] });
      throw new Error('changed its mind');
    });
    await expect(failing).rejects.toThrow('changed its mind');
    await one.transactions.run(async (tx) => {
      await one.log.record(tx, { action: 'device.late', municipalityIds: [chain, null, chain] });
      await write(other, 1);
      await one.sealer.seal();
      expect(await verify()).toMatchObject({ rows: 1, findings: [] });
    });
    await one.sealer.seal();
    expect(await verify()).toMatchObject({ rows: 2, pending: 0, findings: [] });
    expect((await one.verifier.verify(NATIONAL_CHAIN)).findings).toEqual([]);
  });

  it('refuses changes by SQL', async () => {
    await tenRows();
    for (const statement of [
      `update audit_logs set action = 'x' where municipality_id = ?`,
      `delete from audit_logs where municipality_id = ?`,
      `update audit_seals set position = position + 100 where chain = ?`,
      `delete from audit_seals where chain = ?`,
    ]) {
      await expect(sql(statement, [chain])).rejects.toThrow('append-only');
    }
    expect(await verify()).toMatchObject({ rows: 10, findings: [] });
  });

  describe('names the first row that was touched', () => {
    beforeAll(() => unlockAuditTables(db));

    it.each([
      'actor_kind',
      'actor_id',
      'actor_label',
      'address',
      'user_agent',
      'request_id',
      'operation',
      'action',
      'outcome',
      'record_type',
      'record_id',
      'record_label',
      'changes',
    ])('after one byte of its %s', async (column) => {
      const ids = await tenRows();
      const last = `concat(substring(${column}, 1, char_length(${column}) - 1), '~')`;
      await sql(`update audit_logs set ${column} = ${last} where id = ?`, [ids[4]]);
      await sql(`update audit_logs set ${column} = ${last} where id = ?`, [ids[7]]);
      const { findings } = await verify();
      expect(findings.map(({ position, auditId }) => [position, auditId])).toEqual([
        [5, ids[4]],
        [8, ids[7]],
      ]);
    });

    it('after a change of its time, its absence or its place', async () => {
      const ids = await tenRows();
      const time = db.dialect.instant(clock.at + 1);
      await sql(`update audit_logs set occurred_at = ? where id = ?`, [time, ids[2]]);
      expect(firstFinding(await verify())).toBe(`3 ${ids[2]} the row, its order or its seal was changed`);
      await sql(`update audit_logs set user_agent = null where id = ?`, [ids[1]]);
      expect(firstFinding(await verify())).toMatch(`2 ${ids[1]} the row, its order`);
      await sql(`update audit_logs set municipality_id = null where id = ?`, [ids[0]]);
      expect(firstFinding(await verify())).toMatch(`1 ${ids[0]} the row belongs to another place`);
    });

    it('when it is gone', async () => {
      const ids = await tenRows();
      await sql(`delete from audit_logs where id = ?`, [ids[5]]);
      expect((await verify()).findings).toEqual([
        { chain, position: 6, auditId: ids[5], problem: 'the row was deleted' },
      ]);
      await sql(`delete from audit_seals where chain = ? and position = 6`, [chain]);
      expect(firstFinding(await verify())).toBe('6 - the seal of this position is missing');
    });

    it('when it has another id', async () => {
      const ids = await tenRows();
      const id = newId();
      await sql(`update audit_logs set id = ? where id = ?`, [id, ids[5]]);
      expect((await verify()).findings.map(({ auditId }) => auditId)).toEqual([ids[5], id]);
    });

    it('when two changed their places', async () => {
      const ids = await tenRows();
      const set = `update audit_seals set audit_id = ? where chain = ? and position = ?`;
      await sql(set, [newId(), chain, 9]);
      await sql(set, [ids[8], chain, 4]);
      await sql(set, [ids[3], chain, 9]);
      const { findings } = await verify();
      expect(findings.map(({ position }) => position)).toEqual([4, 9]);
    });

    it('when somebody added one', async () => {
      const ids = await tenRows();
      const id = newId();
      await sql(
        `insert into audit_logs (id, municipality_id, occurred_at, actor_kind, action, outcome)
         select '${id}', municipality_id, occurred_at, actor_kind, action, outcome from audit_logs where id = ?`,
        [ids[0]],
      );
      expect(firstFinding(await verify())).toMatch(`- ${id} the row stands in no chain`);
    });

    it('when the end was cut off', async () => {
      await tenRows();
      const cut = `from audit_logs where id in (select audit_id from audit_seals where chain = ? and position > 8)`;
      await sql(`delete ${cut}`, [chain]);
      await sql(`delete from audit_seals where chain = ? and position > 8`, [chain]);
      expect(firstFinding(await verify())).toBe('9 - the end of the chain is missing: position 9 to 10');
    });

    it('when the end was cut off and the head was moved back, by the anchor', async () => {
      const keep = await tenRows();
      clock.at += DAY_MS;
      expect(await one.sealer.anchor()).toBeGreaterThan(0);
      expect(await other.sealer.anchor()).toBe(0);
      expect(await verify()).toMatchObject({ rows: 10, findings: [] });
      await sql(`delete from audit_seals where chain = ? and position > 8`, [chain]);
      await sql(`delete from audit_logs where id = ? or id = ?`, [keep[8], keep[9]]);
      await sql(
        `update audit_chains set position = 8, anchored_position = 0, hash =
           (select hash from audit_seals s where s.chain = audit_chains.chain and s.position = 8) where chain = ?`,
        [chain],
      );
      expect(firstFinding(await verify())).toMatch(
        /^9 - the end of the chain is missing: the anchor of 2026-\d\d-\d\d/,
      );
    });

    it('when the chain was linked anew after a change, by the anchor', async () => {
      await tenRows();
      clock.at += DAY_MS;
      await one.sealer.anchor();
      const rows = [];
      for await (const sealed of one.reader.rows(chain, 0, 10)) rows.push(sealed);
      await sql(`delete from audit_seals where chain = ?`, [chain]);
      await sql(`update audit_chains set position = 0, hash = ?, anchored_position = 0 where chain = ?`, [
        ...[genesisOf(chain).hash, chain],
      ]);
      await sql(`update audit_logs set outcome = 'refused' where id = ?`, [rows[2]!.auditId]);
      for (const { auditId } of rows)
        await sql(`insert into audit_pending (chain, audit_id) values (?, ?)`, [chain, auditId]);
      clock.at -= DAY_MS;
      await one.sealer.seal();
      clock.at += DAY_MS;
      expect(firstFinding(await verify())).toMatch(/^10 - the anchor of [\d-]+ signs another hash/);
    });

    it('when an anchor was forged or taken away', async () => {
      await tenRows();
      clock.at += DAY_MS;
      await one.sealer.anchor();
      await sql(`update audit_anchors set day = '2020-01-01' where chain = ?`, [chain]);
      expect(firstFinding(await verify())).toBe('10 - the anchor of 2020-01-01: its signature is wrong');
      const trusted = new Map([['00', 'another key']]);
      expect(firstFinding(await other.verifier.verify(chain, trusted))).toMatch('is signed by the unknown key');
      await sql(`delete from audit_anchors where chain = ?`, [chain]);
      expect(firstFinding(await verify())).toBe('10 - the anchor of this position is missing');
    });
  });

  it('signs every day on which something was added, once', async () => {
    for (let day = 0; day < 3; day++) {
      await write(one, day);
      await Promise.all([one.sealer.seal(), other.sealer.seal()]);
      clock.at += day === 1 ? 2 * DAY_MS : DAY_MS;
    }
    await Promise.all([one.sealer.anchor(), other.sealer.anchor()]);
    const anchors = await one.reader.anchors(chain, 0, 10);
    expect(anchors.map(({ position }) => position)).toEqual([1, 2, 3]);
    const days = anchors.map(({ day }) => Date.parse(day) / DAY_MS);
    expect([days[1]! - days[0]!, days[2]! - days[1]!]).toEqual([1, 2]);
    expect(await verify()).toMatchObject({ rows: 3, findings: [] });
    expect((await one.keys.publicKeys()).size).toBe(1);
  });
});
