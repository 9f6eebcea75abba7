/** Why a message, or a part of it, is not taken; `code` is one of the contract's reject codes. */
export interface MessageRejection {
  readonly code: string;
  readonly reason: string;
}

/** MQTT 5 user properties; a name that was sent several times has all its values. */
export type UserProperties = Readonly<Record<string, string | string[]>>;

/**
 * One message as it came from the broker: raw bytes, nothing parsed.
 * A class with positional fields, because tens of thousands are made a second.
 */
export class InboundMessage {
  /** The verdict of the transport, a guard or a pipe; undefined while nobody objects. */
  rejection: MessageRejection | undefined = undefined;

  /**
   * @param deviceId second level of the topic, as sent
   * @param payload a view into the received bytes; the beginning of it when the message was too large
   * @param properties MQTT 5 user properties; undefined in MQTT 3.1.1
   * @param receivedAt epoch milliseconds
   * @param size bytes of the payload as sent
   * @param packetId the broker's number for the delivery; 0 for QoS 0
   * @param connection the connection it came by: only there it can be acknowledged
   */
  constructor(
    readonly topic: string,
    readonly deviceId: string,
    readonly payload: Buffer,
    readonly qos: 0 | 1 | 2,
    readonly retain: boolean,
    readonly dup: boolean,
    readonly properties: UserProperties | undefined,
    readonly receivedAt: number,
    readonly size: number = payload.length,
    readonly packetId = 0,
    readonly connection?: object,
  ) {}
}
