import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportAuditLog, verifyDatabase, verifyFile } from '../../src/cli/audit.js';
import { type AuditInstance, openAuditLog, unlockAuditTables } from '../support/audit-log.js';
import { describeEachDatabase } from '../support/databases.js';
import { makeMunicipalities } from '../support/live-log.js';

Logger.overrideLogger(false);

describeEachDatabase((db) => {
  const folder = mkdtempSync(join(tmpdir(), 'hydroalert-audit-'));
  const path = (name: string): string => join(folder, name);
  let audit: AuditInstance;
  let [north, south] = ['', ''];

  beforeAll(async () => {
    audit = await openAuditLog(db);
    [north, south] = (await makeMunicipalities(db.transactions, 2)) as [string, string];
    for (let n = 1; n <= 700; n++) {
      const changes = { before: { name: `=1+${n}` }, after: { name: '@"x",\r\n🌊\0' } };
      const record = { type: 'device', id: `dev-${n}`, label: `=HYPERLINK("x${n}")` };
      await audit.log.note({
        action: 'device.updated',
        municipalityIds: n % 7 ? [north] : [south, null],
        record,
        changes,
      });
    }
    await audit.sealer.seal();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await audit?.close();
  });

  const verify = async (file: string, keyFile?: string): Promise<[boolean, string[]]> => {
    const lines: string[] = [];
    return [await verifyFile(path(file), keyFile, (line) => lines.push(line)), lines];
  };
  const exported = async (name: string, selection: object = {}): Promise<string> => {
    await exportAuditLog(db.config(), { format: 'ndjson', ...selection }, path(name));
    return readFileSync(path(name), 'utf8');
  };

  it('hands out a file that proves itself off line, also against a key that was kept', async () => {
    await exported('all.ndjson');
    const [sound, lines] = await verify('all.ndjson');
    expect(sound).toBe(true);
    expect(lines).toContain(`${north}: 600 rows, positions 1 to 600`);
    const [pem] = (await audit.keys.publicKeys()).values();
    writeFileSync(path('key.pem'), pem!);
    expect((await verify('all.ndjson', path('key.pem')))[0]).toBe(true);
    // The export itself stands in the log by now.
    await audit.sealer.seal();
    expect((await audit.verifier.verify(north)).rows).toBe(601);
  });

  it('hands out a stretch by municipality and time', async () => {
    const code = south;
    const text = await exported('south.ndjson', { municipality: code });
    expect(text).toContain(`"chain":"${south}"`);
    expect(text).not.toContain(north);
    expect((await verify('south.ndjson'))[0]).toBe(true);
    const { rows } = await db.transactions.query<{ occurred_at: string }>(
      `select l.occurred_at from audit_seals s join audit_logs l on l.id = s.audit_id where s.chain = ? and s.position = 50`,
      [south],
    );
    const from = new Date(db.dialect.epochMs(rows[0]!.occurred_at));
    await exported('late.ndjson', { municipality: south, from });
    const [sound, lines] = await verify('late.ndjson');
    expect(sound).toBe(true);
    expect(lines[0]).toMatch(/: \d+ rows, positions (4[0-9]|50) to 10\d$/);
    await expect(exported('none.ndjson', { municipality: 'nowhere' })).rejects.toThrow('no municipality');
  });

  it('names the first line that was touched in a file', async () => {
    const lines = (await exported('whole.ndjson', { municipality: south })).trimEnd().split('\n');
    const at = lines.findIndex((line) => line.includes('"position":42,'));
    const touched = async (change: (copy: string[]) => void, expected: RegExp | string): Promise<void> => {
      const copy = [...lines];
      change(copy);
      writeFileSync(path('touched.ndjson'), copy.join('\n') + '\n');
      const [sound, told] = await verify('touched.ndjson');
      expect(sound).toBe(false);
      expect(told.find((line) => line.includes('first: '))).toMatch(expected);
    };
    const rowOf = (line: string): { auditId: string } => JSON.parse(line) as { auditId: string };
    const changed = `position 42, row ${rowOf(lines[at]!).auditId}: the row, its order or its seal was changed`;
    await touched((copy) => (copy[at] = copy[at]!.replace('device.updated', 'device.updatec')), changed);
    await touched((copy) => (copy[at] = copy[at]!.replace('"outcome":"success"', '"outcome":"refused"')), changed);
    await touched((copy) => copy.splice(at, 1), 'position 42: the seal of this position is missing');
    await touched((copy) => ([copy[at], copy[at + 1]] = [copy[at + 1]!, copy[at]!]), /position 42: the seal/);
    await touched((copy) => copy.splice(-3, 1), /position 10\d: the end of the chain is missing/);
    await touched((copy) => copy.splice(-2, 2), 'the file ends too early');
    await touched(
      (copy) => (copy[at] = copy[at]!.replace('{', '{"more":1,')),
      `line ${at + 1} is not one of an export`,
    );
    await touched((copy) => {
      // Whoever links the rest anew cannot sign it.
      copy[copy.length - 2] = copy[copy.length - 2]!.replace(/"signature":"./, '"signature":"_');
    }, 'its signature is wrong');
  });

  it('does not believe the keys of a file when others were kept', async () => {
    await exported('all.ndjson');
    const other = await openAuditLog(db);
    const foreign = `-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n`;
    writeFileSync(path('foreign.pem'), foreign);
    const [sound, lines] = await verify('all.ndjson', path('foreign.pem'));
    expect([sound, lines.join()]).toEqual([false, expect.stringContaining('unknown key')]);
    await other.close();
  });

  it('writes CSV that calculates nothing', async () => {
    await exportAuditLog(db.config(), { format: 'csv', municipality: south }, path('south.csv'));
    const text = readFileSync(path('south.csv'), 'utf8');
    expect(text.split('\r\n')[0]).toMatch(/^chain,position,occurred_at,/);
    expect(text).toContain(`"'=HYPERLINK(""x7"")"`);
    expect(text).not.toMatch(/(^|,)"?=/m);
  });

  it('verifies the database from the command line, and names what was touched', async () => {
    const run = async (options: { municipality?: string } = {}): Promise<[boolean, string]> => {
      const lines: string[] = [];
      const sound = await verifyDatabase(db.config(), options, (line) => lines.push(line));
      return [sound, lines.join('\n')];
    };
    await audit.sealer.seal();
    expect(await run()).toEqual([true, expect.stringMatching(/3 chains are as they were written$/)]);
    await unlockAuditTables(db);
    const { rows } = await db.transactions.query<{ audit_id: string }>(
      `select audit_id from audit_seals where chain = ? and position = 321`,
      [north],
    );
    await db.transactions.query(`update audit_logs set record_id = 'dev-x' where id = ?`, [rows[0]!.audit_id]);
    const first = `first: ${north}, position 321, row ${rows[0]!.audit_id}: the row, its order or its seal was changed`;
    expect(await run()).toEqual([false, expect.stringContaining(first)]);
    expect(await run({ municipality: north })).toEqual([false, expect.stringContaining(first)]);
    expect((await run({ municipality: south }))[0]).toBe(true);
    expect((await run({ municipality: 'national' }))[0]).toBe(true);
  });
});
