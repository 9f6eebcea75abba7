/** Why a message, or a part of it, is not taken; `code` is one of the contract's reject codes. */
export interface MessageRejection {
  readonly code: string;
  readonly reason: string;
}

/** MQTT 5 user properties; a name that was sent several times has all its values. */
export type UserProperties = Readonly<Record<string, string | string[]>>;

/** What is left of a signature once it was verified: what keeps the message from being taken twice. */
export interface SignedNonce {
  /** 8–128 visible ASCII characters, once per device. */
  readonly nonce: string;
  /** SHA-256 of the signed bytes. */
  readonly digest: Buffer;
}

/**
 * One message as it came from the broker: raw bytes, nothing parsed.
 * A class with positional fields, because tens of thousands are made a second.
 */
export class InboundMessage {
  /** The verdict of the transport, a guard or a pipe; undefined while nobody objects. */
  rejection: MessageRejection | undefined = undefined;

  /** There once a guard verified the signature of the message. */
  signed: SignedNonce | undefined = undefined;

  /**
   * @param deviceId second level of the topic, as sent
   * @param payload a view into the received bytes; the beginning of it when the message was too large. Of a message that
   *   was wrapped with its signature, once that was verified, the bytes that were signed: what was wrapped, nobody else reads
   * @param properties MQTT 5 user properties; undefined in MQTT 3.1.1
   * @param receivedAt epoch milliseconds
   * @param size bytes of the payload as sent
   * @param packetId the broker's number for the delivery; 0 for QoS 0
   * @param connection the connection it came by: only there it can be acknowledged
   */
  constructor(
    readonly topic: string,
    readonly deviceId: string,
    public payload: Buffer,
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
