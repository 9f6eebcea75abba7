import type { MqttClient } from 'mqtt';
import type { InboundMessage } from './inbound-message.js';

const PUBACK = 0x40;
const PUBREC = 0x50;
const PACKET_BYTES = 4;

/** What became of the acknowledgements of some messages; QoS 0 has none. */
export interface AcknowledgementResult {
  readonly sent: number;
  readonly dropped: number;
}

/**
 * Acknowledges messages with one write: PUBACK for QoS 1, PUBREC for QoS 2 (mqtt.js answers the PUBREL that follows).
 * Packet ids belong to a connection, so acknowledgements of an earlier one are dropped; the broker delivers those again.
 * Four bytes without reason code are success in MQTT 3.1.1 and 5 alike.
 */
export function acknowledge(client: MqttClient, messages: readonly InboundMessage[]): AcknowledgementResult {
  const stream = client.stream;
  const isUp = client.connected && stream.writable;
  const packets = Buffer.allocUnsafe(messages.length * PACKET_BYTES);
  let length = 0;
  let dropped = 0;
  for (const message of messages) {
    if (message.qos === 0) continue;
    if (!isUp || message.connection !== stream) {
      dropped += 1;
      continue;
    }
    packets[length] = message.qos === 1 ? PUBACK : PUBREC;
    packets[length + 1] = 2;
    packets.writeUInt16BE(message.packetId, length + 2);
    length += PACKET_BYTES;
  }
  if (length > 0) stream.write(packets.subarray(0, length));
  return { sent: length / PACKET_BYTES, dropped };
}
