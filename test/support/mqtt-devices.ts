import mqtt, { type MqttClient } from 'mqtt';

/** A client that plays the devices; its connection is up when this resolves. */
export async function connectDevices(url: string, protocolVersion: 4 | 5 = 5): Promise<MqttClient> {
  return mqtt.connectAsync(url, { protocolVersion, reconnectPeriod: 50, connectTimeout: 5000 });
}

/** Publishes `count` numbered readings from one device, all under way at once; resolves when the broker has them all. */
export async function publishReadings(
  devices: MqttClient,
  { count, from = 0, qos = 1, device = 'dev-1' }: { count: number; from?: number; qos?: 0 | 1 | 2; device?: string },
): Promise<string[]> {
  const payloads = Array.from({ length: count }, (_, index) => `{"seq":${from + index}}`);
  await Promise.all(payloads.map((payload) => publishUntilTaken(devices, `sensors/${device}/data`, payload, qos)));
  return payloads;
}

/** A client with a persistent session and one subscription, as an earlier version of the application may have left it. */
export async function connectSession(url: string, clientId: string, topic: string): Promise<MqttClient> {
  const properties = { sessionExpiryInterval: 600 };
  const client = await mqtt.connectAsync(url, { clientId, clean: false, protocolVersion: 5, properties });
  await client.subscribeAsync(topic, { qos: 1 });
  return client;
}

/** Publishes again when the connection broke at a bad moment, as a device that wants to lose nothing does. */
async function publishUntilTaken(devices: MqttClient, topic: string, payload: string, qos: 0 | 1 | 2): Promise<void> {
  for (;;) {
    try {
      await devices.publishAsync(topic, payload, { qos });
      return;
    } catch (error) {
      if (devices.disconnecting) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
