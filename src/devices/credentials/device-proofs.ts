import { Injectable } from '@nestjs/common';
import {
  DeviceAuthenticator,
  type AuthenticatedDevice,
  type DeviceProof,
  type RequestSignature,
} from '../../auth/device-authenticator.js';
import { Clock } from '../../common/clock.js';
import { DeviceRegistry } from '../device-registry.js';
import { SignsOfLife } from '../heartbeat/signs-of-life.js';
import { RequestSignatures } from '../signatures/request-signatures.js';
import { CredentialVerifier } from './credential-verifier.js';

/** Finds out which device sent an HTTP request, from everything that the request brings. */
@Injectable()
export class DeviceProofs extends DeviceAuthenticator {
  constructor(
    private readonly verifier: CredentialVerifier,
    private readonly signatures: RequestSignatures,
    private readonly registry: DeviceRegistry,
    private readonly signsOfLife: SignsOfLife,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async authenticate(proof: DeviceProof): Promise<AuthenticatedDevice | null> {
    const device = await this.identify(proof);
    // Signed requests show life once they are known not to be somebody's repetition, where their readings are stored.
    if (device === null || device.signed !== undefined) return device;
    const registered = (await this.registry.resolve([device.deviceId])).get(device.deviceId);
    if (registered?.signatureRequired) throw this.signatures.missing(device.deviceId);
    this.signsOfLife.note(device.deviceId, this.clock.nowMs());
    return device;
  }

  private async identify(proof: DeviceProof): Promise<AuthenticatedDevice | null> {
    const { deviceId, apiKey, signature, certificate } = proof;
    if (certificate !== undefined) return this.byCertificate(certificate, proof);
    if (deviceId === undefined) return null;
    if (signature !== undefined) return this.bySignature(deviceId, signature);
    return apiKey === undefined ? null : this.verifier.byApiKey(deviceId, apiKey);
  }

  /** Whoever names a device beside the certificate names its own; whoever also signs does it rightly. */
  private async byCertificate(pem: string, { deviceId, signature }: DeviceProof): Promise<AuthenticatedDevice | null> {
    const device = await this.verifier.byCertificate(pem);
    if (device === null || (deviceId !== undefined && deviceId !== device.deviceId)) return null;
    return signature === undefined ? device : this.bySignature(device.deviceId, signature);
  }

  private async bySignature(deviceId: string, claim: RequestSignature): Promise<AuthenticatedDevice | null> {
    const signed = await this.signatures.verify(deviceId, claim);
    const device = (await this.registry.resolve([deviceId])).get(deviceId);
    return device?.active ? { deviceId, municipalityId: device.municipalityId, signed } : null;
  }
}
