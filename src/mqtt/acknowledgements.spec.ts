import type { MqttClient } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { acknowledge } from './acknowledgements.js';
import { InboundMessage } from './inbound-message.js';

/** As much of a client as acknowledging touches; what is written is kept. */
function clientWith(stream: object, connected = true): { client: MqttClient; written: Buffer[] } {
  const written: Buffer[] = [];
  Object.assign(stream, { writable: true, write: (bytes: Buffer) => written.push(bytes) });
  return { client: { connected, stream } as unknown as MqttClient, written };
}

function message(qos: 0 | 1 | 2, packetId: number, connection: object): InboundMessage {
  return new InboundMessage('t', '', Buffer.from('x'), qos, false, false, undefined, 0, 1, packetId, connection);
}

describe('acknowledge', () => {
  it('writes PUBACK for QoS 1, PUBREC for QoS 2, nothing for QoS 0, all at once', () => {
    const stream = {};
    const { client, written } = clientWith(stream);
    const result = acknowledge(client, [message(1, 1, stream), message(0, 0, stream), message(2, 0x1234, stream)]);
    expect(written.map((bytes) => bytes.toString('hex'))).toEqual(['40020001' + '50021234']);
    expect(result).toEqual({ sent: 2, dropped: 0 });
  });

  it('drops what came by another connection: the same packet id means another message now', () => {
    const stream = {};
    const { client, written } = clientWith(stream);
    expect(acknowledge(client, [message(1, 7, {}), message(1, 8, stream)])).toEqual({ sent: 1, dropped: 1 });
    expect(written.map((bytes) => bytes.toString('hex'))).toEqual(['40020008']);
  });

  it('writes nothing while there is no connection', () => {
    const stream = {};
    const { client, written } = clientWith(stream, false);
    expect(acknowledge(client, [message(1, 7, stream)])).toEqual({ sent: 0, dropped: 1 });
    expect(written).toEqual([]);
  });
});
