/** A network server that proved who it is. */
export interface AuthenticatedUplinkSource {
  readonly sourceId: string;
  readonly municipalityId: string;
  /** Whose webhooks it sends. */
  readonly kind: string;
}

/** Checks the tokens of LoRaWAN network servers. Declared here, implemented by devices. */
export abstract class UplinkAuthenticator {
  /** The source whose token this is; null for an unknown or wrong one and for a source that is switched off. */
  abstract authenticate(token: string): Promise<AuthenticatedUplinkSource | null>;
}
