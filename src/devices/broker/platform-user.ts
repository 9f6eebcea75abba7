import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';

const SHARED_PREFIX = '$share/';
/** Client ids of the platform's processes begin so, unless `MQTT_CLIENT_ID` says otherwise. */
const CLIENT_ID_PREFIX = 'hydroalert-';

/** The platform itself as a client of its own broker: `MQTT_USERNAME` with `MQTT_PASSWORD`. */
@Injectable()
export class PlatformUser {
  constructor(private readonly config: AppConfig) {}

  /** Whether it is the platform's user name; never one of a device, whose names are drawn by us. */
  is(username: string | undefined): boolean {
    return username !== undefined && username === this.config.mqtt.username;
  }

  /** Compared in constant time. A platform without a password signs in nowhere. */
  signsIn(username: string | undefined, password: string | undefined): boolean {
    const expected = this.config.mqtt.password;
    if (!this.is(username) || expected === undefined || password === undefined) return false;
    const [one, other] = [expected, password].map((text) => createHash('sha256').update(text).digest());
    return timingSafeEqual(one!, other!);
  }

  /**
   * Whether a process of the platform may connect under this client id; also another process than this one, which is why
   * the whole prefix is ours. Whoever connects under the client id of another ends its session and gets its messages.
   */
  ownsClientId(clientId: string): boolean {
    const { clientId: own, username } = this.config.mqtt;
    if (clientId === own || clientId === username) return true;
    return [CLIENT_ID_PREFIX, `${own}-`].some((prefix) => clientId.startsWith(prefix));
  }

  /** Everything but the broker's own topics; shared subscriptions are ours. */
  mayUse(topic: string): boolean {
    return topic !== '' && (!topic.startsWith('$') || topic.startsWith(SHARED_PREFIX));
  }
}
