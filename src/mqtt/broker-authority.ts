export type BrokerDecision = 'allow' | 'deny';
export type BrokerAction = 'publish' | 'subscribe';

/**
 * Answers a broker's questions about devices. Declared here, implemented by devices.
 * Deny is the answer to everything unknown; both methods answer `deny` and throw only when nobody can tell now.
 */
export abstract class BrokerAuthority {
  abstract authenticate(
    clientId: string,
    username: string | undefined,
    password: string | undefined,
  ): Promise<BrokerDecision>;

  /** @param topic for `subscribe` a filter that may hold wildcards */
  abstract authorize(
    clientId: string,
    username: string | undefined,
    topic: string,
    action: BrokerAction,
  ): Promise<BrokerDecision>;
}
