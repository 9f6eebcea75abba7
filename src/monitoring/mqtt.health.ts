import { Injectable } from '@nestjs/common';
import { MqttConnectionState } from '../mqtt/mqtt-connection-state.js';
import { HealthIndicator } from './health-indicator.js';

/** We are connected to the broker, and it grants our subscriptions. */
@Injectable()
export class MqttHealth extends HealthIndicator {
  readonly name = 'mqtt';

  constructor(private readonly state: MqttConnectionState) {
    super();
  }

  probe(): Promise<string | undefined> {
    const { status, lastError } = this.state;
    const reason = lastError === undefined ? status : `${status}: ${lastError}`;
    if (status === 'connected') return Promise.resolve(undefined);
    return status === 'degraded' ? Promise.resolve(reason) : Promise.reject(new Error(reason));
  }
}
