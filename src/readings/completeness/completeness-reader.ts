import { Injectable } from '@nestjs/common';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { placeholders } from '../../database/sql.js';
import { Transactions } from '../../database/transaction.js';
import type { SqlCondition } from '../../devices/sharing/shared-sensors.js';
import { tenantCondition } from '../../database/tenant-condition.js';
import { rangeTooLarge } from './completeness-range.js';
import type { DeliveryCount } from './deliveries.js';
import type { ScheduleEntry, Stretch } from './expectations.js';
import type { NumberedSet } from './sequence-gaps.js';

/** A device as the ledger sees it. Instants are epoch milliseconds. */
export interface LedgerDevice {
  readonly id: string;
  readonly name: string;
  readonly municipalityId: string;
  /** IANA time zone of the municipality. */
  readonly timeZone: string;
  readonly isActive: boolean;
  readonly reportingIntervalSeconds: number;
  readonly registeredAt: number;
  /** Event time of its newest reading; null: it never delivered. */
  readonly lastReadingAt: number | null;
  /** Oldest first; never empty. */
  readonly schedule: readonly ScheduleEntry[];
}

/** Which devices are meant; of the caller's municipalities in any case. */
export interface DeviceChoice {
  readonly deviceId?: string | undefined;
  /** Devices of this municipality, or of those of this region. */
  readonly municipalityId?: string | undefined;
}

interface DeviceRow {
  id: string;
  name: string;
  municipality_id: string;
  time_zone: string;
  status: string;
  reporting_interval: number;
  created_at: string | Date;
  latest: string | Date | null;
}

interface CountRow {
  device_id: string;
  hour: string | Date;
  sets: number | string;
  duplicates: number | string;
  late: number | string;
  timely: number | string;
  delay_sum: number | string;
  delay_min: number | string | null;
  delay_max: number | string | null;
}

/** Times of readings that an answer may still look at; each statement takes off what it found. */
export interface ReadingBudget {
  left: number;
}

/** Series of one statement: of a list of 1,000 and more MariaDB makes a join, and reads series from their beginning. */
const MAX_RANGES = 900;
/** Rows of one statement, of series that have a reading a minute: what a device uploads is not for us to decide. */
const ROWS_AT_ONCE = 500_000;
const MINUTE_MS = 60_000;
/** Texts of instants that are remembered in one answer. */
const MAX_TEXTS = 100_000;
/** Series whose ends one statement looks at. */
const MAX_LOOKS = 100;
/** Numbers of one device that are looked at in one go. */
const MAX_NUMBERS = 500_000;

/** The statements of the completeness ledger. Each of them states the tenant, and takes many devices at once. */
@Injectable()
export class CompletenessReader {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
  ) {}

  /** The chosen devices by id, with their schedules. */
  async devices(choice: DeviceChoice): Promise<LedgerDevice[]> {
    const visible = chosen(choice);
    const { rows } = await this.transactions.query<DeviceRow>(
      `select d.id, d.name, d.municipality_id, m.time_zone, d.status, d.created_at, l.latest,
         coalesce(d.reporting_interval_seconds, d.heartbeat_interval_seconds) as reporting_interval
       from devices d join municipalities m on m.id = d.municipality_id
       left join (select s.device_id, max(r.instant) as latest
         from sensors s join latest_readings r on r.series_id = s.series_id
         join devices d on d.id = s.device_id where ${visible.sql} group by s.device_id) l on l.device_id = d.id
       where ${visible.sql} order by d.id`,
      [...visible.params, ...visible.params],
    );
    const schedules = await this.schedules(visible);
    return rows.map((row) => {
      const isActive = row.status === 'active';
      const always = [{ since: 0, intervalSeconds: isActive ? row.reporting_interval : null }];
      return {
        id: row.id,
        name: row.name,
        municipalityId: row.municipality_id,
        timeZone: row.time_zone,
        isActive,
        reportingIntervalSeconds: row.reporting_interval,
        registeredAt: this.dialect.epochMs(row.created_at),
        lastReadingAt: row.latest === null ? null : this.dialect.epochMs(row.latest),
        schedule: schedules.get(row.id) ?? always,
      };
    });
  }

  /** Series of the devices, and whose they are. */
  async series(ids: readonly string[]): Promise<Map<number, string>> {
    const tenant = tenantCondition('s.municipality_id');
    const { rows } = await this.transactions.query<{ series_id: number; device_id: string }>(
      `select s.series_id, s.device_id from sensors s where s.device_id in ${placeholders(ids.length)} and ${tenant.sql}
       order by s.series_id`,
      [...ids, ...tenant.params],
    );
    return new Map(rows.map(({ series_id: id, device_id: device }) => [id, device]));
  }

  /**
   * Distinct instants at which devices measured something, ascending, by device. Reads ranges of the primary key and
   * nothing else; a join with the sensors would make MySQL and MariaDB read each series from its beginning, and a
   * "distinct" over one, which is faster on PostgreSQL, took MariaDB twice as long.
   * @param series of {@link series}, which has looked at whose they are
   * @throws ValidationError `RANGE_TOO_LARGE` as soon as there are more than the budget has left
   */
  async instants(
    series: ReadonlyMap<number, string>,
    { from, to }: Stretch,
    budget: ReadingBudget,
  ): Promise<Map<string, number[]>> {
    const found = new Map<string, Set<number>>();
    // Devices keep the same times, so most texts come again and again.
    const read = new Map<string, number>();
    const epochMs = (text: string): number => {
      const known = read.get(text) ?? this.dialect.epochMs(text);
      if (read.size < MAX_TEXTS) read.set(text, known);
      return known;
    };
    const ranges = Math.min(MAX_RANGES, Math.max(1, Math.floor((ROWS_AT_ONCE * MINUTE_MS) / (to - from))));
    for (const ids of chunksOf([...series.keys()], ranges)) {
      const some = this.dialect.anyOf('series_id', ids);
      const { rows } = await this.transactions.query<{ series_id: number; instant: string }>(
        `select series_id, instant from readings where ${some.sql} and instant >= ? and instant < ?`,
        [...some.params, this.dialect.instant(from), this.dialect.instant(to)],
      );
      for (const { series_id: id, instant } of rows) {
        const device = series.get(id)!;
        let known = found.get(device);
        if (known === undefined) found.set(device, (known = new Set()));
        const before = known.size;
        budget.left -= known.add(epochMs(instant)).size - before;
      }
      if (budget.left < 0) throw rangeTooLarge('The devices delivered more than is looked at in one answer.');
    }
    return new Map([...found].map(([device, instants]) => [device, [...instants].sort((a, b) => a - b)]));
  }

  /**
   * The last reading of each device before an instant; a device without one is left out.
   * @param series of {@link series}, which has looked at whose they are
   */
  async lastBefore(series: ReadonlyMap<number, string>, before: number): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const ids of chunksOf([...series.keys()], MAX_LOOKS)) {
      // A look at the end of each series: an aggregate would read all that was ever stored.
      const looks = ids.map(
        () =>
          `(select series_id, instant from readings where series_id = ? and instant < ? order by instant desc limit 1)`,
      );
      const { rows } = await this.transactions.query<{ series_id: number; instant: string }>(
        looks.join(' union all '),
        ids.flatMap((id) => [id, this.dialect.instant(before)]),
      );
      for (const { series_id: id, instant } of rows) {
        const device = series.get(id)!;
        found.set(device, Math.max(found.get(device) ?? -Infinity, this.dialect.epochMs(instant)));
      }
    }
    return found;
  }

  /** How the sets of the hours of a range came, each hour of one device. */
  async deliveriesByHour(deviceId: string, range: Stretch): Promise<Map<number, DeliveryCount>> {
    const rows = await this.deliveries({ deviceId }, range, 'h.device_id, h.hour', 'h.hour');
    return new Map(rows.map((row) => [this.dialect.epochMs(row.hour), countOf(row)]));
  }

  /** How the sets of a range came, by device. */
  async deliveriesByDevice(choice: DeviceChoice, range: Stretch): Promise<Map<string, DeliveryCount>> {
    const rows = await this.deliveries(choice, range, 'h.device_id', 'min(h.hour)');
    return new Map(rows.map((row) => [row.device_id, countOf(row)]));
  }

  /** Numbers of a device's reading sets in a range, and the last one before it; ascending by instant and number. */
  async numbers(deviceId: string, { from, to }: Stretch): Promise<NumberedSet[]> {
    const tenant = tenantCondition('d.municipality_id');
    const ofDevice = `from message_sequences q join devices d on d.id = q.device_id
      where q.device_id = ? and ${tenant.sql} and`;
    const [start, end] = [this.dialect.instant(from), this.dialect.instant(to)];
    const before = await this.transactions.query<{ instant: string; seq: number | string }>(
      `select q.instant, q.seq ${ofDevice} q.instant < ? order by q.instant desc, q.seq desc limit 1`,
      [deviceId, ...tenant.params, start],
    );
    const inside = await this.transactions.query<{ instant: string; seq: number | string }>(
      `select q.instant, q.seq ${ofDevice} q.instant >= ? and q.instant < ?
       order by q.instant, q.seq limit ${MAX_NUMBERS}`,
      [deviceId, ...tenant.params, start, end],
    );
    return [...before.rows, ...inside.rows].map(({ instant, seq }) => {
      return { instant: this.dialect.epochMs(instant), seq: Number(seq) };
    });
  }

  private async deliveries(choice: DeviceChoice, range: Stretch, group: string, hour: string): Promise<CountRow[]> {
    const visible = chosen(choice);
    const { rows } = await this.transactions.query<CountRow>(
      `select h.device_id, ${hour} as hour, sum(h.sets) as sets, sum(h.duplicates) as duplicates, sum(h.late) as late,
         sum(h.timely) as timely, sum(h.delay_sum_ms) as delay_sum, min(h.delay_min_ms) as delay_min,
         max(h.delay_max_ms) as delay_max
       from delivery_hours h join devices d on d.id = h.device_id
       where ${visible.sql} and h.hour >= ? and h.hour < ? group by ${group}`,
      [...visible.params, this.dialect.instant(range.from), this.dialect.instant(range.to)],
    );
    return rows;
  }

  private async schedules(visible: SqlCondition): Promise<Map<string, ScheduleEntry[]>> {
    const { rows } = await this.transactions.query<{
      device_id: string;
      since: string | Date;
      interval_seconds: number | null;
    }>(
      `select p.device_id, p.since, p.interval_seconds from reporting_schedules p join devices d on d.id = p.device_id
       where ${visible.sql} order by p.device_id, p.since`,
      visible.params,
    );
    const found = new Map<string, ScheduleEntry[]>();
    for (const { device_id: id, since, interval_seconds: intervalSeconds } of rows) {
      const entry = { since: this.dialect.epochMs(since), intervalSeconds };
      const known = found.get(id);
      if (known) known.push(entry);
      else found.set(id, [entry]);
    }
    return found;
  }
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Condition on devices (`d`): the choice, within the caller's municipalities. */
function chosen({ deviceId, municipalityId }: DeviceChoice): SqlCondition {
  const tenant = tenantCondition('d.municipality_id');
  const [conditions, params] = [[tenant.sql], [...tenant.params]];
  if (deviceId !== undefined) {
    conditions.push('d.id = ?');
    params.push(deviceId);
  }
  if (municipalityId !== undefined) {
    conditions.push('d.municipality_id in (select t.id from municipalities t where t.id = ? or t.parent_id = ?)');
    params.push(municipalityId, municipalityId);
  }
  return { sql: conditions.join(' and '), params };
}

function countOf(row: CountRow): DeliveryCount {
  return {
    sets: Number(row.sets),
    duplicates: Number(row.duplicates),
    late: Number(row.late),
    timely: Number(row.timely),
    delaySumMs: Number(row.delay_sum),
    delayMinMs: row.delay_min === null ? null : Number(row.delay_min),
    delayMaxMs: row.delay_max === null ? null : Number(row.delay_max),
  };
}
