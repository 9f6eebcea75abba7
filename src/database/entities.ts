import { AlertNote } from '../alerts/alert-note.entity.js';
import { Alert } from '../alerts/alert.entity.js';
import { RuleState } from '../alerts/rule-state.entity.js';
import { AuditAnchor } from '../audit/audit-anchor.entity.js';
import { AuditChain } from '../audit/audit-chain.entity.js';
import { AuditKey } from '../audit/audit-key.entity.js';
import { AuditPending } from '../audit/audit-pending.entity.js';
import { AuditRecord } from '../audit/audit-record.entity.js';
import { AuditSeal } from '../audit/audit-seal.entity.js';
import { OneTimeToken } from '../auth/links/one-time-token.entity.js';
import { RecoveryCode } from '../auth/second-factor/recovery-code.entity.js';
import { SecondFactor } from '../auth/second-factor/second-factor.entity.js';
import { RefreshToken } from '../auth/sessions/refresh-token.entity.js';
import { Session } from '../auth/sessions/session.entity.js';
import { Dashboard } from '../dashboards/dashboard.entity.js';
import { CommandBatch } from '../devices/commands/command-batch.entity.js';
import { DeviceCommand } from '../devices/commands/device-command.entity.js';
import { DeviceGroupMember } from '../devices/commands/groups/device-group-member.entity.js';
import { DeviceGroup } from '../devices/commands/groups/device-group.entity.js';
import { DeviceAuthority } from '../devices/certificates/device-authority.entity.js';
import { DeviceCertificate } from '../devices/certificates/device-certificate.entity.js';
import { BrokerChange } from '../devices/broker/broker-change.entity.js';
import { BrokerSync } from '../devices/broker/broker-sync.entity.js';
import { DeviceCredential } from '../devices/credentials/device-credential.entity.js';
import { DevicePresence } from '../devices/device-presence.entity.js';
import { DeviceStatusChange } from '../devices/heartbeat/history/device-status-change.entity.js';
import { ListeningSpan } from '../devices/heartbeat/listening/listening-span.entity.js';
import { Device } from '../devices/device.entity.js';
import { DeviceProfile } from '../devices/profiles/device-profile.entity.js';
import { DeviceClock } from '../devices/signatures/device-clock.entity.js';
import { DeviceNonce } from '../devices/signatures/device-nonce.entity.js';
import { DeviceRefusal } from '../devices/signatures/device-refusal.entity.js';
import { Protocol } from '../devices/protocols/protocol.entity.js';
import { ReportingSchedule } from '../devices/reporting/reporting-schedule.entity.js';
import { SensorType } from '../devices/sensors/sensor-type.entity.js';
import { SensorShare } from '../devices/sharing/sensor-share.entity.js';
import { Sensor } from '../devices/sensors/sensor.entity.js';
import { UplinkSource } from '../devices/uplinks/uplink-source.entity.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import { LivePosition } from '../outbox/live-position.entity.js';
import { OutboxEvent } from '../outbox/outbox-event.entity.js';
import { DeliveryHour } from '../readings/completeness/delivery-hour.entity.js';
import { MessageSequence } from '../readings/completeness/message-sequence.entity.js';
import { LatestReading } from '../readings/latest-reading.entity.js';
import { Reading } from '../readings/reading.entity.js';
import { RejectedReading } from '../readings/rejected-reading.entity.js';
import { AlertRule } from '../rules/alert-rule.entity.js';
import { Membership } from '../users/membership.entity.js';
import { Role } from '../users/role.entity.js';
import { User } from '../users/user.entity.js';
import { Counter } from './counter.entity.js';

/** Every entity of the application, by hand: a table that is missing here does not exist for the ORM. */
export const ENTITIES = [
  Alert,
  AlertNote,
  AlertRule,
  AuditAnchor,
  AuditChain,
  AuditKey,
  AuditPending,
  AuditRecord,
  AuditSeal,
  CommandBatch,
  BrokerChange,
  BrokerSync,
  Counter,
  Dashboard,
  DeliveryHour,
  Device,
  DeviceAuthority,
  DeviceCertificate,
  DeviceCommand,
  DeviceClock,
  DeviceCredential,
  DeviceGroup,
  DeviceGroupMember,
  DeviceNonce,
  DevicePresence,
  DeviceRefusal,
  DeviceProfile,
  DeviceStatusChange,
  LatestReading,
  ListeningSpan,
  LivePosition,
  Membership,
  MessageSequence,
  Municipality,
  OneTimeToken,
  OutboxEvent,
  Protocol,
  Reading,
  RecoveryCode,
  RefreshToken,
  RejectedReading,
  ReportingSchedule,
  Role,
  RuleState,
  SecondFactor,
  Sensor,
  SensorShare,
  SensorType,
  Session,
  UplinkSource,
  User,
];
