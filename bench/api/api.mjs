/**
 * What people ask for: sign-in, latest values, alerts, a year of a series; beside what a request costs that asks for
 * nothing (`/auth/me`), and beside the bare statements through the same driver. Everything shares this machine.
 */
import pg from 'pg';
import { closeStage, ADMIN, openStage, startApp } from '../lib/stage.mjs';
import { median, printTable } from '../lib/table.mjs';
import { addOperator, seedApi, YEAR_QUERY } from './data.mjs';
import { loadHttp, loadSql } from './load.mjs';

const CONNECTIONS = 10;
/** Of the comparison with and without limits. */
const ROUNDS = 3;
const OPERATOR = 'operator@example.org';
/** Requests a minute that nobody reaches: limits are counted, and refuse nobody. */
const COUNTED = '10000000';

/** @param {{ seconds: number }} size how long each thing is asked for */
export async function api({ seconds }) {
  const stage = await openStage();
  const pool = new pg.Pool({ connectionString: stage.postgres.url, max: CONNECTIONS });
  try {
    const data = await seedApi(stage.db);
    await addOperator(stage.db, data.town, OPERATOR, ADMIN.email);
    const open = await withApp(stage, '0', (app, token) => measure(stage, app, token, data, seconds));
    const limits = await costOfLimits(stage, seconds);
    const bare = [];
    for (const [name, statement] of Object.entries(statements(data))) {
      bare.push({ name, ...(await loadSql(pool, statement, { connections: CONNECTIONS, seconds })) });
    }
    return report(open, limits, bare);
  } finally {
    await pool.end();
    await closeStage(stage);
  }
}

/** Runs the application with these limits; `SIGN_IN` counts addresses, and this machine is one. */
async function withApp(stage, limit, work) {
  const kinds = ['SIGN_IN', 'PUBLIC', 'CONNECT', 'READ', 'WRITE', 'EXPORT', 'INGEST'];
  const app = await startApp(stage, {
    ...Object.fromEntries(kinds.map((kind) => [`RATE_LIMIT_${kind}`, limit])),
    ROLES: 'api',
  });
  try {
    const { accessToken } = await call(app, '/auth/login', { body: login() });
    return await work(app, accessToken);
  } finally {
    await app.stop();
  }
}

/** `/auth/me` with and without limits, in turns, so that what else the machine does falls on both. */
function costOfLimits(stage, seconds) {
  return withApp(stage, '0', (open, openToken) =>
    withApp(stage, COUNTED, async (limited, limitedToken) => {
      const [without, counted] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        without.push(await floor(stage, open, openToken, seconds));
        counted.push(await floor(stage, limited, limitedToken, seconds));
      }
      return [
        { name: '/auth/me again, no limits', ...medians(without) },
        { name: '/auth/me, limits counted', ...medians(counted) },
      ];
    }),
  );
}

function medians(rounds) {
  return Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, median(rounds.map((round) => round[key]))]));
}

function processes(stage, app) {
  return { app: app.pid, database: stage.postgres.pid, redis: stage.redis.pid };
}

function floor(stage, app, token, seconds) {
  return loadHttp(request(app, '/auth/me', token), {
    connections: CONNECTIONS,
    seconds,
    processes: processes(stage, app),
  });
}

async function measure(stage, app, token, { sensor }, seconds) {
  const how = { connections: CONNECTIONS, seconds, processes: processes(stage, app) };
  const series = `/sensors/${sensor}/readings?${YEAR_QUERY}`;
  const gets = {
    '/auth/me': '/auth/me',
    'latest values, 1,000 sensors': '/readings/latest',
    'alerts, first page': '/alerts',
    'alerts, page at 90,000': `/alerts?cursor=${await deepCursor(app, token)}`,
    'alerts, open ones': '/alerts?status=ACTIVE,ACKNOWLEDGED',
    'alerts, critical ones': '/alerts?severity=CRITICAL',
    'alerts of a sensor': `/alerts?sensorId=${sensor}`,
    'year, raw page of 1,000': series,
    'year by day': `${series}&resolution=day`,
    'year by month': `${series}&resolution=month`,
  };
  const rows = [];
  for (const [name, path] of Object.entries(gets)) {
    rows.push({ name, ...(await loadHttp(request(app, path, token), how)) });
    console.log(`${name}: ${Math.round(rows.at(-1)['requests/s'])}/s`);
  }
  const signIn = { ...request(app, '/auth/login'), method: 'POST', body: JSON.stringify(login()) };
  rows.push({ name: 'sign-in', ...(await loadHttp(signIn, { ...how, connections: 4 })) });
  return rows;
}

/** The cursor after 90,000 alerts, got as a caller gets it. */
async function deepCursor(app, token) {
  let cursor = '';
  for (let page = 0; page < 180; page++) {
    const { meta } = await call(app, `/alerts?limit=500${cursor && `&cursor=${cursor}`}`, { token, whole: true });
    cursor = meta.page.nextCursor;
  }
  return cursor;
}

const login = () => ({ email: OPERATOR, password: ADMIN.password });

function request(app, path, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  return { url: `${app.url}/api/v1${path}`, headers };
}

async function call(app, path, { token, body, whole = false } = {}) {
  const { url, headers } = request(app, path, token);
  const answer = await fetch(url, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  const json = await answer.json();
  return whole ? json : json.data;
}

/** What the application asks the database for, as plainly as it can be put. */
function statements({ town, series }) {
  const [from, to] = YEAR_QUERY.split('&').map((part) => part.split('=')[1]);
  const year = 'from readings where series_id = $1 and instant >= $2 and instant < $3';
  const sums = 'min(value), max(value), avg(value), sum(value), count(*)';
  const alerts = 'select * from alerts where municipality_id = $1';
  const newest = 'order by opened_at desc, id desc limit 51';
  return {
    'latest values, 1,000 sensors': {
      text: `select s.id, s.device_id, s.code, l.instant, l.value, l.quality, l.risk from sensors s
        join latest_readings l on l.series_id = s.series_id where s.municipality_id = $1 order by s.id limit 1001`,
      values: [town],
    },
    'alerts, first page': { text: `${alerts} ${newest}`, values: [town] },
    'alerts, open ones': { text: `${alerts} and status in ('ACTIVE', 'ACKNOWLEDGED') ${newest}`, values: [town] },
    'year, raw page of 1,000': {
      text: `select instant, value, quality, risk ${year} order by instant limit 1001`,
      values: [series, from, to],
    },
    'year by day': {
      text: `select date_trunc('day', instant) as bucket, ${sums} ${year} group by 1 order by 1`,
      values: [series, from, to],
    },
    'year by month': {
      text: `select date_trunc('month', instant) as bucket, ${sums} ${year} group by 1 order by 1`,
      values: [series, from, to],
    },
  };
}

function report(open, limits, bare) {
  const none = open[0]['requests/s'];
  const rows = [...open, ...limits].map((row) => {
    const statement = bare.find(({ name }) => name === row.name);
    return {
      ...row,
      '/ auth/me': row['requests/s'] / none,
      'bare SQL/s': statement?.['requests/s'],
      '/ bare SQL': statement && row['requests/s'] / statement['requests/s'],
    };
  });
  const cost = limits[1]['requests/s'] / limits[0]['requests/s'];
  printTable(`API (${CONNECTIONS} connections; cores: how busy each was)`, rows);
  console.log(`/auth/me with rate limits counted / without: ${(cost * 100).toFixed(0)} %`);
  return { rows, bare, ratios: { 'rate limits counted / without': cost } };
}
