import type { IPublishPacket, MqttClient } from 'mqtt';
import type { Clock } from '../common/clock.js';
import { acknowledge } from './acknowledgements.js';
import { InboundMessage } from './inbound-message.js';
import { IntakeGate } from './intake-gate.js';
import type { MqttCounters } from './mqtt-connection-state.js';
import { DEFERRED } from './mqtt-connection.js';
import type { MqttSettings } from './mqtt.options.js';
import { cutOversized } from './oversize.js';
import { secondLevelOf } from './topics.js';

type Done = (error?: Error) => void;

/**
 * Takes the messages out of mqtt.js before it acknowledges them, and acknowledges them when they are settled.
 * QoS 2 is held at its first step: no PUBREC before the message is settled, so the broker, not our memory, keeps it
 * until then; one that is delivered again is handled again, like QoS 1.
 */
export class Intake {
  private readonly gate: IntakeGate;
  private readonly maxPayloadBytes: number;
  private readonly pulse: NodeJS.Timeout;
  private closing = false;

  /** @param route gets every message, in the order of arrival */
  constructor(
    private readonly client: MqttClient,
    settings: MqttSettings,
    private readonly counters: MqttCounters,
    private readonly clock: Clock,
    private readonly route: (message: InboundMessage) => void,
  ) {
    this.maxPayloadBytes = settings.maxPayloadBytes;
    this.gate = new IntakeGate(settings, counters);
    client.handleMessage = (packet, done) => this.take(packet, done);
    client.options.customHandleAcks = (_topic, _payload, packet: IPublishPacket, done) => {
      if (packet.qos === 2) this.take(packet, done as Done);
      else done(0);
    };
    this.pulse = setInterval(() => this.stayAlive(), settings.keepaliveSeconds * 500).unref();
  }

  /** Ends the story of messages that were handled or set aside: acknowledges them and makes room. */
  settled(messages: readonly InboundMessage[]): void {
    const { sent, dropped } = acknowledge(this.client, messages);
    this.counters.acknowledged += sent;
    this.counters.acknowledgementsDropped += dropped;
    let bytes = 0;
    for (const message of messages) bytes += message.payload.length;
    this.gate.leave(messages.length, bytes);
  }

  /** From now on messages are read and forgotten, unacknowledged: the broker keeps them for our return. */
  stop(): void {
    this.closing = true;
    clearInterval(this.pulse);
    this.gate.open();
  }

  /** A reader that stands still does not see the broker's answers to pings: mqtt.js would take it for dead. */
  private stayAlive(): void {
    if (!this.counters.parked || !this.client.connected) return;
    this.client.sendPing();
    this.client.reschedulePing(true);
  }

  private take(packet: IPublishPacket, done: Done): void {
    if (this.closing) return done(DEFERRED);
    const message = this.messageOf(packet);
    this.gate.enter(message.payload.length);
    this.route(message);
    if (this.gate.isFull()) this.gate.park(() => done(DEFERRED));
    else done(DEFERRED);
  }

  private messageOf(packet: IPublishPacket): InboundMessage {
    const payload = packet.payload as Buffer;
    this.counters.received += 1;
    this.counters.receivedBytes += payload.length;
    if (packet.dup) this.counters.duplicates += 1;
    return new InboundMessage(
      packet.topic,
      secondLevelOf(packet.topic),
      cutOversized(payload, this.maxPayloadBytes),
      packet.qos,
      packet.retain,
      packet.dup,
      packet.properties?.userProperties,
      this.clock.nowMs(),
      payload.length,
      packet.messageId,
      this.client.stream,
    );
  }
}
