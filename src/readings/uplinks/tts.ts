import { bestRssi, bytesIn, countIn, devEuiOf, member, numberIn, type UplinkEvent } from './uplink.js';

/** What a message of The Things Stack can be about besides an uplink. */
const OTHERS = [
  ...['join_accept', 'downlink_ack', 'downlink_nack', 'downlink_sent', 'downlink_failed', 'downlink_queued'],
  ...['downlink_queue_invalidated', 'location_solved', 'service_data', 'uplink_normalized'],
];

/**
 * Reads a message of The Things Stack v3. An uplink that somebody simulated in its console holds no readings.
 * The time is that of the network server: gateways without a clock of their own write anything into theirs.
 */
export function readTts(body: unknown): UplinkEvent {
  const message = member(body, 'uplink_message');
  if (typeof message !== 'object' || message === null) {
    return { kind: 'other', name: OTHERS.find((name) => member(body, name) !== undefined) ?? 'other' };
  }
  if (member(body, 'simulated') === true) return { kind: 'other', name: 'simulated' };
  const devEui = devEuiOf(member(member(body, 'end_device_ids'), 'dev_eui'));
  if (devEui === undefined) return { kind: 'malformed', reason: 'end_device_ids.dev_eui is no DevEUI' };
  return {
    kind: 'uplink',
    uplink: {
      devEui,
      time: member(message, 'received_at') ?? member(body, 'received_at'),
      // Fields that are 0 are left out of the JSON.
      fCnt: countIn(member(message, 'f_cnt') ?? 0),
      fPort: countIn(member(message, 'f_port') ?? 0),
      bytes: bytesIn(member(message, 'frm_payload')),
      decoded: member(message, 'decoded_payload'),
      normalized: member(message, 'normalized_payload'),
      rssi: bestRssi(member(message, 'rx_metadata')),
      battery: numberIn(member(member(message, 'last_battery_percentage'), 'value')),
    },
  };
}
