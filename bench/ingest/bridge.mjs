/**
 * The bare limits beside which the platform is measured: `count` only takes messages (mqtt.js acknowledges them), `insert`
 * also parses them and stores them in bulk, with nothing else: no rules, no held acknowledgements, no live events.
 * Prints {ready: true}, and after `--values` values {endedAt}.
 */
import { parseArgs } from 'node:util';
import mqtt from 'mqtt';
import pg from 'pg';
import { METRIC } from '../lib/country.mjs';
import { insertReadings } from './bare-insert.mjs';

const { values: options } = parseArgs({
  options: {
    mode: { type: 'string' },
    mqtt: { type: 'string' },
    database: { type: 'string' },
    messages: { type: 'string' },
    receiveMaximum: { type: 'string', default: '16384' },
  },
});
const expected = Number(options.messages);
const db = options.mode === 'insert' ? new pg.Client(options.database) : null;
const series = new Map();
if (db) {
  await db.connect();
  const { rows } = await db.query(`select device_id, series_id from sensors`);
  for (const row of rows) series.set(row.device_id, row.series_id);
}
let messages = 0;
let pending = [];
let writing = false;

const client = mqtt.connect(options.mqtt, {
  protocolVersion: 5,
  clientId: `bare-${options.mode}`,
  properties: { receiveMaximum: Number(options.receiveMaximum) },
});
client.on('message', (topic, payload) => {
  messages++;
  if (db) take(topic, payload);
  else if (messages === expected) console.log(JSON.stringify({ endedAt: Date.now() }));
});
await client.subscribeAsync('sensors/+/data', { qos: 1 });
console.log(JSON.stringify({ ready: true }));

function take(topic, payload) {
  const json = JSON.parse(payload.toString());
  const id = series.get(topic.split('/')[1]);
  for (const set of Array.isArray(json) ? json : [json]) pending.push([id, set.timestamp, set.values[METRIC]]);
  if (!writing) void write();
}

async function write() {
  writing = true;
  while (pending.length > 0) {
    const rows = pending.splice(0, 10_000);
    await insertReadings(db, rows);
  }
  writing = false;
  if (messages === expected) console.log(JSON.stringify({ endedAt: Date.now() }));
}
