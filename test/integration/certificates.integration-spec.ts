import { X509Certificate } from 'node:crypto';
import { EntityManager } from '@mikro-orm/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CertificateVerifier } from '../../src/devices/certificates/certificate-verifier.js';
import { CertificatesService } from '../../src/devices/certificates/certificates.service.js';
import { DeviceAuthorities } from '../../src/devices/certificates/device-authorities.js';
import { DeviceAuthority } from '../../src/devices/certificates/device-authority.entity.js';
import { RevocationLists } from '../../src/devices/certificates/revocation-lists.js';
import { CredentialUsage } from '../../src/devices/credentials/credential-usage.js';
import { DeviceCredential } from '../../src/devices/credentials/device-credential.entity.js';
import { DeviceRemovalService } from '../../src/devices/device-removal.service.js';
import { CertificateRoom } from '../support/certificate-room.js';
import { describeEachDatabase } from '../support/databases.js';
import { asTenant, createDevicesModule, createMunicipality } from '../support/devices-module.js';
import { Openssl } from '../support/openssl.js';

const openssl = new Openssl();
afterAll(() => openssl.close());

describeEachDatabase((db) => {
  let room: CertificateRoom;
  let certificates: CertificatesService;
  let verifier: CertificateVerifier;
  let lists: RevocationLists;
  let em: EntityManager;

  beforeAll(async () => {
    room = await CertificateRoom.open(db);
    certificates = room.get(CertificatesService);
    verifier = room.get(CertificateVerifier);
    lists = room.get(RevocationLists);
    em = room.get(EntityManager);
  });
  afterAll(() => room.close());
  afterEach(() => room.clock.reset());

  it('makes one authority, however many instances need it first at the same time', async () => {
    await em.fork().nativeDelete(DeviceAuthority, {});
    const instances = await Promise.all(Array.from({ length: 4 }, () => createDevicesModule(db)));
    try {
      const all = await Promise.all(instances.map((instance) => instance.get(DeviceAuthorities).trusted()));
      expect(new Set(all.map((trusted) => trusted.map(({ id }) => id).join())).size).toBe(1);
      const [row, ...more] = await em.fork().find(DeviceAuthority, {});
      expect(more).toEqual([]);
      expect(row).toMatchObject({ id: all[0]![0]!.id, generation: 1 });
      expect(row!.privateKeyEncrypted).toMatch(/^v1\./);
      expect(JSON.stringify(row)).not.toContain('v1.');
    } finally {
      for (const instance of instances) await instance.close();
    }
  });

  it('issues what OpenSSL accepts, and lets the device in by it', async () => {
    const deviceId = await room.register();
    const issued = await room.generate(deviceId);
    expect(openssl.verify(await room.caPem(), issued.certificatePem)).toMatchObject({ good: true });
    expect(await verifier.verify(issued.certificatePem)).toEqual({ deviceId, municipalityId: room.home });
    const certificate = new X509Certificate(issued.certificatePem);
    expect(certificate.subject).toBe(`CN=${deviceId}~${issued.row.id}`);
    expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(issued.fingerprint);
    expect(certificate.serialNumber.toLowerCase()).toBe(issued.serialNumber);
    expect(Date.parse(certificate.validTo)).toBe(issued.expiresAt.getTime());
    const days = (issued.expiresAt.getTime() - room.clock.nowMs()) / 86_400_000;
    expect(Math.round(days)).toBe(365);
  });

  it('notes when a certificate was last used', async () => {
    const { certificatePem, row } = await room.generate(await room.register());
    await verifier.verify(certificatePem);
    await room.get(CredentialUsage).flush();
    const stored = await room.asHome(() => em.fork().findOneOrFail(DeviceCredential, { id: row.id }));
    expect(stored.lastUsedAt).toBeInstanceOf(Date);
  });

  it('signs the key of a request and nothing else of it', async () => {
    const csrPem = openssl.request('field', [
      ...['-newkey', 'rsa:2048', '-addext', 'basicConstraints=CA:TRUE'],
      ...['-addext', 'extendedKeyUsage=serverAuth', '-addext', 'subjectAltName=DNS:other.example'],
    ]);
    const deviceId = await room.register();
    const issued = await room.generate(deviceId, { csrPem, validityDays: 30 });
    expect(issued).toMatchObject({ privateKeyPem: undefined, algorithm: 'rsa2048' });
    const certificate = new X509Certificate(issued.certificatePem);
    expect(certificate).toMatchObject({ subject: `CN=${deviceId}~${issued.row.id}`, ca: false });
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.subjectAltName).toBe(`URI:urn:uuid:${issued.row.id}`);
    expect(await verifier.verify(issued.certificatePem)).toMatchObject({ deviceId });
  });

  describe('renewal', () => {
    it('leaves two certificates valid at the same time until the old one expires', async () => {
      const deviceId = await room.register();
      const old = await room.generate(deviceId, { validityDays: 10 });
      room.clock.move({ days: 5 });
      const renewed = await room.generate(deviceId);
      for (const { certificatePem } of [old, renewed]) {
        expect(await verifier.verify(certificatePem)).toMatchObject({ deviceId });
      }
      room.clock.move({ days: 6 });
      expect(await verifier.verify(old.certificatePem)).toBeNull();
      expect(await verifier.verify(renewed.certificatePem)).toMatchObject({ deviceId });
    });

    it('ends the old one after the overlap, also on the revocation list', async () => {
      const deviceId = await room.register();
      const old = await room.generate(deviceId);
      const renewed = await room.generate(deviceId, { overlapSeconds: 3600 });
      expect(await verifier.verify(old.certificatePem)).not.toBeNull();
      expect(openssl.verify(await room.caPem(), old.certificatePem, await lists.pem()).good).toBe(true);
      room.clock.move({ seconds: 3601 });
      expect(await verifier.verify(old.certificatePem)).toBeNull();
      const judge = async (pem: string) =>
        openssl.verify(await room.caPem(), pem, await lists.pem(), room.clock.nowMs());
      expect((await judge(old.certificatePem)).text).toContain('certificate revoked');
      expect(await judge(renewed.certificatePem)).toMatchObject({ good: true });
    });

    it('ends the old one at once without an overlap', async () => {
      const deviceId = await room.register();
      const old = await room.generate(deviceId);
      await room.generate(deviceId, { overlapSeconds: 0 });
      expect(await verifier.verify(old.certificatePem)).toBeNull();
      const page = await room.asHome(() => certificates.list(deviceId, { limit: 50 }));
      const reasons = page.items.map(({ certificate }) => certificate.revocationReason ?? null);
      expect(reasons).toEqual(['superseded', null]);
    });
  });

  describe('the revocation list', () => {
    it('names what was revoked, with its reason, and nothing else', async () => {
      const [revoked, good] = [await room.generate(await room.register()), await room.generate(await room.register())];
      await room.asHome(() => certificates.revoke(revoked.fingerprint, 'key_compromise'));
      const [ca, crl] = [await room.caPem(), await lists.pem()];
      expect(openssl.verify(ca, revoked.certificatePem, crl).text).toContain('certificate revoked');
      expect(openssl.verify(ca, good.certificatePem, crl)).toMatchObject({ good: true });
      const { text } = openssl.run(['crl', '-noout', '-text', '-CAfile', openssl.file('ca.pem', ca)], crl);
      expect(text).toContain('verify OK');
      expect(text).toContain('Version 2');
      expect(text).toMatch(new RegExp(`${revoked.serialNumber}[^S]+[\\s\\S]{0,200}Key Compromise`, 'i'));
      expect(text.toLowerCase()).not.toContain(good.serialNumber);
    });

    it('has a higher number when it says something else, and the same one on every instance', async () => {
      const numberOf = async (one: RevocationLists): Promise<number> => {
        const { text } = openssl.run(['crl', '-inform', 'DER', '-noout', '-crlnumber', '-in', await derFile(one)]);
        return Number(/crlNumber=(?:0x)?([0-9A-F]+)/i.exec(text)![1]);
      };
      const derFile = async (one: RevocationLists): Promise<string> => openssl.file('list.der', await one.der());
      const other = await createDevicesModule(db, { clock: room.clock });
      try {
        const first = await numberOf(lists);
        expect(await numberOf(other.get(RevocationLists))).toBe(first);
        const { fingerprint } = await room.generate(await room.register());
        await room.asHome(() => certificates.revoke(fingerprint, 'unspecified'));
        expect(await numberOf(lists)).toBe(first + 1);
      } finally {
        await other.close();
      }
    });

    it('is made anew long before it ends', async () => {
      const before = await lists.pem();
      room.clock.move({ days: 2 });
      const after = await lists.pem();
      const nextUpdate = (pem: string): number =>
        Date.parse(/nextUpdate=(.+)/.exec(openssl.run(['crl', '-noout', '-nextupdate'], pem).text)![1]!);
      expect(nextUpdate(after) - nextUpdate(before)).toBeGreaterThan(86_400_000);
      expect(nextUpdate(after) - room.clock.nowMs()).toBeGreaterThan(6 * 86_400_000);
    });

    it('keeps the certificate of a deleted device', async () => {
      const deviceId = await room.register();
      const { certificatePem, serialNumber } = await room.generate(deviceId);
      await room.asHome(() => room.get(DeviceRemovalService).remove(deviceId));
      expect(await verifier.verify(certificatePem)).toBeNull();
      expect(openssl.verify(await room.caPem(), certificatePem, await lists.pem()).text).toContain(
        'certificate revoked',
      );
      const { text } = openssl.run(['crl', '-noout', '-text'], await lists.pem());
      expect(text).toMatch(new RegExp(`${serialNumber}[^S]+[\\s\\S]{0,200}Cessation Of Operation`, 'i'));
    });
  });

  it('hides the certificates of others', async () => {
    const deviceId = await room.register();
    const { fingerprint, certificatePem } = await room.generate(deviceId);
    const stranger = await createMunicipality(room.module);
    const notFound = { code: 'CERTIFICATE_NOT_FOUND' };
    await expect(asTenant([stranger], () => certificates.revoke(fingerprint, 'unspecified'))).rejects.toMatchObject(
      notFound,
    );
    for (const work of [() => certificates.list(deviceId, { limit: 5 }), () => certificates.generate({ deviceId })]) {
      await expect(asTenant([stranger], async () => work())).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
    }
    expect(await verifier.verify(certificatePem)).not.toBeNull();
  });
});
