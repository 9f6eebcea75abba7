import { Injectable } from '@nestjs/common';
import type { RequestSignature } from '../../auth/device-authenticator.js';
import { Clock } from '../../common/clock.js';
import type { UnauthenticatedError } from '../../common/errors/errors.js';
import type { SignedNonce } from '../../mqtt/inbound-message.js';
import { CredentialUsage } from '../credentials/credential-usage.js';
import { DeviceClocks } from './device-clocks.js';
import { HmacKeys } from './hmac-keys.js';
import { RefusalCounts } from './refusal-counts.js';
import { signatureMissing, signatureRefused } from './signature.errors.js';
import { digestOf, HTTP_AGE_LIMITS, judgeSignature } from './signature.js';

/** Verifies the signatures of HTTP requests. */
@Injectable()
export class RequestSignatures {
  constructor(
    private readonly hmacKeys: HmacKeys,
    private readonly usage: CredentialUsage,
    private readonly clocks: DeviceClocks,
    private readonly refusals: RefusalCounts,
    private readonly clock: Clock,
  ) {}

  /**
   * The keys come from the database every time, by the same statement for a device that is not there: what is in memory
   * would tell by its speed which devices are. Says nothing about whether the device is active.
   * @throws UnauthenticatedError `SIGNATURE_INVALID`, also for a device that is not there; `SIGNATURE_EXPIRED`
   */
  async verify(deviceId: string, claim: RequestSignature): Promise<SignedNonce> {
    const keys = (await this.hmacKeys.load([deviceId])).get(deviceId) ?? [];
    const verdict = judgeSignature(claim, keys, HTTP_AGE_LIMITS, this.clock.nowMs());
    if (verdict.skewMs !== undefined) this.clocks.note(deviceId, verdict.skewMs);
    if (!verdict.right) {
      this.refusals.note(deviceId, verdict.code);
      throw signatureRefused(verdict.code, verdict.reason);
    }
    this.usage.note(verdict.key.id, verdict.key.lastUsedAt);
    return { nonce: claim.nonce, digest: digestOf(claim.body) };
  }

  /** Counts a request that is not signed though the device has to; answers the error for it. */
  missing(deviceId: string): UnauthenticatedError {
    this.refusals.note(deviceId, 'SIGNATURE_MISSING');
    return signatureMissing();
  }
}
