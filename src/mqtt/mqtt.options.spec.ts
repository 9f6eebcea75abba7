import { describe, expect, it } from 'vitest';
import { UnavailableError, ValidationError } from '../common/errors/errors.js';
import { mqttClientOptions, mqttClientUrl } from './mqtt-client.options.js';
import { MQTT_DEFAULTS, withMqttDefaults } from './mqtt.options.js';

const broker = { url: 'mqtts://broker:8883', clientId: 'ingest-1' };
const identity = { clientId: 'ingest-1', persistent: true };

describe('MqttOptions', () => {
  it('takes the default for what is absent or undefined', () => {
    const settings = withMqttDefaults({ ...broker, batchLingerMs: 0, keepaliveSeconds: undefined });
    expect(settings).toMatchObject({ ...MQTT_DEFAULTS, ...broker, batchLingerMs: 0 });
  });

  it('keeps a shared session for a shorter time, unless told otherwise', () => {
    const shared = { ...broker, sharedGroup: 'ingest' };
    expect(withMqttDefaults(shared).sessionExpirySeconds).toBe(3600);
    expect(withMqttDefaults({ ...shared, sessionExpirySeconds: 60 }).sessionExpirySeconds).toBe(60);
  });

  it('lets the broker stop before we stop reading', () => {
    expect(withMqttDefaults({ ...broker, maxInFlightMessages: 1000 }).receiveMaximum).toBe(800);
    expect(withMqttDefaults({ ...broker, maxInFlightMessages: 1 }).receiveMaximum).toBe(1);
    expect(withMqttDefaults({ ...broker, maxInFlightMessages: 60_000 }).receiveMaximum).toBe(16_000);
  });

  it.each([
    ['tcp://a:1', 'mqtt://a:1'],
    ['ssl://a:1', 'mqtts://a:1'],
    ['mqtts://a:1', 'mqtts://a:1'],
    ['wss://a/mqtt', 'wss://a/mqtt'],
  ])('reads %s as %s', (url, expected) => {
    expect(mqttClientUrl(url)).toBe(expected);
  });

  it('counts an unavailable service as transient, and nothing else', () => {
    const { isTransient } = withMqttDefaults(broker);
    expect([new UnavailableError(), new ValidationError([]), new TypeError('x'), undefined].map(isTransient)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('asks for a persistent session and speaks TLS 1.2 at least, with the certificate checked', () => {
    const options = mqttClientOptions(withMqttDefaults({ ...broker, tls: { ca: 'CA' } }), identity);
    expect(options).toMatchObject({ clean: false, clientId: 'ingest-1', protocolVersion: 5, ca: 'CA' });
    expect(options).toMatchObject({ rejectUnauthorized: true, minVersion: 'TLSv1.2' });
    expect(options.properties).toEqual({ receiveMaximum: 16_000, sessionExpiryInterval: 86_400 });
  });

  it('sends no MQTT 5 properties in 3.1.1', () => {
    const options = mqttClientOptions(withMqttDefaults({ ...broker, protocolVersion: 4 }), identity);
    expect(options.protocolVersion).toBe(4);
    expect(options.properties).toBeUndefined();
  });
});
