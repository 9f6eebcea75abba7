import { EntityManager } from '@mikro-orm/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Alert } from '../../src/alerts/alert.entity.js';
import { AlertsModule } from '../../src/alerts/alerts.module.js';
import { CertificateExpiryService } from '../../src/devices/certificates/certificate-expiry.service.js';
import { CertificatesService } from '../../src/devices/certificates/certificates.service.js';
import { DeviceAuthorities } from '../../src/devices/certificates/device-authorities.js';
import { RevocationLists } from '../../src/devices/certificates/revocation-lists.js';
import { DevicesService } from '../../src/devices/devices.service.js';
import { CertificateRoom } from '../support/certificate-room.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant } from '../support/devices-module.js';
import { Openssl } from '../support/openssl.js';

const openssl = new Openssl();
afterAll(() => openssl.close());

describeEachDatabase((db) => {
  let room: CertificateRoom;
  let em: EntityManager;

  beforeAll(async () => {
    room = await CertificateRoom.open(db, [AlertsModule]);
    em = room.get(EntityManager);
  });
  afterAll(() => room.close());
  afterEach(() => room.clock.reset());

  async function deviceWithCertificate(validityDays: number): Promise<{ deviceId: string; fingerprint: string }> {
    const deviceId = await room.register();
    const { fingerprint } = await room.generate(deviceId, { validityDays });
    return { deviceId, fingerprint };
  }

  const check = (): Promise<void> => asTenant('all', () => room.get(CertificateExpiryService).check());

  async function alertsOf(deviceId: string): Promise<[string, string, number][]> {
    const found = await asTenant('all', () => em.fork().find(Alert, { deviceId }, { orderBy: { openedAt: 'asc' } }));
    return found.map(({ status, severity, occurrences }) => [status, severity, occurrences]);
  }

  it('warns 30, 7 and 1 days before the end, and at the end, in one alert', async () => {
    const { deviceId } = await deviceWithCertificate(31);
    await check();
    expect(await alertsOf(deviceId)).toEqual([]);
    const seen = [];
    for (const days of [2, 22, 6, 3]) {
      room.clock.move({ days });
      await check();
      await check();
      seen.push(...(await alertsOf(deviceId)));
    }
    expect(seen).toEqual([
      ['ACTIVE', 'LOW', 1],
      ['ACTIVE', 'MEDIUM', 2],
      ['ACTIVE', 'HIGH', 3],
      ['ACTIVE', 'HIGH', 4],
    ]);
    const [alert] = await asTenant('all', () => em.fork().find(Alert, { deviceId }));
    expect(alert).toMatchObject({ kind: 'certificate_expiring', municipalityId: room.home });
    expect(alert!.title).toMatch(/^Its certificate ended on \d{4}-/);
  });

  it('ends the alert when the device has a newer certificate', async () => {
    const { deviceId } = await deviceWithCertificate(5);
    await check();
    expect(await alertsOf(deviceId)).toEqual([['ACTIVE', 'MEDIUM', 1]]);
    await room.generate(deviceId, { validityDays: 365 });
    await check();
    await check();
    expect(await alertsOf(deviceId)).toEqual([['RESOLVED', 'MEDIUM', 1]]);
  });

  it('ends the alert when the certificate is revoked, or the device is stopped, and begins again with it', async () => {
    const [revoked, stopped] = [await deviceWithCertificate(5), await deviceWithCertificate(5)];
    await check();
    await room.asHome(() => room.get(CertificatesService).revoke(revoked.fingerprint, 'superseded'));
    const setStatus = (status: 'active' | 'deactivated') =>
      room.asHome(() => room.get(DevicesService).setStatus(stopped.deviceId, status));
    await setStatus('deactivated');
    await check();
    for (const { deviceId } of [revoked, stopped]) {
      expect(await alertsOf(deviceId)).toEqual([['RESOLVED', 'MEDIUM', 1]]);
    }
    await setStatus('active');
    room.clock.move({ seconds: 1 });
    await check();
    const both = [
      ['RESOLVED', 'MEDIUM', 1],
      ['ACTIVE', 'MEDIUM', 1],
    ];
    expect(await alertsOf(stopped.deviceId)).toEqual(both);
  });

  it('says nothing of certificates that were renewed in time, whatever becomes of the old ones', async () => {
    const { deviceId } = await deviceWithCertificate(40);
    await room.generate(deviceId, { validityDays: 365 });
    for (const days of [15, 10, 10, 10]) {
      room.clock.move({ days });
      await check();
    }
    expect(await alertsOf(deviceId)).toEqual([]);
  });

  describe('an authority of our own', () => {
    it('gets a successor when it could no longer sign the longest certificate, which signs a month later', async () => {
      const authorities = room.get(DeviceAuthorities);
      const [first] = await authorities.trusted();
      const years = (count: number) => ({ days: count * 365.25 });
      room.clock.move(years(9.9));
      await check();
      expect(await authorities.trusted()).toHaveLength(1);
      room.clock.move(years(0.2));
      await check();
      await check();
      const [signing, next, ...more] = await authorities.trusted();
      expect([signing!.id, more]).toEqual([first!.id, []]);
      room.clock.move({ days: 31 });
      expect((await authorities.trusted()).map(({ id }) => id)).toEqual([next!.id, first!.id]);
      // What the old one signed stays good, and both have a list.
      const old = first!.certificatePem;
      const lists = await room.get(RevocationLists).pem();
      expect(lists.match(/BEGIN X509 CRL/g)).toHaveLength(2);
      const issued = await deviceWithCertificateFrom();
      expect(issued.caPem).toBe(next!.certificatePem);
      const trusted = `${old}${next!.certificatePem}`;
      expect(openssl.verify(trusted, issued.certificatePem, lists, room.clock.nowMs())).toMatchObject({ good: true });
      room.clock.move(years(10));
      expect((await authorities.trusted()).map(({ id }) => id)).toEqual([next!.id]);
    });
  });

  async function deviceWithCertificateFrom(): Promise<{ caPem: string; certificatePem: string }> {
    const { deviceId } = await deviceWithCertificate(30);
    return room.generate(deviceId);
  }
});
