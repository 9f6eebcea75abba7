import { Injectable } from '@nestjs/common';
import { ValidationError } from '../common/errors/errors.js';
import { requireTenantScope } from '../common/request-context/request-context.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import { PlatformUser } from './broker/platform-user.js';
import { CredentialIssuer, type Issue } from './credentials/credential-issuer.js';
import { DeviceChanges } from './device-changes.js';
import { Device } from './device.entity.js';
import { deviceExists, municipalityNotFound, municipalityRequired, reservedDeviceId } from './device.errors.js';
import type { Registration } from './device.mapper.js';
import type { RegisterDevice } from './device.schemas.js';
import { chooseProfile } from './profiles/profile-choice.js';
import { checkProtocol } from './protocols/protocol-choice.js';
import { addSensors } from './sensors/sensor-factory.js';
import { devEuiTaken } from './uplinks/dev-eui.js';

/** A device that is about to be registered, with its secrets. */
export interface PreparedRegistration {
  readonly input: RegisterDevice;
  readonly municipalityId: string;
  readonly issue: Issue;
}

/** Brings a device into service: the device, its sensors and its credentials in one transaction. */
@Injectable()
export class DeviceRegistrationService {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly issuer: CredentialIssuer,
    private readonly changes: DeviceChanges,
    private readonly platform: PlatformUser,
  ) {}

  /**
   * Needs a tenant scope; without `municipalityId` the device goes to the caller's only municipality.
   * @throws ConflictError `DEVICE_ALREADY_EXISTS`; ValidationError for unknown sensor types or protocol, a missing
   *   municipality, or `RESERVED_DEVICE_ID`; NotFoundError for a municipality outside the scope; UnavailableError `BUSY`, `DEVICE_CA_UNAVAILABLE`
   */
  async register(input: RegisterDevice): Promise<Registration> {
    const prepared = await this.prepare(input);
    return this.transactions.run((tx) => this.store(tx, prepared));
  }

  /**
   * Draws the secrets of a new device, which takes its time and is no work for a transaction. Stores nothing.
   * @throws ValidationError, NotFoundError as {@link register}
   */
  async prepare(input: RegisterDevice): Promise<PreparedRegistration> {
    if (this.platform.ownsClientId(input.deviceId)) throw new ValidationError([reservedDeviceId('deviceId')]);
    const methods = input.authMethods ?? ['api_key'];
    const municipalityId = municipalityOf(input.municipalityId);
    const issue = await this.issuer.issue(input.deviceId, new Set(methods));
    return { input, municipalityId, issue };
  }

  /** Stores what was prepared, in the transaction of whoever registers several at once. @throws as {@link register} */
  async store(tx: Transaction, { input, municipalityId, issue }: PreparedRegistration): Promise<Registration> {
    if ((await tx.em.count(Municipality, { id: municipalityId })) === 0) throw municipalityNotFound();
    await checkProtocol(tx.em, input.protocolCode);
    const device = await this.insertDevice(tx, input, municipalityId);
    const sensors = await addSensors(tx, device, input.sensors ?? [], (index) => `sensors.${index}.typeCode`);
    this.issuer.store(tx, issue, municipalityId);
    await this.changes.record(tx, device, 'registered');
    return { device, sensors, credentials: issue.issued };
  }

  private async insertDevice(tx: Transaction, input: RegisterDevice, municipalityId: string): Promise<Device> {
    const device = tx.em.create(Device, {
      id: input.deviceId,
      municipalityId,
      name: input.name,
      latitude: input.latitude ?? null,
      longitude: input.longitude ?? null,
      heartbeatIntervalSeconds: input.heartbeatIntervalSeconds,
      reportingIntervalSeconds: input.reportingIntervalSeconds ?? null,
      signatureRequired: input.signatureRequired ?? false,
      protocolCode: input.protocolCode ?? null,
      ...(await chooseProfile(tx.em, input.profileCode, municipalityId)),
      devEui: input.devEui ?? null,
      metadata: input.metadata ?? null,
    });
    try {
      await tx.em.flush();
    } catch (error) {
      const known = devEuiTaken(this.dialect, error);
      if (known !== error || this.dialect.violatedKey(error) === null) throw known;
      throw deviceExists(input.deviceId, error);
    }
    return device;
  }
}

/** The municipality that a new device goes to, from what was asked for and what the caller may touch. */
function municipalityOf(wanted: string | undefined): string {
  const scope = requireTenantScope();
  if (scope.kind === 'all') {
    if (wanted === undefined) throw municipalityRequired();
    return wanted;
  }
  const municipalityId = wanted ?? (scope.municipalityIds.length === 1 ? scope.municipalityIds[0] : undefined);
  if (municipalityId === undefined) throw municipalityRequired();
  if (!scope.municipalityIds.includes(municipalityId)) throw municipalityNotFound();
  return municipalityId;
}
