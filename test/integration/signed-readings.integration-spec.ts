import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { UnavailableError } from '../../src/common/errors/errors.js';
import { newId } from '../../src/common/ids.js';
import type { Transactions } from '../../src/database/transaction.js';
import type { CredentialUsage } from '../../src/devices/credentials/credential-usage.js';
import type { SignsOfLife } from '../../src/devices/heartbeat/signs-of-life.js';
import { DeviceNonce } from '../../src/devices/signatures/device-nonce.entity.js';
import { DeviceRefusal } from '../../src/devices/signatures/device-refusal.entity.js';
import type { DeviceClocks } from '../../src/devices/signatures/device-clocks.js';
import { DeviceNonces } from '../../src/devices/signatures/device-nonces.js';
import type { HmacKeys } from '../../src/devices/signatures/hmac-keys.js';
import { MessageSignatures } from '../../src/devices/signatures/message-signatures.js';
import { NoncePruner } from '../../src/devices/signatures/nonce-pruner.js';
import { BatchSettler } from '../../src/mqtt/batch-settler.js';
import { InboundMessage } from '../../src/mqtt/inbound-message.js';
import { MqttCounters } from '../../src/mqtt/mqtt-connection-state.js';
import { withMqttDefaults } from '../../src/mqtt/mqtt.options.js';
import { Municipality } from '../../src/municipalities/municipality.entity.js';
import type { OutboxService } from '../../src/outbox/outbox.service.js';
import type { DeviceMessage } from '../../src/readings/device-message.js';
import { Reading } from '../../src/readings/reading.entity.js';
import { RejectedReading } from '../../src/readings/rejected-reading.entity.js';
import { describeEachDatabase } from '../support/databases.js';
import { makeDevice, makeSensorTypes, messageOf, openInstance, type JudgingInstance } from '../support/judging.js';

const LEVEL = 'water_level_cm';
const START = Date.UTC(2026, 2, 1, 6);
const ROUNDS = 25;
const EVERYBODY = { filters: { tenant: false } } as const;

describeEachDatabase((db) => {
  let one: JudgingInstance;
  let other: JudgingInstance;
  let municipalityId: string;
  let device: Awaited<ReturnType<typeof makeDevice>>;
  let failing: Error | undefined;

  beforeAll(async () => {
    await makeSensorTypes(db, [LEVEL]);
    const em = db.orm.em.fork();
    municipalityId = em.create(Municipality, { id: newId(), code: newId(), name: 'Test' }).id;
    await em.flush();
    const append = () => (failing === undefined ? Promise.resolve() : Promise.reject(failing));
    const outbox = { append } as unknown as OutboxService;
    one = openInstance(db, outbox);
    other = openInstance(db, outbox);
  });
  beforeEach(async () => {
    failing = undefined;
    device = await makeDevice(db, municipalityId, [LEVEL]);
  });

  /** A message whose signature was found right. */
  function signed(nonce: string, minute: number, value: number, source: 'mqtt' | 'http' = 'mqtt'): DeviceMessage {
    const message = messageOf(device.id, { timestamp: START + minute * 60_000, values: { [LEVEL]: value } });
    const digest = createHash('sha256').update(message.payload).digest();
    return { ...message, source, signed: { nonce, digest } };
  }
  const stored = async () => {
    const { seriesId } = device.sensors.get(LEVEL)!;
    const rows = await db.orm.em.fork().find(Reading, { seriesId }, { orderBy: { instant: 'asc' } });
    return rows.map(({ value }) => value);
  };
  const rejected = async () => {
    const rows = await db.orm.em.fork().find(RejectedReading, { deviceId: device.id }, EVERYBODY);
    return rows.map(({ code }) => code);
  };
  const counted = async () => {
    const rows = await db.orm.em.fork().find(DeviceRefusal, { deviceId: device.id }, EVERYBODY);
    return Object.fromEntries(rows.map(({ code, count }) => [code, count]));
  };
  const nonces = () => db.orm.em.fork().count(DeviceNonce, { deviceId: device.id }, EVERYBODY);

  it('store the same message once by MQTT, however often it is delivered', async () => {
    const [first, again] = await one.ingestion.ingest([signed('nonce-0001', 0, 5), signed('nonce-0001', 0, 5)]);
    expect(first).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
    expect(again).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
    const [later, fresh] = await other.ingestion.ingest([signed('nonce-0001', 0, 5), signed('nonce-0002', 1, 6)]);
    expect(later).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
    expect(fresh).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
    expect([await stored(), await rejected(), await counted(), await nonces()]).toEqual([[5, 6], [], {}, 2]);
  });

  it('refuse a nonce that was used for other bytes, count it, and store nothing of the message', async () => {
    await one.ingestion.ingest([signed('nonce-0001', 0, 5)]);
    const [replayed, fresh] = await other.ingestion.ingest([signed('nonce-0001', 1, 6), signed('nonce-0002', 2, 7)]);
    expect(replayed).toMatchObject({ accepted: 0, duplicates: 0, rejected: [{ code: 'SIGNATURE_REPLAYED' }] });
    expect(fresh).toMatchObject({ accepted: 1 });
    const [a, b] = await one.ingestion.ingest([signed('nonce-0003', 3, 8), signed('nonce-0003', 4, 9)]);
    expect([a!.accepted, b!.rejected.map(({ code }) => code)]).toEqual([1, ['SIGNATURE_REPLAYED']]);
    expect(await stored()).toEqual([5, 7, 8]);
    expect(await rejected()).toEqual(['SIGNATURE_REPLAYED', 'SIGNATURE_REPLAYED']);
    expect(await counted()).toEqual({ SIGNATURE_REPLAYED: 2 });
  });

  it('refuse any second use of a nonce by HTTP, also of one that came by MQTT', async () => {
    await one.ingestion.ingest([signed('nonce-0001', 0, 5, 'http'), signed('nonce-0002', 1, 6)]);
    for (const message of [signed('nonce-0001', 0, 5, 'http'), signed('nonce-0002', 1, 6, 'http')]) {
      const [again] = await other.ingestion.ingest([message]);
      expect(again).toMatchObject({ accepted: 0, duplicates: 0, rejected: [{ code: 'SIGNATURE_REPLAYED' }] });
    }
    expect(await stored()).toEqual([5, 6]);
    expect(await counted()).toEqual({ SIGNATURE_REPLAYED: 2 });
  });

  it('may use the nonce of another device, and need none when they are not signed', async () => {
    const first = signed('nonce-0001', 0, 5);
    const neighbour = await makeDevice(db, municipalityId, [LEVEL]);
    const [own, others] = await one.ingestion.ingest([first, { ...first, deviceId: neighbour.id }]);
    expect([own!.accepted, others!.accepted]).toEqual([1, 1]);
    await one.ingestion.ingest([messageOf(device.id, { timestamp: START + 60_000, values: { [LEVEL]: 1 } })]);
    expect(await nonces()).toBe(1);
  });

  it('keep their nonce for the next try when storing fails', async () => {
    failing = new Error('the outbox is away');
    await expect(one.ingestion.ingest([signed('nonce-0001', 0, 5)])).rejects.toThrow('the outbox is away');
    expect([await stored(), await nonces()]).toEqual([[], 0]);
    failing = undefined;
    expect(await other.ingestion.ingest([signed('nonce-0001', 0, 5)])).toMatchObject([{ accepted: 1 }]);
  });

  it('show that their device lives when they are new, and not when somebody sends them again', async () => {
    const lives: string[] = [];
    const note = (deviceId: string) => void lives.push(deviceId);
    const signs = { note, noteReadings: note } as unknown as SignsOfLife;
    const fresh = openInstance(db, { append: () => Promise.resolve() } as unknown as OutboxService, signs);
    const heard = async (...messages: DeviceMessage[]) => {
      lives.length = 0;
      await fresh.ingestion.ingest(messages);
      return new Set(lives);
    };
    expect(await heard(signed('nonce-0001', 0, 5))).toEqual(new Set([device.id]));
    expect(await heard(signed('nonce-0001', 0, 5))).toEqual(new Set());
    expect(await heard(signed('nonce-0001', 1, 6))).toEqual(new Set());
    expect(await heard(signed('nonce-0001', 0, 5, 'http'))).toEqual(new Set());
    // The device itself says the same again.
    expect(await heard(signed('nonce-0002', 0, 5))).toEqual(new Set([device.id]));
  });

  it('of two instances that take the same messages at once are stored once', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const messages = Array.from({ length: 20 }, (_, i) => signed(`r${round}-nonce-${i}`, round * 20 + i, i));
      const results = await Promise.all([
        one.ingestion.ingest(messages),
        other.ingestion.ingest([...messages].reverse()),
        other.ingestion.ingest(messages.slice(10)),
      ]);
      const sum = (key: 'accepted' | 'duplicates') => results.flat().reduce((total, result) => total + result[key], 0);
      expect([round, sum('accepted'), sum('duplicates')]).toEqual([round, 20, 30]);
    }
    expect(await stored()).toHaveLength(ROUNDS * 20);
    expect([await rejected(), await nonces()]).toEqual([[], ROUNDS * 20]);
  });

  it('of two instances that get other bytes for one nonce at once: one is stored, the other is refused', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const [[a], [b]] = await Promise.all([
        one.ingestion.ingest([signed(`r${round}-nonce`, round * 2, 1)]),
        other.ingestion.ingest([signed(`r${round}-nonce`, round * 2 + 1, 2)]),
      ]);
      const codes = [...a!.rejected, ...b!.rejected].map(({ code }) => code);
      expect([round, a!.accepted + b!.accepted, codes]).toEqual([round, 1, ['SIGNATURE_REPLAYED']]);
    }
    expect(await stored()).toHaveLength(ROUNDS);
    expect(await counted()).toEqual({ SIGNATURE_REPLAYED: ROUNDS });
  });

  it('of one nonce take one of many, more than there are connections, in a process that has not read the rules yet', async () => {
    const fresh = openInstance(db, { append: () => Promise.resolve() } as unknown as OutboxService);
    const many = Array.from({ length: 24 }, () => fresh.ingestion.ingest([signed('nonce-0001', 0, 5, 'http')]));
    const results = (await Promise.all(many)).flat();
    expect(results.filter(({ accepted }) => accepted === 1)).toHaveLength(1);
    expect(await counted()).toEqual({ SIGNATURE_REPLAYED: 23 });
  });

  describe('of heartbeats and answers to commands', () => {
    const PATTERN = 'sensors/+/heartbeat';
    const noKeys = {} as HmacKeys & CredentialUsage & DeviceClocks;
    const open = (transactions: Pick<Transactions, 'run'> = db.transactions) =>
      new MessageSignatures(noKeys, new DeviceNonces(), transactions as Transactions, noKeys, noKeys, db.config());

    /** A heartbeat whose signature was found right. */
    function heartbeat(nonce: string, receivedAt: number, dup = false): InboundMessage {
      const topic = PATTERN.replace('+', device.id);
      const message = new InboundMessage(topic, device.id, Buffer.from('{}'), 1, false, dup, undefined, receivedAt);
      message.signed = { nonce, digest: createHash('sha256').update('{}').digest() };
      return message;
    }

    /** Handles a batch until it passes; `failures` times it fails behind the guard. */
    async function handle(messages: InboundMessage[], signatures = open(), failures = 0) {
      let attempts = 0;
      const settler = new BatchSettler({
        settings: { ...withMqttDefaults({ url: 'mqtt://x', clientId: 'x' }), retryQuickMs: 1, retryInitialMs: 1 },
        sink: { setAside: () => Promise.reject(new Error('nothing is set aside here')) },
        counters: new MqttCounters(),
        logger: new Logger('test'),
        settled: () => undefined,
        giveUp: new AbortController().signal,
      });
      await settler.settle(PATTERN, messages, async (batch) => {
        await signatures.claimNonces(batch);
        if (attempts++ < failures) throw new UnavailableError();
      });
      return messages.map(({ rejection }) => rejection?.code ?? 'taken');
    }

    it('refuse a repetition however often its batch is handled', async () => {
      const [at, signatures] = [Date.now(), open()];
      expect(await handle([heartbeat('nonce-0001', at)], signatures)).toEqual(['taken']);
      const batch = () => [
        heartbeat('nonce-0001', at + 1),
        heartbeat('nonce-0002', at + 2),
        heartbeat('nonce-0002', at + 2),
        heartbeat('nonce-0001', at + 3, true),
      ];
      const verdicts = ['SIGNATURE_REPLAYED', 'taken', 'SIGNATURE_REPLAYED', 'taken'];
      expect(await handle(batch(), signatures, 2)).toEqual(verdicts);
    });

    it('take a message whose claim was stored without an answer', async () => {
      let lost = 1;
      const run: Transactions['run'] = async (work) => {
        const result = await db.transactions.run(work);
        if (lost-- > 0) throw new UnavailableError();
        return result;
      };
      const [at, signatures] = [Date.now(), open({ run })];
      expect(await handle([heartbeat('nonce-0001', at)], signatures)).toEqual(['taken']);
      expect(await handle([heartbeat('nonce-0001', at + 1)], signatures)).toEqual(['SIGNATURE_REPLAYED']);
      expect(lost).toBeLessThan(0);
    });
  });

  describe('old nonces', () => {
    it('are forgotten when no message with them would be taken any more', async () => {
      await one.ingestion.ingest(['a', 'b', 'c', 'd'].map((word, i) => signed(`nonce-${word}xyz`, i, i)));
      const age = (nonce: string, hours: number) =>
        db.transactions.query('update device_nonces set seen_at = ? where nonce = ? and device_id = ?', [
          db.dialect.instant(Date.now() - hours * 3_600_000),
          nonce,
          device.id,
        ]);
      await age('nonce-axyz', 24 * 30);
      await age('nonce-bxyz', 7 * 24 + 2);
      await age('nonce-cxyz', 7 * 24);
      const pruner = new NoncePruner(db.transactions, db.config(), new SystemClock());
      expect(await pruner.prune()).toBe(2);
      const left = await db.orm.em.fork().find(DeviceNonce, { deviceId: device.id }, EVERYBODY);
      expect(left.map(({ nonce }) => nonce).sort()).toEqual(['nonce-cxyz', 'nonce-dxyz']);
      expect(await pruner.prune()).toBe(0);
    });
  });
});
