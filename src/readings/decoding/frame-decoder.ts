import type { ByteField, CompiledFrame } from '../../devices/profiles/compiled-profile.js';
import { checkedInstant } from '../event-time.js';
import { tidy } from './arithmetic.js';
import type { Decoded } from './decoded.js';

/** Bytes of a type. */
const SIZES = { u8: 1, i8: 1, u16: 2, i16: 2, u24: 3, i24: 3, u32: 4, i32: 4, f32: 4, f64: 8 } as const;
const TIMESTAMP_BYTES = 4;

/**
 * Reads bytes by the first frame of a profile that fits; fields behind the end of a short payload are absent.
 * @param fPort the LoRaWAN port; undefined where there is none, and then frames of a port do not fit
 */
export function decodeFrames(
  bytes: Buffer,
  fPort: number | undefined,
  frames: readonly CompiledFrame[],
  out: Decoded,
): void {
  const frame = frames.find((one) => fits(one, bytes, fPort));
  if (frame === undefined) {
    const port = fPort === undefined ? '' : ` of port ${fPort}`;
    const reason = `no frame of the profile "${out.profile.code}" fits ${bytes.length} bytes${port}`;
    return out.refuse('MALFORMED_PAYLOAD', reason);
  }
  const instant = instantOf(frame, bytes, out);
  if (typeof instant === 'object') return out.rejectTime(0, instant);
  const set = out.open(0, instant);
  for (const field of frame.fields) out.take(set, field, fieldOf(bytes, field));
}

function fits({ fPort: port, length, when }: CompiledFrame, bytes: Buffer, fPort: number | undefined): boolean {
  if (port !== undefined && port !== fPort) return false;
  if (length !== undefined && length !== bytes.length) return false;
  return when === undefined || bytes[when.at] === when.equals;
}

function instantOf({ timestamp, little }: CompiledFrame, bytes: Buffer, { context }: Decoded) {
  if (timestamp === undefined || timestamp.at + TIMESTAMP_BYTES > bytes.length) return context.instant;
  const seconds = little ? bytes.readUInt32LE(timestamp.at) : bytes.readUInt32BE(timestamp.at);
  const { receivedAt, instant } = context;
  return checkedInstant(timestamp.unit === 's' ? seconds * 1000 : instant - seconds * 1000, receivedAt);
}

function fieldOf(bytes: Buffer, { at, type, little, bits }: ByteField): number | undefined {
  const size = SIZES[type];
  if (at + size > bytes.length) return undefined;
  const number = numberAt(bytes, at, type, little);
  if (bits === undefined || !type.startsWith('u')) return number;
  // Not by shifting: JavaScript's shifts are of signed 32 bits.
  return Math.floor(number / 2 ** bits.from) % 2 ** bits.count;
}

function numberAt(bytes: Buffer, at: number, type: ByteField['type'], little: boolean): number {
  // A float of 32 bits has seven digits; the others that a double shows are made up.
  if (type === 'f32') return Number((little ? bytes.readFloatLE(at) : bytes.readFloatBE(at)).toPrecision(7));
  if (type === 'f64') return tidy(little ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at));
  const size = SIZES[type];
  if (type.startsWith('u')) return little ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
  return little ? bytes.readIntLE(at, size) : bytes.readIntBE(at, size);
}
