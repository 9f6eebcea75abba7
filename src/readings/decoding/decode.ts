import type { CompiledProfile } from '../../devices/profiles/compiled-profile.js';
import type { RegisteredDevice } from '../../devices/device-registry.js';
import { parseJson, readJson, readPayload, rejectWhole, type ReadMessage } from '../payload-reader.js';
import { readChirpstack } from '../uplinks/chirpstack.js';
import { readTts } from '../uplinks/tts.js';
import { Decoded } from './decoded.js';
import { decodeFrames } from './frame-decoder.js';
import { decodeMapping } from './mapping-decoder.js';
import { decodeNamed, decodeSenml, decodeSparkplug, decodeThingsboard, isObject } from './names-decoders.js';
import { brokenProfile, decodeUplink } from './uplink-decoder.js';

/** What a profile needs to know of the device whose message it reads. */
export interface Reader {
  readonly profile: CompiledProfile;
  /** Its sensors by their code; undefined: any (a trial). */
  readonly sensors?: ReadonlyMap<string, unknown> | undefined;
}

/** The device that a message is from, as the registry knows it. */
type Sender = Pick<RegisteredDevice, 'profile' | 'sensors'> | undefined;

/** Reads the bytes of a message: as the profile of its device says, else as reading sets or SenML. Never throws. */
export function readPayloadOf(device: Sender, payload: Buffer, receivedAt: number): ReadMessage {
  const profile = device?.profile;
  if (profile === undefined) return readPayload(payload, receivedAt);
  return decodePayload(payload, receivedAt, { profile, sensors: device?.sensors });
}

/** Reads parsed JSON in the same way. Never throws. */
export function readJsonOf(device: Sender, json: unknown, receivedAt: number): ReadMessage {
  const profile = device?.profile;
  if (profile === undefined) return readJson(json, receivedAt);
  return decodeJson(json, receivedAt, { profile, sensors: device?.sensors });
}

/** Reads the bytes of a message by a profile. Never throws. */
export function decodePayload(payload: Buffer, receivedAt: number, reader: Reader): ReadMessage {
  const { plan } = reader.profile;
  if (reader.profile.format === 'binary' && plan.kind === 'frames') {
    const out = decodedBy(reader, receivedAt);
    decodeFrames(payload, undefined, plan.frames, out);
    return out.finish();
  }
  const { json, problem } = parseJson(payload);
  return problem === undefined ? decodeJson(json, receivedAt, reader) : rejectWhole('MALFORMED_PAYLOAD', problem);
}

/** Reads parsed JSON in the same way. Never throws. */
export function decodeJson(json: unknown, receivedAt: number, reader: Reader): ReadMessage {
  const { format } = reader.profile;
  if (format === 'chirpstack' || format === 'tts') {
    const event = format === 'tts' ? readTts(json) : readChirpstack(json);
    if (event.kind === 'malformed') return rejectWhole('MALFORMED_PAYLOAD', event.reason);
    if (event.kind !== 'uplink') return { sets: [], rejections: [] };
    return decodeUplink(event.uplink, reader.profile, { receivedAt, knows: knownBy(reader) });
  }
  const out = decodedBy(reader, receivedAt);
  decode(json, out);
  return out.finish();
}

function decode(json: unknown, out: Decoded): void {
  const { plan, format, code } = out.profile;
  switch (plan.kind) {
    case 'broken':
      return out.refuse('MALFORMED_PAYLOAD', brokenProfile(code, plan.reason));
    case 'mapping':
      return decodeMapping(json, plan.mapping, out);
    case 'frames':
      return out.refuse('MALFORMED_PAYLOAD', `the profile "${code}" reads bytes, and this is JSON`);
    default:
      if (format === 'senml') return decodeSenml(json, plan.names, out);
      if (format === 'thingsboard') return decodeThingsboard(json, plan.names, out);
      if (format === 'sparkplug_json') return decodeSparkplug(json, plan.names, out);
      if (isObject(json)) decodeNamed(out.open(0, out.context.instant), json, plan.names, out);
  }
}

function decodedBy(reader: Reader, receivedAt: number): Decoded {
  return new Decoded(reader.profile, { receivedAt, instant: receivedAt, knows: knownBy(reader) });
}

function knownBy({ sensors }: Reader): (code: string) => boolean {
  return (code) => sensors === undefined || sensors.has(code);
}
