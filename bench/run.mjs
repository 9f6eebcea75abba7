/** `npm run bench -- <name …|all>`: runs benchmarks, prints a table and keeps the figures as JSON in bench/results/. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { api } from './api/api.mjs';
import { audit } from './audit/audit.mjs';
import { authenticate } from './authenticate/authenticate.mjs';
import { broker } from './broker/broker.mjs';
import { ingest } from './ingest/ingest.mjs';
import { recovery } from './recovery/recovery.mjs';
import { sweep } from './sweep/sweep.mjs';
import { machine } from './lib/machine.mjs';

const BENCHMARKS = { api, audit, authenticate, broker, ingest, recovery, sweep };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    devices: { type: 'string', default: '1000' },
    messages: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '5' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const unknown = positionals.filter((name) => name !== 'all' && !(name in BENCHMARKS));
if (values.help || positionals.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`unknown benchmark: ${unknown.join(', ')}`);
  console.log(
    `usage: npm run bench -- <${[...Object.keys(BENCHMARKS), 'all'].join('|')}> [--devices N] [--messages N] [--rounds N] [--seconds N]`,
  );
  process.exit(values.help ? 0 : 1);
}
const names = positionals.includes('all') ? Object.keys(BENCHMARKS) : positionals;
const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
for (const name of names) {
  const figures = await BENCHMARKS[name]({
    devices: Number(values.devices),
    messages: Number(values.messages),
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
  });
  const file = join(folder, `${name}-${new Date().toISOString().replaceAll(':', '-')}.json`);
  writeFileSync(file, JSON.stringify({ name, at: new Date().toISOString(), machine: machine(), figures }, null, 2));
}
