import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { CompletenessReader, type LedgerDevice, type ReadingBudget } from './completeness-reader.js';
import { rangeTooLarge } from './completeness-range.js';
import { expectationsOf, expectedSlots, readingsNeeded, slotsIn, type Stretch } from './expectations.js';
import type { Slot } from './slots.js';

/** A device with the slots of a range that count. */
export interface AssessedDevice {
  readonly device: LedgerDevice;
  readonly slots: readonly Slot[];
}

/** Devices whose readings are looked at together: what is in memory at a time. */
const CHUNK = 1_000;
/** Slots of one answer: a month of 1,000 devices that report every quarter of an hour. */
const MAX_SLOTS = 3_000_000;
/** Times of readings of one answer. Devices may deliver more often than they are expected to, and that is not in the slots. */
const MAX_INSTANTS = 2 * MAX_SLOTS;

/** Tells from the stored readings which of the slots of devices have one. */
@Injectable()
export class SlotLedger {
  constructor(
    private readonly reader: CompletenessReader,
    private readonly clock: Clock,
  ) {}

  /**
   * Each device with its slots, in the order given; a few statements per 1,000 devices, however many slots there are.
   * @throws ValidationError `RANGE_TOO_LARGE`
   */
  async *assess(devices: readonly LedgerDevice[], range: Stretch): AsyncGenerator<AssessedDevice> {
    const slots = devices.reduce((sum, { schedule }) => sum + slotsIn(expectationsOf(schedule), range), 0);
    if (slots > MAX_SLOTS) {
      const asked = Math.ceil(slots).toLocaleString('en');
      throw rangeTooLarge(`That are ${asked} expected readings, at most 3,000,000 are looked at in one answer.`);
    }
    const budget = { left: MAX_INSTANTS };
    for (let from = 0; from < devices.length; from += CHUNK) {
      yield* await this.assessSome(devices.slice(from, from + CHUNK), range, budget);
    }
  }

  private async assessSome(
    devices: readonly LedgerDevice[],
    range: Stretch,
    budget: ReadingBudget,
  ): Promise<AssessedDevice[]> {
    const found = new Map<string, readonly Slot[]>();
    for (const { needed, members } of byStretch(devices, range)) {
      const series = await this.reader.series(members.map(({ id }) => id));
      const instants = await this.reader.instants(series, needed, budget);
      const before = await this.lastBefore(members, series, instants, needed, range);
      for (const device of members) {
        const facts = {
          expectations: expectationsOf(device.schedule),
          registeredAt: device.registeredAt,
          instants: instants.get(device.id) ?? [],
          lastBefore: before.get(device.id) ?? null,
        };
        found.set(device.id, expectedSlots(facts, range, this.clock.nowMs()));
      }
    }
    return devices.map((device) => ({ device, slots: found.get(device.id) ?? [] }));
  }

  /**
   * The last reading before the stretch of those devices of which it has to be known, since nothing of them was read from
   * the beginning of the range on: whether they had begun by then, and with which phase.
   */
  private async lastBefore(
    members: readonly LedgerDevice[],
    series: ReadonlyMap<number, string>,
    instants: ReadonlyMap<string, readonly number[]>,
    needed: Stretch,
    range: Stretch,
  ): Promise<ReadonlyMap<string, number>> {
    const unsure = members.filter(({ id, lastReadingAt }) => {
      const first = instants.get(id)?.[0];
      return lastReadingAt !== null && (first === undefined || first > range.from);
    });
    const silent = unsure.filter(({ lastReadingAt }) => lastReadingAt! < needed.from);
    const others = new Set(unsure.filter(({ lastReadingAt }) => lastReadingAt! >= needed.from).map(({ id }) => id));
    const asked = await this.reader.lastBefore(new Map([...series].filter(([, id]) => others.has(id))), needed.from);
    return new Map([...silent.map(({ id, lastReadingAt }) => [id, lastReadingAt!] as const), ...asked]);
  }
}

/** Devices of which the same stretch of readings is needed; nearly always all of them. */
function byStretch(devices: readonly LedgerDevice[], range: Stretch) {
  const groups = new Map<string, { needed: Stretch; members: LedgerDevice[] }>();
  for (const device of devices) {
    const needed = readingsNeeded(expectationsOf(device.schedule), range);
    if (needed === null) continue;
    const key = `${needed.from} ${needed.to}`;
    const group = groups.get(key);
    if (group) group.members.push(device);
    else groups.set(key, { needed, members: [device] });
  }
  return groups.values();
}
