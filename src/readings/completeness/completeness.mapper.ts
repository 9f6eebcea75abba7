import type { DeviceCompleteness } from './completeness.service.js';
import type {
  DeviceCompletenessResponse,
  DeviceSummaryResponse,
  MunicipalityCompletenessResponse,
} from './completeness.schemas.js';
import type { DeliveryCount } from './deliveries.js';
import type { DeviceSummary, MunicipalityCompleteness } from './fleet-completeness.service.js';
import type { Stretch } from './expectations.js';
import { percentOf, type Bucket, type Tally } from './tally.js';

/** Gaps that one answer names. */
const MAX_GAPS = 1_000;

/** What a device delivered, as callers see it. */
export function toDeviceCompleteness(found: DeviceCompleteness): DeviceCompletenessResponse {
  const { device, range, tally, missing, sequence } = found;
  const gaps = missing.slice(0, MAX_GAPS).map((slot) => {
    return { expectedAt: rfc3339(slot.expectedAt), from: rfc3339(slot.from), to: rfc3339(slot.to) };
  });
  const sequenceGaps = (sequence?.gaps ?? []).slice(0, MAX_GAPS).map(({ after, before, ...numbers }) => {
    return { ...numbers, after: rfc3339(after), before: rfc3339(before) };
  });
  return {
    deviceId: device.id,
    municipalityId: device.municipalityId,
    reportingIntervalSeconds: device.reportingIntervalSeconds,
    ...stretchOf(range),
    ...shownTally(tally),
    gaps,
    gapsTruncated: missing.length > MAX_GAPS,
    sequence: sequence && countsOf(sequence),
    sequenceGaps,
    sequenceGapsTruncated: (sequence?.gaps.length ?? 0) > MAX_GAPS,
    ...shownDeliveries(found.deliveries),
    hours: found.hours.map(toBucket),
    days: found.days.map(toBucket),
  };
}

/** A municipality as callers see it. */
export function toMunicipalityCompleteness(found: MunicipalityCompleteness): MunicipalityCompletenessResponse {
  const { municipalityId, range, tally, devices, incomplete, neverDelivered, deliveries, days } = found;
  return {
    municipalityId,
    ...stretchOf(range),
    ...shownTally(tally),
    devices,
    incomplete,
    neverDelivered,
    ...shownDeliveries(deliveries),
    days: days.map((day) => ({ start: rfc3339(day.start), ...shownTally(day) })),
  };
}

/** One device of many as callers see it. */
export function toDeviceSummary({ device, tally, deliveries }: DeviceSummary): DeviceSummaryResponse {
  return {
    deviceId: device.id,
    name: device.name,
    municipalityId: device.municipalityId,
    reportingIntervalSeconds: device.reportingIntervalSeconds,
    ...shownTally(tally),
    lastReadingAt: device.lastReadingAt === null ? null : rfc3339(device.lastReadingAt),
    ...shownDeliveries(deliveries),
  };
}

/** An hour or a day as callers see it. */
export function toBucket({ start, deliveries, ...tally }: Bucket) {
  return { start: rfc3339(start), ...shownTally(tally), ...shownDeliveries(deliveries) };
}

/** Arrival minus timestamp, in seconds with three decimals. */
export function clockSkewOf({ timely, delaySumMs, delayMinMs, delayMaxMs }: DeliveryCount) {
  if (delayMinMs === null || delayMaxMs === null) return null;
  const typicalSeconds = timely > 0 ? Math.round(delaySumMs / timely) / 1000 : null;
  return { minSeconds: delayMinMs / 1000, typicalSeconds, maxSeconds: delayMaxMs / 1000 };
}

function shownTally({ expected, received }: Tally) {
  return { expected, received, percent: percentOf({ expected, received }) };
}

function shownDeliveries(count: DeliveryCount) {
  return { duplicates: count.duplicates, late: count.late, clockSkew: clockSkewOf(count) };
}

function countsOf({
  received,
  lost,
  restarts,
  repeated,
}: Record<'received' | 'lost' | 'restarts' | 'repeated', number>) {
  return { received, lost, restarts, repeated };
}

function stretchOf({ from, to }: Stretch) {
  return { from: rfc3339(from), to: rfc3339(to) };
}

function rfc3339(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
