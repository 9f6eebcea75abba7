import { signatureOf, type SigningAuthority } from './authority.js';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from './x509.js';

/** What a certificate of a device says. */
export interface CertificateContent {
  /** `<deviceId>~<credentialId>`, which brokers take for the user name. */
  readonly commonName: string;
  readonly credentialId: string;
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SPKI, DER. */
  readonly publicKey: Buffer;
  /** Where the revocation list is; absent: nobody said how we are reached. */
  readonly crlUrl?: string;
}

/** Signs the certificate of a device: for signing in as a client, and for nothing else. */
export async function signDeviceCertificate(
  authority: SigningAuthority,
  content: CertificateContent,
): Promise<X509Certificate> {
  const publicKey = new PublicKey(content.publicKey);
  return X509CertificateGenerator.create({
    serialNumber: content.serialNumber,
    // The bytes of the authority's own name: written anew, they might differ, and the chain would not close.
    issuer: authority.certificate.subjectName,
    subject: [{ CN: [content.commonName] }],
    notBefore: content.notBefore,
    notAfter: content.notAfter,
    publicKey,
    signingKey: authority.signingKey,
    signingAlgorithm: signatureOf(authority),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([{ type: 'url', value: `urn:uuid:${content.credentialId}` }]),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      ...(content.crlUrl === undefined ? [] : [new CRLDistributionPointsExtension([content.crlUrl])]),
    ],
  });
}
