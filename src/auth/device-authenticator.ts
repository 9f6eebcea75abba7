import type { SignedNonce } from '../mqtt/inbound-message.js';

/** A device that proved who it is. */
export interface AuthenticatedDevice {
  readonly deviceId: string;
  readonly municipalityId: string;
  /**
   * There when the device signed the request. Whoever stores what came with it claims the nonce in the same transaction,
   * so that the request is taken once.
   */
  readonly signed?: SignedNonce;
}

/** A signature as a request brings it: texts as sent, nothing checked. */
export interface RequestSignature {
  readonly keyId?: string;
  /** Epoch milliseconds, as the device wrote them. */
  readonly timestamp: string;
  readonly nonce: string;
  /** Hexadecimal. */
  readonly signature: string;
  /** The bytes that were signed: the body, without its content encoding. */
  readonly body: Buffer;
}

/** Everything with which a request says which device sent it. */
export interface DeviceProof {
  /** Of the header `X-Device-Id`; a certificate names its device itself. */
  readonly deviceId?: string;
  readonly apiKey?: string;
  readonly signature?: RequestSignature;
  /** The client certificate, PEM. */
  readonly certificate?: string;
}

/** Checks the credentials of devices. Declared here, implemented by devices. */
export abstract class DeviceAuthenticator {
  /**
   * The device that the proof is of; null for an unknown device, a wrong secret, and a device that is not active, after
   * the same time for each. Of several proofs the certificate counts, else the signature, else the API key; a signature
   * that is there has to be right in any case.
   * @throws UnauthenticatedError `SIGNATURE_INVALID`, `SIGNATURE_EXPIRED`; `SIGNATURE_MISSING` for a device that has to sign
   */
  abstract authenticate(proof: DeviceProof): Promise<AuthenticatedDevice | null>;
}
