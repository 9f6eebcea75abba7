import { Injectable } from '@nestjs/common';
import { deviceIdSchema } from '../../common/validation/schemas.js';
import { AppConfig } from '../../config/app-config.js';
import { BrokerAuthority, type BrokerAction, type BrokerDecision } from '../../mqtt/broker-authority.js';
import { TOPICS, type TopicPattern } from '../../mqtt/topics.js';
import { CredentialVerifier } from '../credentials/credential-verifier.js';
import { DeviceRegistry } from '../device-registry.js';
import { MqttUsers } from './mqtt-users.js';

/** What a device may do, on its own topics only. */
const RIGHTS: Readonly<Record<BrokerAction, readonly TopicPattern[]>> = {
  publish: [TOPICS.data, TOPICS.status, TOPICS.heartbeat, TOPICS.response],
  subscribe: [TOPICS.command],
};

/** Answers a broker's questions: an active device with a live MQTT user may use its own topics, nobody else anything. */
@Injectable()
export class DeviceBrokerAuthority extends BrokerAuthority {
  constructor(
    private readonly verifier: CredentialVerifier,
    private readonly registry: DeviceRegistry,
    private readonly mqttUsers: MqttUsers,
    private readonly config: AppConfig,
  ) {
    super();
  }

  override async authenticate(
    clientId: string,
    username: string | undefined,
    password: string | undefined,
  ): Promise<BrokerDecision> {
    const device = await this.verifier.byMqttPassword(username ?? '', password ?? '');
    if (device === null || (await this.isAnothersClientId(clientId, device.deviceId))) return 'deny';
    return 'allow';
  }

  override async authorize(
    _clientId: string,
    username: string | undefined,
    topic: string,
    action: BrokerAction,
  ): Promise<BrokerDecision> {
    if (username === undefined || !deviceIdSchema.safeParse(username).success) return 'deny';
    // Compared as whole words: a filter with wildcards, of a device or of many, equals none of these.
    if (!RIGHTS[action].some((pattern) => pattern.replace('+', username) === topic)) return 'deny';
    const device = (await this.registry.resolve([username])).get(username);
    return device?.active && (await this.mqttUsers.isLive(username)) ? 'allow' : 'deny';
  }

  /** Whoever connects with a client's id takes over its session: ids of other devices and of the platform are theirs. */
  private async isAnothersClientId(clientId: string, deviceId: string): Promise<boolean> {
    if (clientId === deviceId) return false;
    if (clientId.startsWith(this.config.mqtt.clientId)) return true;
    return deviceIdSchema.safeParse(clientId).success && (await this.registry.resolve([clientId])).has(clientId);
  }
}
