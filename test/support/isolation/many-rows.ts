import { Alert } from '../../../src/alerts/alert.entity.js';
import { AuditAnchor } from '../../../src/audit/audit-anchor.entity.js';
import { Session } from '../../../src/auth/sessions/session.entity.js';
import { newId } from '../../../src/common/ids.js';
import { Dashboard } from '../../../src/dashboards/dashboard.entity.js';
import { CommandBatch } from '../../../src/devices/commands/command-batch.entity.js';
import { DeviceCommand } from '../../../src/devices/commands/device-command.entity.js';
import { DeviceGroupMember } from '../../../src/devices/commands/groups/device-group-member.entity.js';
import { DeviceGroup } from '../../../src/devices/commands/groups/device-group.entity.js';
import { DeviceCertificate } from '../../../src/devices/certificates/device-certificate.entity.js';
import { DeviceCredential } from '../../../src/devices/credentials/device-credential.entity.js';
import { DevicePresence } from '../../../src/devices/device-presence.entity.js';
import { Device } from '../../../src/devices/device.entity.js';
import { DeviceStatusChange } from '../../../src/devices/heartbeat/history/device-status-change.entity.js';
import { Protocol } from '../../../src/devices/protocols/protocol.entity.js';
import { SensorType } from '../../../src/devices/sensors/sensor-type.entity.js';
import { Sensor } from '../../../src/devices/sensors/sensor.entity.js';
import { DeviceRefusal } from '../../../src/devices/signatures/device-refusal.entity.js';
import { SensorShare } from '../../../src/devices/sharing/sensor-share.entity.js';
import { Municipality } from '../../../src/municipalities/municipality.entity.js';
import { AlertRule } from '../../../src/rules/alert-rule.entity.js';
import { Membership } from '../../../src/users/membership.entity.js';
import { Role } from '../../../src/users/role.entity.js';
import { User } from '../../../src/users/user.entity.js';
import type { TestDatabase } from '../databases.js';
import { asTenant } from '../devices-module.js';
import { METRIC } from './fixtures.js';
import { DeviceProfile } from '../../../src/devices/profiles/device-profile.entity.js';
import { UplinkSource } from '../../../src/devices/uplinks/uplink-source.entity.js';
import type { Ids } from './things.js';
import type { World } from './world.js';

/** So many more of everything, so that a page of fifty is full. */
export const MANY = 55;

/** Makes many of everything in the region of tenant A, each row with relatives of its own. */
export async function makeManyOfEverything(db: TestDatabase, { a, regionOfA }: World): Promise<void> {
  await asTenant('all', () => storeMany(db, a.municipalityId, a.regionId, a.ids.recipient, regionOfA.userId!));
  await asTenant('all', () => storeManyCertificates(db, a.municipalityId, a.ids));
  await asTenant('all', () => storeManyCommands(db, a.municipalityId, a.ids));
  await asTenant('all', () => storeManyChanges(db, a.municipalityId, a.ids));
  const minutes = Array.from({ length: MANY }, (_, minute) => new Date(Date.UTC(2026, 2, 1, 10, minute)).toISOString());
  const sets = minutes.map((timestamp) => ({ timestamp, values: { [METRIC]: 1, unheard_of: 1 } }));
  await a.device.must('POST', '/readings', sets);
  for (let i = 0; i < MANY; i++) await a.admin.must('PATCH', `/devices/${a.ids.device}`, { name: `Gauge ${i}` });
}

async function storeMany(
  db: TestDatabase,
  municipalityId: string,
  parentId: string,
  recipientId: string,
  userId: string,
): Promise<void> {
  const em = db.orm.em.fork();
  const now = new Date();
  for (let i = 0; i < MANY; i++) {
    const [typeId, sensorId, ruleId, roleId, personId] = [newId(), newId(), newId(), newId(), newId()];
    const deviceId = `many-${i}`;
    em.create(Municipality, { code: `many-${i}`, name: `Many ${i}`, parentId });
    em.create(Protocol, { code: `many_${i}`, name: `Many ${i}`, transport: 'mqtt', settings: {} });
    em.create(SensorType, { id: typeId, code: `many_${i}`, name: `Many ${i}`, unit: 'x' });
    em.create(Device, { id: deviceId, municipalityId, name: `Many ${i}`, protocolCode: `many_${i}` });
    em.create(DevicePresence, { deviceId, lastSeenAt: now });
    const sensor = { deviceId, municipalityId, sensorTypeId: typeId, name: 'Level' };
    em.create(Sensor, { id: sensorId, ...sensor, code: METRIC } as never);
    const share = { sensorId, municipalityId, recipientId, validFrom: now, validUntil: new Date('2099-01-01') };
    em.create(SensorShare, share);
    const rule = { name: `Many ${i}`, kind: 'threshold' as const, severity: 'LOW' as const, scope: { sensorId } };
    em.create(AlertRule, { id: ruleId, municipalityId, ...rule, condition: { operator: '>', value: 1 } });
    const alert = {
      municipalityId,
      ruleId,
      deviceId,
      sensorId,
      title: 'Many',
      metric: METRIC,
      severity: 'LOW' as const,
    };
    const story = { status: 'ACTIVE' as const, openMarker: 1, occurrences: 1, openingValue: 2, lastValue: 2 };
    em.create(Alert, { ...alert, ...story, openedAt: now, lastOccurredAt: now });
    em.create(Role, { id: roleId, municipalityId, code: `many_${i}`, name: `Many ${i}`, permissions: ['alert:read'] });
    em.create(User, { id: personId, email: `many-${i}@test.example`, name: `Many ${i}` });
    em.create(Membership, { userId: personId, municipalityId, roleId });
    em.create(Session, { userId, expiresAt: new Date('2099-01-01') });
    em.create(Dashboard, {
      municipalityId,
      ownerId: i % 2 ? userId : null,
      name: `Many ${i}`,
      layout: { widgets: [] },
    });
    const values = [{ path: '$.level', code: METRIC }];
    const definition = { format: 'json' as const, values, unmapped: 'ignore' as const };
    const profile = { municipalityId, owner: municipalityId, format: definition.format, definition };
    em.create(DeviceProfile, { ...profile, code: `many_${i}`, name: `Many ${i}` });
    const token = { tokenPrefix: `many-${i}`, tokenHash: 'x' };
    em.create(UplinkSource, { municipalityId, kind: 'tts' as const, name: `Many ${i}`, ...token });
    const anchor = { chain: municipalityId, day: '2026-01-01', hash: 'x', signature: 'x', keyId: 'x' };
    em.create(AuditAnchor, { ...anchor, position: i + 100 });
  }
  await em.flush();
  await db.transactions.query(
    `insert into latest_readings (series_id, instant, value, quality, risk)
     select series_id, current_timestamp, 1, 0, 0 from sensors where device_id like 'many-%'`,
  );
}

/** Many certificates of the device that has one already. */
async function storeManyCertificates(db: TestDatabase, municipalityId: string, { certificate }: Ids): Promise<void> {
  const em = db.orm.em.fork();
  const { authorityId, deviceId, algorithm, notBefore, notAfter } = await em.findOneOrFail(DeviceCertificate, {
    fingerprint: certificate,
  });
  for (let i = 0; i < MANY; i++) {
    const [credentialId, fingerprint] = [newId(), i.toString(16).padStart(64, '0')];
    const kind = 'certificate' as const;
    em.create(DeviceCredential, { id: credentialId, deviceId, kind, lookup: fingerprint, expiresAt: notAfter });
    const known = { authorityId, deviceId, municipalityId, algorithm, notBefore, notAfter };
    em.create(DeviceCertificate, { fingerprint, credentialId, serialNumber: i.toString(16), ...known });
  }
  await em.flush();
}

/** Many groups, many members of the group that there is, and much that it and its device were told. */
async function storeManyCommands(db: TestDatabase, municipalityId: string, { group, device }: Ids): Promise<void> {
  const em = db.orm.em.fork();
  const told = { municipalityId, name: 'open', payload: {}, timeoutSeconds: 60, maxAttempts: 1 };
  const over = { status: 'succeeded' as const, attempts: 1, expiresAt: new Date() };
  for (let i = 0; i < MANY; i++) {
    const batchId = newId();
    em.create(DeviceGroup, { municipalityId, name: `Many ${i}` });
    em.create(DeviceGroupMember, { groupId: group, deviceId: `many-${i}`, municipalityId });
    em.create(CommandBatch, { id: batchId, groupId: group, ...told, total: 1, skipped: [] });
    em.create(DeviceCommand, { deviceId: device, batchId, ...told, ...over } as never);
  }
  await em.flush();
}

/** A device that was silent many times, and that was refused on many days. */
async function storeManyChanges(db: TestDatabase, municipalityId: string, { device }: Ids): Promise<void> {
  const em = db.orm.em.fork();
  const change = { municipalityId, deviceId: device, reason: 'LAST_HEARTBEAT' as const };
  for (let i = 0; i < MANY; i++) {
    const changedAt = new Date(Date.UTC(2026, 2, 1, 10, i));
    em.create(DeviceStatusChange, { ...change, fromState: 'late', toState: 'offline', changedAt });
    const day = new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10);
    em.create(DeviceRefusal, { deviceId: device, day, code: 'SIGNATURE_INVALID', count: 1 });
  }
  await em.flush();
}
