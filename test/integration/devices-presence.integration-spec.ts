import { EntityManager } from '@mikro-orm/core';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DevicePresence } from '../../src/devices/device-presence.entity.js';
import { DeviceRegistrationService } from '../../src/devices/device-registration.service.js';
import { DeviceRemovalService } from '../../src/devices/device-removal.service.js';
import { PresenceIntakeService } from '../../src/devices/heartbeat/presence-intake.service.js';
import { PresenceService } from '../../src/devices/heartbeat/presence.service.js';
import { SignsOfLife } from '../../src/devices/heartbeat/signs-of-life.js';
import { InboundMessage } from '../../src/mqtt/inbound-message.js';
import { MessageBatch } from '../../src/mqtt/message-batch.js';
import { OutboxEvent } from '../../src/outbox/outbox-event.entity.js';
import { RejectedReading } from '../../src/readings/rejected-reading.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality } from '../support/devices-module.js';

const T0 = Date.UTC(2026, 2, 1, 12);

describeEachDatabase((db) => {
  let module: TestingModule;
  let em: EntityManager;
  let home: string;
  let deviceId: string;
  let devices = 0;

  beforeAll(async () => {
    module = await createDevicesModule(db);
    em = module.get(EntityManager);
  });
  afterAll(() => module.close());

  beforeEach(async () => {
    home = await createMunicipality(module);
    deviceId = await register(`logger-${++devices}`);
  });

  async function register(id: string): Promise<string> {
    await asTenant([home], () => module.get(DeviceRegistrationService).register({ deviceId: id, name: id }));
    return id;
  }

  const send = (pattern: string, messages: InboundMessage[]) =>
    module.get(PresenceIntakeService).take(new MessageBatch(`sensors/+/${pattern}`, messages));

  function said(payload: unknown, seconds = 0, { id = deviceId, retain = false } = {}): InboundMessage {
    const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
    return new InboundMessage(`sensors/${id}/status`, id, bytes, 1, retain, false, undefined, T0 + seconds * 1000);
  }

  const known = (id = deviceId) => asTenant('all', () => em.fork().findOne(DevicePresence, { deviceId: id }));

  async function events(): Promise<Record<string, unknown>[]> {
    const rows = await em.fork().find(OutboxEvent, { municipalityId: home }, { orderBy: { position: 'asc' } });
    return rows
      .map(({ payload }) => JSON.parse(payload) as Record<string, unknown>)
      .filter(({ change }) => change === 'status');
  }

  describe('status and heartbeat', () => {
    it('are kept, and a change of the reported status is told once', async () => {
      await send('status', [said({ status: 'online', battery_level: 87.5, signal_strength: -71, firmware: '2.4.1' })]);
      await send('heartbeat', [said({ battery_level: 87 }, 60)]);
      expect(await known()).toMatchObject({
        lastSeenAt: new Date(T0 + 60_000),
        reportedStatus: 'online',
        reportedAt: new Date(T0),
        batteryLevel: 87,
        signalStrength: -71,
        firmware: '2.4.1',
      });
      expect(await events()).toMatchObject([
        { deviceId, previousStatus: null, reportedStatus: 'online', batteryLevel: 87.5 },
      ]);
    });

    it('begin no life by a last will, or by what the broker has kept', async () => {
      await send('status', [said({ status: 'offline' }), said({ status: 'online' }, 1, { retain: true })]);
      expect(await known()).toBeNull();
      expect(await events()).toEqual([]);
      await send('heartbeat', [said({}, 2)]);
      // An end that was kept is older than what was heard.
      await send('status', [said({ status: 'offline' }, 3, { retain: true })]);
      expect(await known()).toMatchObject({ lastSeenAt: new Date(T0 + 2_000), reportedStatus: null, state: 'online' });
    });

    it('change nothing when they come again', async () => {
      const batch = () => [said({ status: 'online' }), said({ status: 'fault', message: 'dry' }, 1), said({}, 2)];
      await send('status', batch().slice(0, 2));
      await send('heartbeat', batch().slice(2));
      const before = await known();
      for (let again = 0; again < 3; again++) {
        await send('status', batch().slice(0, 2));
        await send('heartbeat', batch().slice(2));
      }
      expect(JSON.stringify(await known())).toBe(JSON.stringify(before));
      expect((await events()).map(({ reportedStatus }) => reportedStatus)).toEqual(['online', 'fault']);
    });

    it('only move forward in time', async () => {
      await send('status', [said({ status: 'maintenance', battery_level: 50 }, 100)]);
      await send('status', [said({ status: 'online', battery_level: 99 }, 40)]);
      await send('heartbeat', [said({ battery_level: 99 }, 50)]);
      expect(await known()).toMatchObject({
        lastSeenAt: new Date(T0 + 100_000),
        reportedStatus: 'maintenance',
        batteryLevel: 50,
      });
      expect(await events()).toHaveLength(1);
    });

    it('end in the same state when two instances take them in any order', async () => {
      const ids = await Promise.all(Array.from({ length: 8 }, (_, i) => register(`${deviceId}-${i}`)));
      const batches = Array.from({ length: 12 }, (_, second) =>
        ids.map((id) => said({ battery_level: second }, second, { id })),
      );
      // No order is agreed on: each batch is a transaction of its own, all at once.
      await Promise.all(batches.toReversed().map((batch) => send('heartbeat', batch)));
      for (const id of ids) {
        expect(await known(id)).toMatchObject({ lastSeenAt: new Date(T0 + 11_000), batteryLevel: 11 });
      }
    });

    it('of a last will end a life, and the next message starts it again', async () => {
      await send('status', [said({ status: 'online' })]);
      await send('status', [said({ status: 'offline' }, 90)]);
      expect(await known()).toMatchObject({ lastSeenAt: new Date(T0), reportedStatus: 'offline' });
      await send('heartbeat', [said({}, 120)]);
      expect(await known()).toMatchObject({ lastSeenAt: new Date(T0 + 120_000), reportedStatus: 'online' });
      expect((await events()).map(({ reportedStatus }) => reportedStatus)).toEqual(['online', 'offline', 'online']);
    });

    it('that a broker kept do not override what was said since', async () => {
      await send('status', [said({ status: 'maintenance' }, 10)]);
      await send('status', [said({ status: 'online' }, 500, { retain: true }), said('', 501)]);
      expect(await known()).toMatchObject({ lastSeenAt: new Date(T0 + 10_000), reportedStatus: 'maintenance' });
    });

    it('are set aside one by one when they are not valid', async () => {
      const good = said({ status: 'online' });
      const bad = [
        said('{"status"'),
        said({ status: 'asleep' }),
        said({ battery_level: 5 }),
        said({}, 0, { id: 'no-such' }),
      ];
      await send('status', [bad[0]!, good, ...bad.slice(1)]);
      expect(bad.map(({ rejection }) => rejection?.code)).toEqual([
        'MALFORMED_PAYLOAD',
        'INVALID_VALUE',
        'INVALID_VALUE',
        'UNKNOWN_DEVICE',
      ]);
      expect(good.rejection).toBeUndefined();
      expect(await known()).toMatchObject({ reportedStatus: 'online' });
      const kept = await asTenant('all', () =>
        em.fork().find(RejectedReading, { deviceId: { $in: [deviceId, 'no-such'] } }),
      );
      expect(kept).toHaveLength(4);
      const verdicts = kept.map(({ code, reason, municipalityId }) => [code, reason, municipalityId]);
      expect(verdicts.sort()).toEqual([
        ['INVALID_VALUE', expect.stringMatching(/^status/), home],
        ['INVALID_VALUE', expect.stringMatching(/^status: is missing/), home],
        ['MALFORMED_PAYLOAD', expect.any(String), home],
        ['UNKNOWN_DEVICE', expect.any(String), null],
      ]);
    });

    it('of a device that was deleted a moment ago are forgotten', async () => {
      await asTenant([home], () => module.get(DeviceRemovalService).remove(deviceId));
      await module.get(PresenceService).record([{ deviceId, at: T0 }]);
      expect(await known()).toBeNull();
    });
  });

  it('takes readings for signs of life, without a write for each', async () => {
    const signs = module.get(SignsOfLife);
    for (let ms = 0; ms < 5_000; ms += 10) signs.note(deviceId, T0 + ms);
    await signs.flush();
    expect(await known()).toMatchObject({ lastSeenAt: new Date(T0 + 4_990), reportedStatus: null });
    signs.note(deviceId, T0 + 9_000);
    await signs.flush(3_600_000);
    expect(await known()).toMatchObject({ lastSeenAt: new Date(T0 + 4_990) });
    await signs.onApplicationShutdown();
    expect(await known()).toMatchObject({ lastSeenAt: new Date(T0 + 9_000) });
  });

  it('takes 2,000 heartbeats in one batch', async () => {
    const ids = Array.from({ length: 2_000 }, (_, i) => `${deviceId}-n${i}`);
    const { transactions, dialect } = db;
    const now = dialect.instant(T0);
    await transactions.query(
      `insert into devices (id, municipality_id, name, created_at, updated_at) values ${ids.map(() => '(?,?,?,?,?)').join(',')}`,
      ids.flatMap((id) => [id, home, id, now, now]),
    );
    await send(
      'heartbeat',
      ids.map((id) => said({ battery_level: 50 }, 0, { id })),
    );
    await send(
      'heartbeat',
      ids.map((id) => said({ battery_level: 49 }, 60, { id })),
    );
    const { rows } = await transactions.query<{ n: number | string }>(
      `select count(*) as n from device_presence where battery_level = 49 and last_seen_at = ? and device_id like ?`,
      [dialect.instant(T0 + 60_000), `${deviceId}-n%`],
    );
    expect(Number(rows[0]!.n)).toBe(2_000);
  });
});
