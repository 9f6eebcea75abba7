import type { SignedNonce } from '../mqtt/inbound-message.js';
import type { PartRejection } from './part-rejection.js';
import type { ReadMessage } from './payload-reader.js';

/** A message of a device, read but not resolved; the service cannot tell which transport it came by. */
export interface DeviceMessage extends ReadMessage {
  readonly deviceId: string;
  readonly source: 'mqtt' | 'http';
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** The bytes as sent, for the list of rejections. */
  readonly payload: Buffer;
  /** There when the device signed the message and the signature is right. */
  readonly signed?: SignedNonce;
}

/** What became of one message. */
export interface IngestionResult {
  accepted: number;
  duplicates: number;
  readonly rejected: PartRejection[];
}
