import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';
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
    private readonly config: AppConfig,
  ) {
    super();
  }

  override async authenticate(client: BrokerSignIn): Promise<BrokerAdmission> {
    if (this.platform.is(client.username))
      return this.platform.signsIn(client.username, client.password) ? ALLOWED : DENIED;
    const byPassword = client.password !== undefined || client.certificateName === undefined;
    const username = byPassword ? client.username : client.certificateName;
    const deviceId = byPassword
      ? await this.byPassword(client)
      : await this.byCertificate(client.certificateName ?? '');
    if (deviceId === null || username === undefined) return DENIED;
    if (await this.isAnothersClientId(client.clientId, deviceId)) return DENIED;
    const expiresAt = await this.mqttUsers.endOf(username);
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

  /** The broker has checked the chain; whether the certificate of this name still counts is known here. */
  private async byCertificate(name: string): Promise<string | null> {
    const user = parseMqttUserName(name);
    if (user === null || user.credentialId === null || !(await this.mqttUsers.isCertificate(name))) return null;
    return (await this.isLive(name, user.deviceId)) ? user.deviceId : null;
  }

  private async isLive(username: string, deviceId: string): Promise<boolean> {
    const device = (await this.registry.resolve([deviceId])).get(deviceId);
    return (device?.active ?? false) && (await this.mqttUsers.isLive(username));
  }

  /** Whoever connects with a client's id takes over its session: ids of other devices and of the platform are theirs. */
  private async isAnothersClientId(clientId: string, deviceId: string): Promise<boolean> {
    if (clientId === deviceId) return false;
    if (clientId.startsWith(this.config.mqtt.clientId) || clientId === this.config.mqtt.username) return true;
    // Also in the form of a user name: brokers can be told to take that for the client id.
    const named = parseMqttUserName(clientId)?.deviceId;
    return named !== undefined && named !== deviceId && (await this.registry.resolve([named])).has(named);
  }
}
