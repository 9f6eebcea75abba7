export type BrokerDecision = 'allow' | 'deny';
/** `receive`: a message on this very topic is about to be delivered; brokers that ask so ask for each. */
export type BrokerAction = 'publish' | 'subscribe' | 'receive';

/** Who wants to connect. */
export interface BrokerSignIn {
  readonly clientId: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Common name of a client certificate that the broker's TLS layer has checked; absent where there was none. */
  readonly certificateName?: string | undefined;
}

/** What a broker is told about a client that wants to connect. */
export interface BrokerAdmission {
  readonly decision: BrokerDecision;
  /** When its credential ends by itself, epoch ms; the connection is not to last longer. */
  readonly expiresAt?: number;
}

/**
 * Answers a broker's questions about devices. Declared here, implemented by devices.
 * Deny is the answer to everything unknown; both methods answer `deny` and throw only when nobody can tell now.
 */
export abstract class BrokerAuthority {
  abstract authenticate(client: BrokerSignIn): Promise<BrokerAdmission>;

  /** @param topic for `subscribe` a filter that may hold wildcards */
  abstract authorize(username: string | undefined, topic: string, action: BrokerAction): Promise<BrokerDecision>;
}
