import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';
import { Transactions } from '../../database/transaction.js';
import type { InboundMessage } from '../../mqtt/inbound-message.js';
import type { MessageBatch } from '../../mqtt/message-batch.js';
import { CredentialUsage } from '../credentials/credential-usage.js';
import { DeviceClocks } from './device-clocks.js';
import { DeviceNonces, NonceTakenError } from './device-nonces.js';
import { HmacKeys } from './hmac-keys.js';
import { digestOf, judgeSignature, MQTT_FUTURE_MS, type AgeLimits, type SignatureClaim } from './signature.js';

/** A message that comes with a signature. */
export interface SignedMessage {
  readonly message: InboundMessage;
  readonly claim: SignatureClaim;
}

const REPLAYED = 'the nonce was used before';
/** Each try finds the nonces that were taken before it. */
const MAX_ATTEMPTS = 10;

/** Verifies the signatures of MQTT messages. */
@Injectable()
export class MessageSignatures {
  private readonly limits: AgeLimits;

  constructor(
    private readonly hmacKeys: HmacKeys,
    private readonly nonces: DeviceNonces,
    private readonly transactions: Transactions,
    private readonly usage: CredentialUsage,
    private readonly clocks: DeviceClocks,
    config: AppConfig,
  ) {
    this.limits = { pastMs: config.mqtt.signatureMaxAgeSeconds * 1000, futureMs: MQTT_FUTURE_MS };
  }

  /**
   * Gives wrong and late messages their verdict, and takes the right ones out of their wrappers. What a message was
   * signed as stays with it, so that the same message is judged once, however often it is handled.
   */
  async verify(batch: MessageBatch, signed: readonly SignedMessage[]): Promise<void> {
    const keys = await this.hmacKeys.resolve([...new Set(signed.map(({ message }) => message.deviceId))]);
    for (const { message, claim } of signed) {
      const { deviceId, receivedAt } = message;
      const verdict = judgeSignature(claim, keys.get(deviceId) ?? [], this.limits, receivedAt);
      if (verdict.skewMs !== undefined) this.clocks.note(deviceId, verdict.skewMs);
      if (!verdict.right) {
        batch.reject(message, verdict.code, verdict.reason);
        continue;
      }
      this.usage.note(verdict.key.id, verdict.key.lastUsedAt);
      message.signed = { nonce: claim.nonce, digest: digestOf(claim.body) };
      message.payload = claim.body;
    }
  }

  /**
   * Claims the nonces of messages that are no readings (those claim theirs where they are stored). Handling these twice
   * does no harm, so what the broker delivers again, or keeps for those who subscribe, passes; the same bytes sent anew
   * are somebody's repetition. A batch that is handled again claims again: its own claims stand, and what was somebody's
   * repetition still is.
   */
  async claimNonces(batch: MessageBatch): Promise<void> {
    const messages = batch.accepted().filter(({ signed }) => signed !== undefined);
    if (messages.length === 0) return;
    const claims = messages.map(({ signed, deviceId, receivedAt }) => {
      return { ...signed!, deviceId, seenAt: receivedAt, repeatable: true };
    });
    const verdicts = await this.claim(claims);
    messages.forEach((message, i) => {
      const isBrokersOwn = verdicts[i] === 'same' && (message.dup || message.retain);
      if (verdicts[i] !== 'new' && !isBrokersOwn) batch.reject(message, 'SIGNATURE_REPLAYED', REPLAYED);
    });
  }

  private async claim(claims: Parameters<DeviceNonces['claim']>[1]): ReturnType<DeviceNonces['claim']> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.transactions.run((tx) => this.nonces.claim(tx, claims, attempt > 1));
      } catch (error) {
        if (!(error instanceof NonceTakenError) || attempt >= MAX_ATTEMPTS) throw error;
      }
    }
  }
}
