import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { RegistryVersion } from '../../database/registry-version.js';
import { Transactions } from '../../database/transaction.js';
import { CredentialIssuer } from '../../devices/credentials/credential-issuer.js';
import type { IssuedCredentials } from '../../devices/credentials/credential.schemas.js';
import { DeviceCredential } from '../../devices/credentials/device-credential.entity.js';
import { DeviceRegistrationService } from '../../devices/device-registration.service.js';
import { Device } from '../../devices/device.entity.js';
import { demoDevices, type DemoDevice } from './demo-devices.js';
import type { DemoFileDevice } from './demo-file.js';

const AUTH_METHODS = ['api_key', 'mqtt', 'hmac'] as const;
const HEARTBEAT_INTERVAL_SECONDS = 300;

/** Registers the devices of the demo country. */
@Injectable()
export class DemoDeviceSeeder {
  constructor(
    private readonly em: EntityManager,
    private readonly transactions: Transactions,
    private readonly registry: RegistryVersion,
    private readonly registration: DeviceRegistrationService,
    private readonly issuer: CredentialIssuer,
  ) {}

  /** @param known devices with secrets from an earlier run */
  async run(municipalityIds: ReadonlyMap<string, string>, known: readonly DemoFileDevice[]): Promise<DemoFileDevice[]> {
    const kept = new Map(known.map((device) => [device.deviceId, device]));
    const devices: DemoFileDevice[] = [];
    for (const device of demoDevices()) {
      const municipalityId = municipalityIds.get(device.municipality)!;
      const credentials = await this.ensure(device, municipalityId, kept.get(device.deviceId));
      devices.push(describe(device, municipalityId, credentials));
    }
    return devices;
  }

  private async ensure(
    device: DemoDevice,
    municipalityId: string,
    known: DemoFileDevice | undefined,
  ): Promise<IssuedCredentials> {
    const isThere = (await this.em.fork().count(Device, { id: device.deviceId })) > 0;
    if (isThere) return known ?? this.issueAnew(device.deviceId, municipalityId);
    const { credentials } = await this.registration.register({
      deviceId: device.deviceId,
      name: device.name,
      municipalityId,
      authMethods: [...AUTH_METHODS],
      latitude: device.place[0],
      longitude: device.place[1],
      sensors: device.metrics.map((code) => ({ typeCode: code, thresholds: device.thresholds[code] ?? null })),
      heartbeatIntervalSeconds: HEARTBEAT_INTERVAL_SECONDS,
      metadata: siteOf(device),
    });
    return credentials;
  }

  /** The secrets of a device cannot be read again: where the file is lost, it gets new ones in place of the old. */
  private async issueAnew(deviceId: string, municipalityId: string): Promise<IssuedCredentials> {
    const issue = await this.issuer.issue(deviceId, new Set(AUTH_METHODS));
    return this.transactions.run(async (transaction) => {
      const { em } = transaction;
      await em.nativeDelete(DeviceCredential, { deviceId, kind: { $in: [...AUTH_METHODS] } });
      this.issuer.store(transaction, issue, municipalityId);
      await em.flush();
      await this.registry.bump(transaction);
      return issue.issued;
    });
  }
}

/** Where the device stands, for people. */
function siteOf({ role, river, pipeline, order }: DemoDevice): Record<string, string | number> {
  const line: Record<string, string> = river ? { river } : pipeline ? { pipeline } : {};
  return { role, ...line, ...(order === undefined ? {} : { order }) };
}

function describe(device: DemoDevice, municipalityId: string, credentials: IssuedCredentials): DemoFileDevice {
  const { deviceId, simulated, metrics, role, river, pipeline, order, thresholds } = device;
  const { apiKey, hmac, mqtt } = credentials;
  if (!apiKey || !hmac || !mqtt) throw new Error(`${deviceId} was registered without all of its credentials`);
  return {
    deviceId,
    municipality: municipalityId,
    simulated,
    apiKey,
    hmac,
    mqtt,
    metrics: [...metrics],
    role,
    river,
    pipeline,
    order,
    thresholds,
    heartbeatIntervalSeconds: HEARTBEAT_INTERVAL_SECONDS,
  };
}
