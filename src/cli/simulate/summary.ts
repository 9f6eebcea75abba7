import type { DeviceCounts, SimulatedDevice } from './simulated-device.js';

const COLUMNS: readonly (keyof DeviceCounts)[] = [
  'published',
  'acknowledged',
  'values',
  'acknowledgedValues',
  'heartbeats',
];

/** What was handed over, in all and by fault, for people and programs; the last line is JSON. */
export function resultTableOf(devices: readonly SimulatedDevice[]): { lines: string[]; complete: boolean } {
  const groups = Map.groupBy(devices, ({ fault }): string => fault ?? 'well');
  const sums = new Map([...groups].map(([name, some]) => [name, sumOf(some)]));
  const all = { devices: devices.length, ...sumOf(devices) };
  const lines = [...sums].map(
    ([name, sum]) =>
      `${name.padEnd(11)} ${groups.get(name)!.length} devices: ${COLUMNS.map((column) => `${sum[column]} ${column}`).join(', ')}`,
  );
  const troubled = devices.find(({ lastError, counts }) => lastError !== undefined && counts.acknowledged === 0);
  if (troubled !== undefined) lines.push(`${troubled.bundle.credentials.deviceId}: ${troubled.lastError}`);
  lines.push(JSON.stringify({ ...all, faults: Object.fromEntries(sums) }));
  return { lines, complete: all.published === all.acknowledged };
}

function sumOf(devices: readonly SimulatedDevice[]): DeviceCounts {
  const sum: DeviceCounts = { published: 0, acknowledged: 0, values: 0, acknowledgedValues: 0, heartbeats: 0 };
  for (const { counts } of devices) for (const column of COLUMNS) sum[column] += counts[column];
  return sum;
}
