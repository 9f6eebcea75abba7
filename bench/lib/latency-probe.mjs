/** Publishes a reading of a device of its own now and then, and listens for its live event like any control room. */
import mqtt from 'mqtt';
import { io } from 'socket.io-client';
import { METRIC } from './country.mjs';
import { quantile } from './table.mjs';

const EVERY_MS = 50;

/** Starts the probe; `stop()` answers milliseconds from publish to live event, and how many events are missing. */
export async function startProbe({ app, token, mqttUrl, device, sensor, municipality }) {
  const publisher = await mqtt.connectAsync(mqttUrl, { clientId: `probe-${process.pid}` });
  const socket = io(app.url, { path: '/ws', auth: { token }, transports: ['websocket'] });
  const sent = new Map();
  const delays = [];
  socket.on('reading', ({ data }) => {
    const at = sent.get(Date.parse(data.instant));
    if (at !== undefined) delays.push(performance.now() - at);
    sent.delete(Date.parse(data.instant));
  });
  const answer = await new Promise((resolve, reject) => {
    socket.on('connect_error', reject);
    socket.emit('subscribe', { topics: [`readings:${sensor}`], municipalityId: municipality }, resolve);
  });
  if (!answer.ok) throw new Error(`probe cannot subscribe: ${JSON.stringify(answer)}`);
  const timer = setInterval(() => {
    const now = Date.now();
    sent.set(now, performance.now());
    publisher.publish(`sensors/${device}/data`, JSON.stringify({ timestamp: now, values: { [METRIC]: 120 } }), {
      qos: 1,
    });
  }, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      const deadline = Date.now() + 30_000;
      while (sent.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
      await publisher.endAsync();
      socket.disconnect();
      return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), count: delays.length, missing: sent.size };
    },
  };
}
