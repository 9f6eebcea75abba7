/** A payload profile that every installation starts with. */
export interface SeededProfile {
  readonly code: string;
  readonly name: string;
  readonly description: string;
  readonly definition: { readonly format: string } & Readonly<Record<string, unknown>>;
}

const BY_NAME = 'Values are taken by the names of the sensors of a device; others are ignored.';
const named = (format: string) => ({ format, unmapped: 'ignore' });

/** Formats whose values are taken by their names, for devices that use the codes of their sensors as names. */
export const PROFILES: readonly SeededProfile[] = [
  { code: 'senml', name: 'SenML (RFC 8428)', description: BY_NAME, definition: named('senml') },
  { code: 'thingsboard', name: 'ThingsBoard telemetry', description: BY_NAME, definition: named('thingsboard') },
  { code: 'sparkplug_json', name: 'Sparkplug, in JSON', description: BY_NAME, definition: named('sparkplug_json') },
  { code: 'chirpstack', name: 'LoRaWAN by ChirpStack v4', description: BY_NAME, definition: named('chirpstack') },
  {
    code: 'tts',
    name: 'LoRaWAN by The Things Stack v3',
    description: BY_NAME,
    definition: { ...named('tts'), normalized: false },
  },
];
