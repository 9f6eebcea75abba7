import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Clock } from '../../common/clock.js';
import { SqlDialect } from '../../database/dialects/sql-dialect.js';
import { placeholders } from '../../database/sql.js';
import { Transactions, type Transaction } from '../../database/transaction.js';
import { OutboxService } from '../../outbox/outbox.service.js';
import { DeviceAlerts, type DeviceAlertClear, type DeviceAlertRaise } from '../device-alerts.js';
import { judgeExpiry, SOONEST_WARNING_MS, type ExpiryVerdict, type KnownCertificate } from './certificate-expiry.js';
import { DeviceAuthorities } from './device-authorities.js';

interface Row {
  fingerprint: string;
  device_id: string;
  municipality_id: string;
  not_after: string | Date;
  expiry_stage: number;
  device_status: string;
  certificate_revoked_at: string | Date | null;
  credential_revoked_at: string | Date | null;
  expires_at: string | Date | null;
}

/** Devices of one transaction. */
const CHUNK = 200;

/** Says in good time which certificates end: as alerts about their devices, and in the log about the authority's own. */
@Injectable()
export class CertificateExpiryService {
  constructor(
    private readonly transactions: Transactions,
    private readonly dialect: SqlDialect,
    private readonly outbox: OutboxService,
    private readonly authorities: DeviceAuthorities,
    private readonly modules: ModuleRef,
    private readonly clock: Clock,
  ) {}

  /** Opens, raises and ends the alerts; again at the same time is no change. */
  async check(): Promise<void> {
    await this.authorities.prepareNext();
    const now = this.clock.nowMs();
    const deviceIds = await this.devicesToLookAt(now);
    for (let from = 0; from < deviceIds.length; from += CHUNK) {
      const some = deviceIds.slice(from, from + CHUNK);
      await this.transactions.run((tx) => this.settle(tx, some, now));
    }
  }

  /** Those that were warned of, and those whose last certificate ends soon and was not. */
  private async devicesToLookAt(now: number): Promise<string[]> {
    const soon = this.dialect.instant(now + SOONEST_WARNING_MS);
    const { rows } = await this.transactions.query<{ device_id: string }>(
      `select distinct c.device_id from device_certificates c
       join device_credentials k on k.id = c.credential_id
       join devices d on d.id = c.device_id
       where c.expiry_stage > 0
         or (c.revoked_at is null and k.revoked_at is null and d.status = 'active'
           and least(c.not_after, coalesce(k.expires_at, c.not_after)) <= ?
           and not exists (select 1 from device_certificates o join device_credentials l on l.id = o.credential_id
             where o.device_id = c.device_id and o.revoked_at is null and l.revoked_at is null
               and least(o.not_after, coalesce(l.expires_at, o.not_after)) > ?))
       order by c.device_id`,
      [soon, soon],
    );
    return rows.map((row) => row.device_id);
  }

  private async settle(tx: Transaction, deviceIds: readonly string[], now: number): Promise<void> {
    const raised: DeviceAlertRaise[] = [];
    const cleared: DeviceAlertClear[] = [];
    for (const [deviceId, rows] of Map.groupBy(await this.read(tx, deviceIds), (row) => row.device_id)) {
      const verdict = judgeExpiry(
        rows.map((row) => this.knownOf(row)),
        now,
      );
      await remember(tx, verdict);
      const about = { deviceId, kind: 'certificate_expiring' as const, at: now };
      if (verdict.warning) raised.push({ ...about, municipalityId: rows[0]!.municipality_id, ...verdict.warning });
      else if (verdict.over) cleared.push(about);
    }
    const told = await this.modules.get(DeviceAlerts, { strict: false }).apply(tx, raised, cleared);
    await this.outbox.append(tx, told);
  }

  /** Locked, so that two that look at the same time say everything once. */
  private async read(tx: Transaction, deviceIds: readonly string[]): Promise<Row[]> {
    const { rows } = await tx.query<Row>(
      `select c.fingerprint, c.device_id, d.municipality_id, c.not_after, c.expiry_stage, d.status as device_status,
         c.revoked_at as certificate_revoked_at, k.revoked_at as credential_revoked_at, k.expires_at
       from device_certificates c
       join device_credentials k on k.id = c.credential_id
       join devices d on d.id = c.device_id
       where c.device_id in ${placeholders(deviceIds.length)}
       order by c.fingerprint for update`,
      deviceIds,
    );
    return rows;
  }

  private knownOf(row: Row): KnownCertificate {
    const end = this.dialect.epochMs(row.not_after);
    const revoked = row.certificate_revoked_at !== null || row.credential_revoked_at !== null;
    return {
      fingerprint: row.fingerprint,
      endsAt: row.expires_at === null ? end : Math.min(end, this.dialect.epochMs(row.expires_at)),
      live: !revoked && row.device_status === 'active',
      stage: row.expiry_stage,
    };
  }
}

async function remember(tx: Transaction, { stages }: ExpiryVerdict): Promise<void> {
  for (const [fingerprint, stage] of stages) {
    await tx.query(`update device_certificates set expiry_stage = ? where fingerprint = ?`, [stage, fingerprint]);
  }
}
