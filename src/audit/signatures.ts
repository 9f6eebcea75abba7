import { createPublicKey, verify } from 'node:crypto';

/** Public keys (SPKI, PEM) by their ids. */
export type PublicKeys = ReadonlyMap<string, string>;

/**
 * What is wrong with an Ed25519 signature; undefined when it is good.
 * @param signature base64
 */
export function signatureProblem(
  keys: PublicKeys,
  keyId: string,
  statement: string,
  signature: string,
): string | undefined {
  const pem = keys.get(keyId);
  if (pem === undefined) return `it is signed by the unknown key ${keyId}`;
  try {
    const good = verify(null, Buffer.from(statement, 'utf8'), createPublicKey(pem), Buffer.from(signature, 'base64'));
    return good ? undefined : 'its signature is wrong';
  } catch {
    return 'its signature or key cannot be read';
  }
}
