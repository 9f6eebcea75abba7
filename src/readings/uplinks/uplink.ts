/** What a LoRaWAN device sent, whichever network server hands it over. */
export interface Uplink {
  /** 16 lower-case hexadecimal digits. */
  readonly devEui: string;
  /** When the network received it, as the server writes it; undefined: it does not say. */
  readonly time: unknown;
  /** Frame counter. */
  readonly fCnt: number | undefined;
  readonly fPort: number | undefined;
  /** The payload, decrypted. */
  readonly bytes: Buffer | undefined;
  /** What the network server's own decoder made of it. */
  readonly decoded: unknown;
  /** What its normalizer made of that (The Things Stack). */
  readonly normalized: unknown;
  /** dBm at the gateway that heard it best. */
  readonly rssi: number | undefined;
  /** Percent. */
  readonly battery: number | undefined;
}

/** What a webhook of a network server is about. */
export type UplinkEvent =
  | { readonly kind: 'uplink'; readonly uplink: Uplink }
  /** The state of a device that the network itself asks for. */
  | { readonly kind: 'status'; readonly devEui: string; readonly battery: number | undefined }
  /** Something that holds no readings, by the server's own name. */
  | { readonly kind: 'other'; readonly name: string }
  | { readonly kind: 'malformed'; readonly reason: string };

const DEV_EUI = /^[0-9a-f]{16}$/i;

/** A DevEUI in the form in which it is stored; undefined for what is none. */
export function devEuiOf(value: unknown): string | undefined {
  return typeof value === 'string' && DEV_EUI.test(value) ? value.toLowerCase() : undefined;
}

/** The member of a JSON object; undefined where there is none. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** A finite number, or undefined. */
export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A counter, or undefined. */
export function countIn(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** Bytes in base64; undefined where there are none. */
export function bytesIn(value: unknown): Buffer | undefined {
  return typeof value === 'string' && value !== '' ? Buffer.from(value, 'base64') : undefined;
}

/** The strongest `rssi` of a list of receptions. */
export function bestRssi(receptions: unknown): number | undefined {
  if (!Array.isArray(receptions)) return undefined;
  const levels = receptions.flatMap((one) => numberIn(member(one, 'rssi')) ?? []);
  return levels.length === 0 ? undefined : levels.reduce((best, level) => Math.max(best, level));
}
