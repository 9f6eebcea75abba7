/** Why something that a device sent was not stored; part of the public contract. */
export const REJECT_CODES = [
  'UNKNOWN_DEVICE',
  'DEVICE_INACTIVE',
  'MALFORMED_PAYLOAD',
  'UNKNOWN_METRIC',
  'INVALID_VALUE',
  'TIMESTAMP_INVALID',
  'TIMESTAMP_OUT_OF_RANGE',
  'TOO_MANY_VALUES',
  'CONFLICTING_VALUE',
  'SIGNATURE_MISSING',
  'SIGNATURE_INVALID',
  'SIGNATURE_EXPIRED',
  'SIGNATURE_REPLAYED',
  'UNKNOWN_COMMAND',
  'NOT_PROCESSABLE',
] as const;

/** Code of a rejection. `NOT_PROCESSABLE`: the message was set aside because handling it failed for good. */
export type RejectCode = (typeof REJECT_CODES)[number];
