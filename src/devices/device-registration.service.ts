import { Injectable } from '@nestjs/common';
import { requireTenantScope } from '../common/request-context/request-context.js';
import { SqlDialect } from '../database/dialects/sql-dialect.js';
import { Transactions, type Transaction } from '../database/transaction.js';
import { Municipality } from '../municipalities/municipality.entity.js';
import { CredentialIssuer } from './credentials/credential-issuer.js';
import { refuseUnavailableMethods } from './credentials/credential.errors.js';
import { DeviceCredential } from './credentials/device-credential.entity.js';
import { DeviceChanges } from './device-changes.js';
import { Device } from './device.entity.js';
import { deviceExists, municipalityNotFound, municipalityRequired } from './device.errors.js';
import type { Registration } from './device.mapper.js';
import type { RegisterDevice } from './device.schemas.js';
import { checkProtocol } from './protocols/protocol-choice.js';
import { addSensors } from './sensors/sensor-factory.js';

/** Brings a device into service: the device, its sensors and its credentials in one transaction. */
@Injectable()
export class DeviceRegistrationService {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly issuer: CredentialIssuer,
    private readonly changes: DeviceChanges,
  ) {}

  /**
   * Needs a tenant scope; without `municipalityId` the device goes to the caller's only municipality.
   * @throws ConflictError `DEVICE_ALREADY_EXISTS`; ValidationError for unknown sensor types or protocol, certificates, or a
   *   missing municipality; NotFoundError for a municipality outside the scope
   */
  async register(input: RegisterDevice): Promise<Registration> {
    const methods = input.authMethods ?? ['api_key'];
    refuseUnavailableMethods(methods);
    const municipalityId = municipalityOf(input.municipalityId);
    const { rows, issued } = this.issuer.issue(input.deviceId, new Set(methods));
    return this.transactions.run(async (tx) => {
      if ((await tx.em.count(Municipality, { id: municipalityId })) === 0) throw municipalityNotFound();
      await checkProtocol(tx.em, input.protocolCode);
      const device = await this.insertDevice(tx, input, municipalityId);
      const sensors = await addSensors(tx, device, input.sensors ?? [], (index) => `sensors.${index}.typeCode`);
      for (const row of rows) tx.em.create(DeviceCredential, row);
      await this.changes.record(tx, device, 'registered');
      return { device, sensors, credentials: issued };
    });
  }

  private async insertDevice(tx: Transaction, input: RegisterDevice, municipalityId: string): Promise<Device> {
    const device = tx.em.create(Device, {
      id: input.deviceId,
      municipalityId,
      name: input.name,
      latitude: input.latitude ?? null,
      longitude: input.longitude ?? null,
      heartbeatIntervalSeconds: input.heartbeatIntervalSeconds,
      protocolCode: input.protocolCode ?? null,
      metadata: input.metadata ?? null,
    });
    try {
      await tx.em.flush();
    } catch (error) {
      if (this.dialect.violatedKey(error) !== null) throw deviceExists(input.deviceId, error);
      throw error;
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
