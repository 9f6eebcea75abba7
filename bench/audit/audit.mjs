/** The audit log: two instances that change records at once, while they seal what the other one writes. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { seedCountry } from '../lib/country.mjs';
import { closeStage, openStage } from '../lib/stage.mjs';
import { printTable } from '../lib/table.mjs';

const INSTANCES = 2;
const WRITERS = 16;
const DEVICES = 500;
const CHANGES = 3_000;
const ROOT = join(import.meta.dirname, '..', '..');

export async function audit() {
  const stage = await openStage();
  const rows = [];
  try {
    // One municipality: all instances write into one chain, the worst case.
    await seedCountry(stage.db, { municipalities: 1, devices: DEVICES * INSTANCES });
    rows.push(await play(stage, 'without the audit log', false));
    rows.push(await play(stage, 'with the audit log', true));
  } finally {
    await closeStage(stage);
  }
  printTable(`Audited changes by ${INSTANCES} instances into one chain, ${WRITERS} writers each`, rows);
  if (rows.some(({ verdict }) => verdict === 'BROKEN')) process.exitCode = 1;
  return rows;
}

async function play(stage, scenario, audited) {
  const writers = Array.from({ length: INSTANCES }, (_, i) => startWriter(stage, i * DEVICES, audited));
  for (const writer of writers) await writer.line();
  const before = await counts(stage);
  const lags = [];
  let writing = true;
  const watching = (async () => {
    while (writing) {
      lags.push((await counts(stage)).oldestSeconds);
      await sleep(200);
    }
  })();
  const started = performance.now();
  for (const writer of writers) writer.go();
  let cpuMs = 0;
  for (const writer of writers) cpuMs += (await writer.line()).cpuMs;
  const seconds = (performance.now() - started) / 1000;
  writing = false;
  await watching;
  while (audited && (await counts(stage)).pending > 0) await sleep(20);
  const sealedAfter = performance.now() - started - seconds * 1000;
  for (const writer of writers) await writer.stop();
  const changes = CHANGES * INSTANCES;
  const row = {
    scenario,
    changes,
    seconds,
    'changes/s': changes / seconds,
    'CPU of the instances (ms/change)': cpuMs / changes,
  };
  if (!audited) return row;
  const { sealed } = await counts(stage);
  const verdict = sealed - before.sealed >= changes && verify(stage) ? 'one sound chain' : 'BROKEN';
  return {
    ...row,
    'longest wait for a seal (s)': Math.max(...lags),
    'sealed after the end (ms)': sealedAfter,
    verdict,
  };
}

async function counts({ db }) {
  const { rows } = await db.query(
    `select (select count(*)::int from audit_pending) as pending, (select count(*)::int from audit_seals) as sealed,
       (select coalesce(extract(epoch from now() - min(l.occurred_at)), 0)::float8
        from audit_pending p join audit_logs l on l.id = p.audit_id) as "oldestSeconds"`,
  );
  return rows[0];
}

function verify({ env }) {
  try {
    execFileSync(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'audit', 'verify'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return true;
  } catch {
    return false;
  }
}

function startWriter({ env }, first, audited) {
  const file = join(import.meta.dirname, 'writer.mjs');
  const args = ['--changes', String(CHANGES), '--devices', String(DEVICES), '--writers', String(WRITERS)];
  const child = spawn(
    process.execPath,
    [file, ...args, '--first', String(first), '--audited', audited ? 'yes' : 'no'],
    { env: { ...process.env, ...env, DATABASE_POOL_SIZE: String(WRITERS + 4) }, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    line: async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`a writer ended with ${child.exitCode}`);
      return JSON.parse(value);
    },
    go: () => child.stdin.write('go\n'),
    stop: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
