import { beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { CompletenessService } from '../../src/readings/completeness/completeness.service.js';
import type { FleetCompletenessService } from '../../src/readings/completeness/fleet-completeness.service.js';
import {
  at,
  LEVEL,
  makeMunicipality,
  messageAt,
  openCompleteness,
  RAIN,
  RANGE,
  SILENT,
  SLOTS,
} from '../support/completeness.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant } from '../support/devices-module.js';
import { makeDevice, makeSensorTypes, openInstance, type JudgingInstance } from '../support/judging.js';

describeEachDatabase((db) => {
  let instance: JudgingInstance;
  let municipalityId: string;
  let service: CompletenessService;
  let fleet: FleetCompletenessService;

  beforeAll(async () => {
    await makeSensorTypes(db, [LEVEL, RAIN]);
    municipalityId = await makeMunicipality(db);
    instance = openInstance(db, SILENT);
    ({ devices: service, fleet } = openCompleteness(db));
  });

  it('shows many devices, the worst first, and what they come to', async () => {
    const own = await makeMunicipality(db);
    const ids: string[] = [];
    for (const gaps of [[], [3, 4, 5], [60], null]) {
      const { id: deviceId } = await makeDevice(db, own, [LEVEL, RAIN]);
      ids.push(deviceId);
      if (gaps === null) continue;
      const slots = [-1, ...SLOTS].filter((slot) => !gaps.includes(slot));
      await instance.ingestion.ingest(slots.map((slot) => messageAt(deviceId, at(slot))));
    }
    await instance.deliveries.flush();
    const list = await asTenant([own], () => fleet.all(RANGE));
    expect(list.map(({ device, tally }) => [device.id, tally.expected, tally.received])).toEqual([
      [ids[3], 0, 0],
      [ids[1], 96, 93],
      [ids[2], 96, 95],
      [ids[0], 96, 96],
    ]);
    const pages: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await asTenant([own], () => fleet.page({ ...RANGE, limit: 3, cursor }));
      pages.push(...page.items.map(({ device }) => device.id));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(pages).toEqual(list.map(({ device }) => device.id));
    const whole = await asTenant([own], () => fleet.ofMunicipality(own, RANGE));
    expect(whole).toMatchObject({
      tally: { expected: 288, received: 284 },
      devices: 3,
      incomplete: 2,
      neverDelivered: 1,
      days: [
        { expected: 276, received: 272 },
        { expected: 12, received: 12 },
      ],
    });
    expect(whole.deliveries.sets).toBe(284);
    // Others see nothing of it.
    expect(await asTenant([municipalityId], () => fleet.all({ ...RANGE, municipalityId: own }))).toEqual([]);
    await expect(asTenant([municipalityId], () => fleet.ofMunicipality(own, RANGE))).rejects.toThrow('no such');
    await expect(asTenant([own], () => service.ofDevice(newId(), { ...RANGE, resolution: 'hour' }))).rejects.toThrow(
      'There is no device',
    );
  });
});
