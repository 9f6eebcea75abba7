import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';

const SHARED_PREFIX = '$share/';

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

  /** Everything but the broker's own topics; shared subscriptions are ours. */
  mayUse(topic: string): boolean {
    return topic !== '' && (!topic.startsWith('$') || topic.startsWith(SHARED_PREFIX));
  }
}
