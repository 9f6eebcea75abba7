import { SystemClock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import { AlertBook } from '../../src/alerts/alert-book.js';
import { AlertJudge } from '../../src/alerts/alert-judge.js';
import { RuleStates } from '../../src/alerts/rule-states.js';
import { RegistryVersion } from '../../src/database/registry-version.js';
import { DeviceRegistry } from '../../src/devices/device-registry.js';
import { Device } from '../../src/devices/device.entity.js';
import { SensorType } from '../../src/devices/sensors/sensor-type.entity.js';
import type { SignsOfLife } from '../../src/devices/heartbeat/signs-of-life.js';
import { DeviceNonces } from '../../src/devices/signatures/device-nonces.js';
import { RefusalCounts } from '../../src/devices/signatures/refusal-counts.js';
import { Sensor } from '../../src/devices/sensors/sensor.entity.js';
import type { OutboxService } from '../../src/outbox/outbox.service.js';
import { BatchWriter } from '../../src/readings/batch-writer.js';
import { DeliveryCounts } from '../../src/readings/completeness/delivery-counts.js';
import { DeliveryLedger } from '../../src/readings/completeness/delivery-ledger.js';
import type { DeviceMessage } from '../../src/readings/device-message.js';
import { IngestionService } from '../../src/readings/ingestion.service.js';
import { PartitionsService } from '../../src/readings/partitions.service.js';
import { readPayload } from '../../src/readings/payload-reader.js';
import { RejectedReadings } from '../../src/readings/rejected-readings.js';
import { RuleBook } from '../../src/rules/rule-book.js';
import type { TestDatabase } from './databases.js';

/** What one application instance has for taking readings in and judging them. */
export interface JudgingInstance {
  readonly ingestion: IngestionService;
  /** Nothing polls here; `check()` makes the instance see what changed. */
  readonly registryVersion: RegistryVersion;
  /** Written when they are flushed, or after some seconds. */
  readonly deliveries: DeliveryCounts;
}

/** Signs of life are not looked at here. */
const NOBODY = { note: () => undefined, noteReadings: () => undefined } as unknown as SignsOfLife;

/** Wires one instance by hand, with memory of its own, on a test database. */
export function openInstance(db: TestDatabase, outbox: OutboxService, signsOfLife = NOBODY): JudgingInstance {
  const { transactions, dialect } = db;
  const registryVersion = new RegistryVersion(transactions);
  const judge = new AlertJudge(new RuleBook(db.orm.em, registryVersion), new RuleStates(), new AlertBook());
  const rejections = new RejectedReadings(transactions, new RefusalCounts(transactions, new SystemClock()));
  const deliveries = new DeliveryCounts(transactions);
  const ingestion = new IngestionService(
    transactions,
    new DeviceRegistry(transactions, registryVersion),
    new PartitionsService(transactions, dialect, new SystemClock()),
    new BatchWriter(new DeviceNonces(), judge, rejections, outbox, signsOfLife, new DeliveryLedger(deliveries)),
    signsOfLife,
  );
  return { ingestion, registryVersion, deliveries };
}

/** A message as the MQTT transport hands it over. */
export function messageOf(deviceId: string, body: unknown): DeviceMessage {
  const payload = Buffer.from(JSON.stringify(body));
  const receivedAt = Date.now();
  return { deviceId, source: 'mqtt', receivedAt, payload, ...readPayload(payload, receivedAt) };
}

/** Stores sensor types of these codes, valid from -1,000 to 1,000. */
export async function makeSensorTypes(db: TestDatabase, codes: readonly string[]): Promise<void> {
  const em = db.orm.em.fork();
  for (const code of codes) em.create(SensorType, { code, name: code, unit: 'cm', validMin: -1000, validMax: 1000 });
  await em.flush();
}

/** Stores a device with one sensor per type code; answers its id and its sensors by code. */
export async function makeDevice(
  db: TestDatabase,
  municipalityId: string,
  typeCodes: readonly string[],
): Promise<{ id: string; sensors: Map<string, Sensor> }> {
  const em = db.orm.em.fork();
  const types = await em.find(SensorType, { code: { $in: [...typeCodes] } });
  const id = `dev-${newId()}`;
  em.create(Device, { id, municipalityId, name: id });
  await em.flush();
  const sensors = types.map((type) =>
    em.create(Sensor, { deviceId: id, municipalityId, sensorTypeId: type.id, code: type.code, name: type.name }),
  );
  await em.flush();
  return { id, sensors: new Map(sensors.map((sensor) => [sensor.code, sensor])) };
}
