import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { RegistryVersion } from '../../database/registry-version.js';
import { Transactions } from '../../database/transaction.js';

interface Row {
  expires_at: string | Date | null;
}

/** Above this many devices the memory is dropped and filled anew. */
const MAX_REMEMBERED = 200_000;

/** Knows which devices have a live MQTT user, in memory: a broker asks again with every topic. */
@Injectable()
export class MqttUsers {
  /** Device → when its MQTT user ends, epoch ms; 0 for none. */
  private readonly ends = new Map<string, number>();
  private generation = 0;

  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly clock: Clock,
    registryVersion: RegistryVersion,
  ) {
    registryVersion.onChange(() => {
      this.forget();
    });
  }

  /** Whether the device may use MQTT with a user of its own. Says nothing about whether it is active. */
  async isLive(deviceId: string): Promise<boolean> {
    const end = this.ends.get(deviceId) ?? (await this.load(deviceId));
    return end > this.clock.nowMs();
  }

  private async load(deviceId: string): Promise<number> {
    const generation = this.generation;
    const { rows } = await this.transactions.query<Row>(
      `select expires_at from device_credentials where kind = 'mqtt' and device_id = ? and revoked_at is null`,
      [deviceId],
    );
    const ends = rows.map((row) => (row.expires_at === null ? Infinity : this.dialect.epochMs(row.expires_at)));
    const end = Math.max(0, ...ends);
    if (generation === this.generation) this.ends.set(deviceId, end);
    if (this.ends.size > MAX_REMEMBERED) this.forget();
    return end;
  }

  private forget(): void {
    this.generation++;
    this.ends.clear();
  }
}
