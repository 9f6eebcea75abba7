import { Injectable } from '@nestjs/common';
import {
  BrokerAuthority,
  type BrokerAction,
  type BrokerAdmission,
  type BrokerDecision,
  type BrokerSignIn,
} from '../../mqtt/broker-authority.js';
import { CredentialVerifier } from '../credentials/credential-verifier.js';
import { parseMqttUserName } from '../credentials/mqtt-user-name.js';
import { DeviceRegistry } from '../device-registry.js';
import { RIGHTS } from './device-rights.js';
import { MqttUsers } from './mqtt-users.js';
import { PlatformUser } from './platform-user.js';

const DENIED: BrokerAdmission = { decision: 'deny' };
/** Stands in user names after the device's id; no device id holds it. */
const USER_NAME_SEPARATOR = '~';
const ALLOWED: BrokerAdmission = { decision: 'allow' };

/**
 * Answers a broker's questions: an active device with a live MQTT user or certificate may use its own topics, the
 * platform what is not the broker's own, nobody else anything.
 */
@Injectable()
export class DeviceBrokerAuthority extends BrokerAuthority {
  constructor(
    private readonly verifier: CredentialVerifier,
    private readonly registry: DeviceRegistry,
    private readonly mqttUsers: MqttUsers,
    private readonly platform: PlatformUser,
  ) {
    super();
  }

  override async authenticate(client: BrokerSignIn): Promise<BrokerAdmission> {
    if (this.platform.is(client.username))
      return this.platform.signsIn(client.username, client.password) ? ALLOWED : DENIED;
    if (this.platform.ownsClientId(client.clientId)) return DENIED;
    const deviceId = hasPassword(client) ? await this.byPassword(client) : await this.byCertificate(client);
    if (deviceId === null || client.username === undefined) return DENIED;
    if (!isClientIdOf(deviceId, client.clientId)) return DENIED;
    const expiresAt = await this.mqttUsers.endOf(client.username);
    return Number.isFinite(expiresAt) && expiresAt > 0 ? { decision: 'allow', expiresAt } : ALLOWED;
  }

  override async authorize(username: string | undefined, topic: string, action: BrokerAction): Promise<BrokerDecision> {
    if (this.platform.is(username)) return this.platform.mayUse(topic) ? 'allow' : 'deny';
    const user = parseMqttUserName(username ?? '');
    if (username === undefined || user === null) return 'deny';
    const { deviceId } = user;
    // Compared as whole words: a filter with wildcards, of a device or of many, equals none of these.
    const patterns = action === 'publish' ? RIGHTS.publish : RIGHTS.subscribe;
    if (!patterns.some((pattern) => pattern.replace('+', deviceId) === topic)) return 'deny';
    return (await this.isLive(username, deviceId)) ? 'allow' : 'deny';
  }

  private async byPassword({ username, password }: BrokerSignIn): Promise<string | null> {
    return (await this.verifier.byMqttPassword(username ?? '', password ?? ''))?.deviceId ?? null;
  }

  /**
   * The broker has checked the chain; whether the certificate of this name still counts is known here. The broker asks for
   * rights by the user name, so another name than the certificate's would be another device's rights.
   */
  private async byCertificate({ certificateName: name = '', username }: BrokerSignIn): Promise<string | null> {
    const user = parseMqttUserName(name);
    if (username !== name || user === null || user.credentialId === null || !(await this.mqttUsers.isCertificate(name)))
      return null;
    return (await this.isLive(name, user.deviceId)) ? user.deviceId : null;
  }

  private async isLive(username: string, deviceId: string): Promise<boolean> {
    const device = (await this.registry.resolve([deviceId])).get(deviceId);
    return (device?.active ?? false) && (await this.mqttUsers.isLive(username));
  }
}

/** Where there is a certificate, brokers that have no password to send may send an empty one, or their word for none. */
function hasPassword({ password, certificateName }: BrokerSignIn): boolean {
  return certificateName === undefined || !(password === undefined || password === '' || password === 'undefined');
}

/**
 * Whoever connects under the client id of another takes over its session. Ids of other devices and processes cannot all be
 * known here, so a device has its own and those that begin with it and `~`, as its user names do; with an empty one the
 * broker draws an id that nobody has.
 */
function isClientIdOf(deviceId: string, clientId: string): boolean {
  return clientId === '' || clientId === deviceId || clientId.startsWith(`${deviceId}${USER_NAME_SEPARATOR}`);
}
