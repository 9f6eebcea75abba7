import { bestRssi, bytesIn, countIn, devEuiOf, member, numberIn, type UplinkEvent } from './uplink.js';

/** Fields that only an uplink has, and those of a device's status. */
const OF_UPLINK = ['data', 'object', 'rxInfo', 'fPort'];
const OF_STATUS = ['batteryLevel', 'batteryLevelUnavailable', 'externalPowerSource'];

/**
 * Reads an event of ChirpStack v4 in its JSON form.
 * @param name the `event` of its HTTP integration (`up`, `join`, `status`, …); undefined: told by the fields
 */
export function readChirpstack(body: unknown, name?: string): UplinkEvent {
  const kind = name ?? kindOf(body);
  if (kind !== 'up' && kind !== 'status') return { kind: 'other', name: kind };
  const devEui = devEuiOf(member(member(body, 'deviceInfo'), 'devEui'));
  if (devEui === undefined) return { kind: 'malformed', reason: 'deviceInfo.devEui is no DevEUI' };
  if (kind === 'status') {
    const unknown = member(body, 'batteryLevelUnavailable') === true || member(body, 'externalPowerSource') === true;
    return { kind, devEui, battery: unknown ? undefined : numberIn(member(body, 'batteryLevel')) };
  }
  return {
    kind: 'uplink',
    uplink: {
      devEui,
      time: member(body, 'time') ?? undefined,
      // Fields that are 0 may be left out of the JSON.
      fCnt: countIn(member(body, 'fCnt') ?? 0),
      fPort: countIn(member(body, 'fPort') ?? 0),
      bytes: bytesIn(member(body, 'data')),
      decoded: member(body, 'object'),
      normalized: undefined,
      rssi: bestRssi(member(body, 'rxInfo')),
      battery: undefined,
    },
  };
}

function kindOf(body: unknown): string {
  if (OF_UPLINK.some((field) => member(body, field) !== undefined)) return 'up';
  return OF_STATUS.some((field) => member(body, field) !== undefined) ? 'status' : 'other';
}
