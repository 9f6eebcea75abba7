import type { CsvColumn } from '../../common/csv/csv-stream.js';
import { clockSkewOf } from './completeness.mapper.js';
import type { DeliveryCount } from './deliveries.js';
import type { DeviceSummary } from './fleet-completeness.service.js';
import type { Slot } from './slots.js';
import { percentOf, type Bucket, type Tally } from './tally.js';

/** An hour or a day of a device in the file. */
export interface BucketRow {
  readonly deviceId: string;
  readonly bucket: Bucket;
  readonly missing: readonly Slot[];
}

/** A day of a municipality in the file. */
export interface DayRow {
  readonly municipalityId: string;
  readonly day: Tally & { readonly start: number };
}

const tally = <Row>(of: (row: Row) => Tally): CsvColumn<Row>[] => [
  { header: 'expected', value: (row) => of(row).expected },
  { header: 'received', value: (row) => of(row).received },
  { header: 'missing', value: (row) => of(row).expected - of(row).received },
  { header: 'percent', value: (row) => percentOf(of(row)) },
];

const deliveries = <Row>(of: (row: Row) => DeliveryCount): CsvColumn<Row>[] => [
  { header: 'duplicates', value: (row) => of(row).duplicates },
  { header: 'late', value: (row) => of(row).late },
  { header: 'skew_min_seconds', value: (row) => clockSkewOf(of(row))?.minSeconds },
  { header: 'skew_typical_seconds', value: (row) => clockSkewOf(of(row))?.typicalSeconds },
  { header: 'skew_max_seconds', value: (row) => clockSkewOf(of(row))?.maxSeconds },
];

/** Columns of a device's hours or days; the slots that are missing stand in the last one, a blank between them. */
export const BUCKET_COLUMNS: CsvColumn<BucketRow>[] = [
  { header: 'device_id', value: ({ deviceId }) => deviceId },
  { header: 'start', value: ({ bucket }) => new Date(bucket.start) },
  ...tally<BucketRow>(({ bucket }) => bucket),
  ...deliveries<BucketRow>(({ bucket }) => bucket.deliveries),
  {
    header: 'missing_slots',
    value: ({ missing }) => missing.map(({ expectedAt }) => new Date(expectedAt).toISOString()).join(' '),
  },
];

/** Columns of a municipality's days. */
export const DAY_COLUMNS: CsvColumn<DayRow>[] = [
  { header: 'municipality_id', value: ({ municipalityId }) => municipalityId },
  { header: 'start', value: ({ day }) => new Date(day.start) },
  ...tally<DayRow>(({ day }) => day),
];

/** Columns of many devices. */
export const DEVICE_COLUMNS: CsvColumn<DeviceSummary>[] = [
  { header: 'device_id', value: ({ device }) => device.id },
  { header: 'name', value: ({ device }) => device.name },
  { header: 'municipality_id', value: ({ device }) => device.municipalityId },
  { header: 'reporting_interval_seconds', value: ({ device }) => device.reportingIntervalSeconds },
  ...tally<DeviceSummary>((one) => one.tally),
  {
    header: 'last_reading_at',
    value: ({ device }) => (device.lastReadingAt === null ? null : new Date(device.lastReadingAt)),
  },
  ...deliveries<DeviceSummary>((one) => one.deliveries),
];

/** A row per hour, or per day where there are no hours, with the slots that are missing in each. */
export function bucketRows(
  deviceId: string,
  { hours, days, missing }: { hours: readonly Bucket[]; days: readonly Bucket[]; missing: readonly Slot[] },
): BucketRow[] {
  const buckets = hours.length > 0 ? hours : days;
  let next = 0;
  return buckets.map((bucket, i) => {
    const first = next;
    const end = buckets[i + 1]?.start ?? Infinity;
    while (next < missing.length && missing[next]!.expectedAt < end) next++;
    return { deviceId, bucket, missing: missing.slice(first, next) };
  });
}
