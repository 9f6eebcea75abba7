import { compileDefinition, type CompiledProfile } from '../../devices/profiles/compiled-profile.js';
import { eventTime } from '../event-time.js';
import { rejectWhole, type ReadMessage } from '../payload-reader.js';
import type { Uplink } from '../uplinks/uplink.js';
import { Decoded, type DecodingContext } from './decoded.js';
import { decodeFrames } from './frame-decoder.js';
import { decodeMapping } from './mapping-decoder.js';
import { decodeNamed, isObject } from './names-decoders.js';

/** For devices without a profile: what the network server decoded, by the names of their sensors. */
const PLAIN = compileDefinition('none', { format: 'chirpstack', unmapped: 'ignore' });

const NOTHING: ReadMessage = { sets: [], rejections: [] };

/**
 * Reads what a LoRaWAN device sent. Uplinks of ports that hold no readings, and those without a payload, are nothing.
 * Signal strength and battery go with the first set, for devices that have a sensor for them.
 */
export function decodeUplink(
  uplink: Uplink,
  profile: CompiledProfile | undefined,
  { receivedAt, knows }: Pick<DecodingContext, 'receivedAt' | 'knows'>,
): ReadMessage {
  const by = profile ?? PLAIN;
  const { fPort = 0, bytes } = uplink;
  const payload = by.normalized ? uplink.normalized : uplink.decoded;
  if (by.fPorts ? !by.fPorts.has(fPort) : fPort === 0 && payload === undefined) return NOTHING;
  if (bytes === undefined && payload === undefined) return NOTHING;
  const instant = eventTime(uplink.time, receivedAt);
  if (typeof instant === 'object') return rejectWhole(instant.code, instant.reason);
  const out = new Decoded(by, { receivedAt, instant, knows });
  decode(uplink, payload, out);
  const message = out.finish();
  return { ...message, sets: message.sets.map((set, i) => (i === 0 ? withHealth(set, uplink) : set)) };
}

function decode({ bytes, fPort, fCnt }: Uplink, payload: unknown, out: Decoded): void {
  const { plan, code } = out.profile;
  if (plan.kind === 'broken') return out.refuse('MALFORMED_PAYLOAD', brokenProfile(code, plan.reason));
  if (plan.kind === 'frames') {
    if (bytes === undefined) return out.refuse('MALFORMED_PAYLOAD', 'the uplink has no payload that is not decoded');
    return decodeFrames(bytes, fPort, plan.frames, out);
  }
  if (plan.kind === 'mapping' && payload !== undefined) return decodeMapping(payload, plan.mapping, out);
  if (plan.kind === 'names' && isObject(payload)) {
    return decodeNamed(out.open(0, out.context.instant, { seq: fCnt }), payload, plan.names, out);
  }
  const reason = `the network server decoded nothing that the profile "${code}" could read; give it frames for the bytes`;
  out.refuse('MALFORMED_PAYLOAD', reason);
}

/** What to say of a stored profile that this version cannot use. */
export function brokenProfile(code: string, reason: string): string {
  return `the profile "${code}" cannot be used: ${reason}`;
}

function withHealth(set: ReadMessage['sets'][number], { rssi, battery, fCnt }: Uplink): ReadMessage['sets'][number] {
  const health = {
    ...(rssi === undefined ? {} : { signal_strength: rssi }),
    ...(battery === undefined ? {} : { battery_level: battery }),
  };
  return { ...set, seq: set.seq ?? fCnt, values: { ...health, ...set.values } };
}
