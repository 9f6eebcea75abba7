/** A protocol that every installation starts with. */
export interface SeededProtocol {
  readonly code: string;
  readonly name: string;
  readonly description: string;
  readonly transport: 'mqtt' | 'http';
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What the platform speaks by itself. */
export const PROTOCOLS: readonly SeededProtocol[] = [
  {
    code: 'mqtt',
    name: 'MQTT',
    description: 'Readings, status and heartbeats by topics of the device; acknowledged once they are stored.',
    transport: 'mqtt',
    settings: {
      versions: ['3.1.1', '5'],
      topic: 'sensors/{deviceId}/data',
      qos: 1,
      payloads: ['reading_set', 'senml'],
    },
  },
  {
    code: 'http',
    name: 'HTTP',
    description: 'Readings in the body of a request; the answer says what became of each.',
    transport: 'http',
    settings: { method: 'POST', path: '/api/v1/readings', payloads: ['reading_set', 'senml'] },
  },
];
