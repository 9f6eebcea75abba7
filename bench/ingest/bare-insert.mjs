/** The bulk insert alone: the platform's statement, one connection, rows made beforehand. */
const INSERT = `insert into readings (instant, value, series_id, quality, risk)
  select to_timestamp(r.instant / 1000), r.value, r.series_id, r.quality, r.risk
  from unnest($1::float8[], $2::float8[], $3::int4[], $4::int2[], $5::int2[]) as r(instant, value, series_id, quality, risk)
  on conflict do nothing`;

/** Inserts [seriesId, epoch ms, value] rows. */
export async function insertReadings(db, rows) {
  const columns = [[], [], [], [], []];
  for (const [id, instant, value] of rows) {
    columns[0].push(instant);
    columns[1].push(value);
    columns[2].push(id);
    columns[3].push(0);
    columns[4].push(0);
  }
  const values = columns.map((column) => `{${column.join(',')}}`);
  await db.query({ name: 'bare-insert', text: INSERT, values });
}

/** Rows per second of the insert alone, in batches of `batch`. */
export async function bareInsert(db, { rows, batch, from }) {
  const { rows: sensors } = await db.query(`select series_id from sensors order by series_id`);
  const batches = [];
  for (let n = 0; n < rows;) {
    const part = [];
    for (let i = 0; i < batch && n < rows; i++, n++) {
      part.push([sensors[n % sensors.length].series_id, from + Math.floor(n / sensors.length), 100 + (n % 100)]);
    }
    part.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    batches.push(part);
  }
  const start = performance.now();
  for (const part of batches) await insertReadings(db, part);
  return (rows / (performance.now() - start)) * 1000;
}
