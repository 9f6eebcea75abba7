/** Names of the scenarios. */
export declare const SCENARIOS: Record<string, { times: number }>;

/** Running services and application that the scenarios are played on. */
export interface Theatre {
  close(): Promise<void>;
}

export declare function openTheatre(): Promise<Theatre>;

/** Plays one scenario with `messages` readings published at QoS 1, `rate` a second. */
export declare function play(
  theatre: Theatre,
  name: string,
  messages: number,
  rate: number,
): Promise<{ published: number; stored: number; distinct: number; rejected: number; seconds: number }>;
