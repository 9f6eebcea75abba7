import { X509Certificate } from 'node:crypto';
import { EntityManager } from '@mikro-orm/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CertificateVerifier } from '../../src/devices/certificates/certificate-verifier.js';
import { CertificatesService } from '../../src/devices/certificates/certificates.service.js';
import { DeviceAuthorities } from '../../src/devices/certificates/device-authorities.js';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  fingerprintOf,
  KeyUsageFlags,
  KeyUsagesExtension,
  newKeyPair,
  pemOf,
  X509CertificateGenerator,
  type X509Certificate as SignedCertificate,
} from '../../src/devices/certificates/x509.js';
import { DeviceCredential } from '../../src/devices/credentials/device-credential.entity.js';
import { DevicesService } from '../../src/devices/devices.service.js';
import { Municipality } from '../../src/municipalities/municipality.entity.js';
import { CertificateRoom } from '../support/certificate-room.js';
import { describeEachDatabase } from '../support/databases.js';
import { Openssl } from '../support/openssl.js';

/** In what a certificate differs from a good one. */
interface Odd {
  readonly usages?: readonly string[];
  readonly keyUsage?: KeyUsageFlags;
  readonly ca?: boolean;
  readonly name?: string;
  /** By a key of somebody else's, under our authority's name. */
  readonly forged?: boolean;
}

const openssl = new Openssl();
afterAll(() => openssl.close());

describeEachDatabase((db) => {
  let room: CertificateRoom;
  let certificates: CertificatesService;
  let verifier: CertificateVerifier;
  let em: EntityManager;

  beforeAll(async () => {
    room = await CertificateRoom.open(db);
    certificates = room.get(CertificatesService);
    verifier = room.get(CertificateVerifier);
    em = room.get(EntityManager);
  });
  afterAll(() => room.close());
  afterEach(() => room.clock.reset());

  /** A certificate as an authority would never sign it. */
  async function odder(odd: Odd & { readonly commonName: string }): Promise<SignedCertificate> {
    const { usages = [ExtendedKeyUsage.clientAuth], keyUsage = KeyUsageFlags.digitalSignature, ca = false } = odd;
    const authority = await room.get(DeviceAuthorities).signing();
    const keys = await newKeyPair('p256');
    return X509CertificateGenerator.create({
      issuer: authority.certificate.subjectName,
      subject: [{ CN: [odd.commonName] }],
      notBefore: new Date(room.clock.nowMs() - 60_000),
      notAfter: new Date(room.clock.nowMs() + 60_000),
      publicKey: keys.publicKey,
      signingKey: odd.forged ? keys.privateKey : authority.signingKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' } as never,
      extensions: [
        new BasicConstraintsExtension(ca),
        new KeyUsagesExtension(keyUsage, true),
        ...(usages.length > 0 ? [new ExtendedKeyUsageExtension([...usages])] : []),
      ],
    });
  }

  describe('the verifier refuses in the same way', () => {
    it('what was revoked', async () => {
      const { certificatePem, fingerprint } = await room.generate(await room.register());
      expect(await verifier.verify(certificatePem)).not.toBeNull();
      await room.asHome(() => certificates.revoke(fingerprint, 'key_compromise'));
      expect(await verifier.verify(certificatePem)).toBeNull();
    });

    it('what was revoked as a credential of its device', async () => {
      const { certificatePem, row } = await room.generate(await room.register());
      await em.fork().nativeUpdate(DeviceCredential, { id: row.id }, { revokedAt: new Date() }, { filters: false });
      expect(await verifier.verify(certificatePem)).toBeNull();
    });

    it('what is not valid yet, and what has ended', async () => {
      const { certificatePem } = await room.generate(await room.register(), { validityDays: 1 });
      room.clock.move({ days: -1 });
      expect(await verifier.verify(certificatePem)).toBeNull();
      room.clock.reset();
      expect(await verifier.verify(certificatePem)).not.toBeNull();
      room.clock.move({ days: 1, seconds: 1 });
      expect(await verifier.verify(certificatePem)).toBeNull();
    });

    it('what another authority signed, whatever it says', async () => {
      const deviceId = await room.register();
      const { row, certificatePem } = await room.generate(deviceId);
      const { subject } = new X509Certificate(certificatePem);
      openssl.request('forged');
      const forged = openssl.run(['req', '-x509', '-key', 'forged.key', '-subj', `/${subject}`, '-days', '30']);
      const pem = /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.exec(forged.text)![0];
      expect(await verifier.verify(pem)).toBeNull();
      // Even one that somebody wrote into our own tables.
      const lookup = new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
      await em.fork().nativeUpdate(DeviceCredential, { id: row.id }, { lookup }, { filters: false });
      expect(await verifier.verify(pem)).toBeNull();
    });

    it.each<[string, Odd]>([
      ['for servers', { usages: [ExtendedKeyUsage.serverAuth] }],
      ['for no purpose at all', { usages: [] }],
      ['not for signing in', { keyUsage: KeyUsageFlags.keyEncipherment }],
      ['as an authority', { ca: true }],
      ['for another device', { name: 'gauge-of-others' }],
      ['in its words alone, without its key', { forged: true }],
    ])('what our authority signed %s', async (_what, odd) => {
      const deviceId = await room.register();
      const { row } = await room.generate(deviceId);
      const sign = async (more: Odd): Promise<string> => {
        const certificate = await odder({ ...more, commonName: `${more.name ?? deviceId}~${row.id}` });
        // As if somebody had written it into our own tables.
        const lookup = fingerprintOf(certificate);
        await em.fork().nativeUpdate(DeviceCredential, { id: row.id }, { lookup }, { filters: false });
        return pemOf(certificate);
      };
      expect(await verifier.verify(await sign({}))).toMatchObject({ deviceId });
      expect(await verifier.verify(await sign(odd))).toBeNull();
    });

    it('that of an inactive device, and of one in a suspended municipality', async () => {
      const deviceId = await room.register();
      const { certificatePem } = await room.generate(deviceId);
      await room.asHome(() => room.get(DevicesService).setStatus(deviceId, 'deactivated'));
      expect(await verifier.verify(certificatePem)).toBeNull();
      await room.asHome(() => room.get(DevicesService).setStatus(deviceId, 'active'));
      expect(await verifier.verify(certificatePem)).not.toBeNull();
      await em.fork().nativeUpdate(Municipality, { id: room.home }, { status: 'suspended' }, { filters: false });
      expect(await verifier.verify(certificatePem)).toBeNull();
      await em.fork().nativeUpdate(Municipality, { id: room.home }, { status: 'active' }, { filters: false });
    });

    it.each([
      ['nothing', ''],
      ['nonsense', 'nonsense'],
      ['what is no certificate inside', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
      ['far too much', 'A'.repeat(100_000)],
    ])('%s', async (_what, text) => {
      expect(await verifier.verify(text)).toBeNull();
    });
  });
});
