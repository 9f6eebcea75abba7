import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { redactText } from '../common/logging/redact.js';
import { AppConfig } from '../config/app-config.js';
import type { ConnectionStatus } from '../mqtt/connection-status.js';
import { MqttConnectionState } from '../mqtt/mqtt-connection-state.js';
import { RightsStatus } from '../devices/broker/rights-status.js';
import { HealthService } from './health.service.js';
import type { Connectivity, MqttStatus, SystemStatus } from './system-status.schema.js';

const BYTES_PER_MEGABYTE = 1024 * 1024;

/** Describes the answering process for people who run the platform. */
@Injectable()
export class SystemStatusService {
  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly health: HealthService,
    private readonly mqtt: MqttConnectionState,
    private readonly rights: RightsStatus,
  ) {}

  async system(): Promise<SystemStatus> {
    const { status, services } = await this.health.check();
    const uptimeSeconds = oneDecimal(process.uptime());
    return {
      status,
      environment: this.config.environment,
      roles: [...this.config.roles],
      startedAt: new Date(this.clock.nowMs() - uptimeSeconds * 1000).toISOString(),
      uptimeSeconds,
      memoryMegabytes: oneDecimal(process.memoryUsage.rss() / BYTES_PER_MEGABYTE),
      services,
    };
  }

  async connectivity(): Promise<Connectivity> {
    return (await this.health.check()).services;
  }

  async broker(): Promise<MqttStatus> {
    const { subscribed, sessionPresent, publisher, control, counters } = this.mqtt;
    const rights = await this.rights.read();
    return {
      enabled: this.config.hasRole('ingest'),
      subscriber: { ...describe(this.mqtt), subscribed, sessionPresent },
      publisher: describe(publisher),
      control: describe(control),
      rights: rights && { ...rights, reconciledAt: rights.reconciledAt?.toISOString() ?? null },
      counters: { ...counters },
    };
  }
}

function describe(connection: ConnectionStatus): MqttStatus['publisher'] {
  const { status, since, attempts, lastError, protocolVersion } = connection;
  return {
    status,
    since: since.toISOString(),
    attempts,
    lastError: lastError === undefined ? null : redactText(lastError),
    protocolVersion: protocolVersion === undefined ? null : protocolVersion === 5 ? '5' : '3.1.1',
  };
}

function oneDecimal(value: number): number {
  return Math.round(value * 10) / 10;
}
