/**
 * Load generator: publishes readings at QoS 1 as fast as the broker acknowledges them, over raw sockets, so that it costs
 * little beside what is measured. Prints one JSON line: {startedAt, endedAt, messages, values}.
 */
import { connect } from 'node:net';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { deviceId, METRIC } from '../lib/country.mjs';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string' },
    messages: { type: 'string' },
    devices: { type: 'string' },
    /** Reading sets per message. */
    sets: { type: 'string', default: '1' },
    connections: { type: 'string', default: '4' },
    window: { type: 'string', default: '4000' },
    /** Messages a second at most, over all connections; 0: as many as the broker takes. */
    rate: { type: 'string', default: '0' },
    /** Epoch ms of the first reading of each device. */
    from: { type: 'string' },
  },
});
const [port, messages, devices, sets, connections, window, rate, from] = [
  'port',
  'messages',
  'devices',
  'sets',
  'connections',
  'window',
  'rate',
  'from',
].map((name) => Number(options[name]));

/** A level that wanders; 1 in 2,000 lies above the high threshold, so that alerts open and resolve all the time. */
function level(n) {
  return n % 2000 === 1999 ? 351 : 100 + ((n * 7919) % 10000) / 100;
}

function payload(n) {
  const set = (k) =>
    `{"timestamp":${from + Math.floor(n / devices) * sets + k},"values":{"${METRIC}":${level(n * sets + k)}}}`;
  return sets === 1 ? set(0) : `[${Array.from({ length: sets }, (_, k) => set(k)).join(',')}]`;
}

function publishPacket(n, packetId) {
  const topic = `sensors/${deviceId(n % devices)}/data`;
  const body = payload(n);
  const length = 2 + topic.length + 2 + body.length;
  const header = [0x32];
  for (let rest = length; ;) {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    header.push(rest > 0 ? digit | 0x80 : digit);
    if (rest === 0) break;
  }
  const packet = Buffer.allocUnsafe(header.length + length);
  Buffer.from(header).copy(packet);
  let at = packet.writeUInt16BE(topic.length, header.length);
  at += packet.latin1Write(topic, at);
  at = packet.writeUInt16BE(packetId, at);
  packet.latin1Write(body, at);
  return packet;
}

function connectPacket(clientId) {
  const body = Buffer.concat([
    Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, clientId.length]),
    Buffer.from(clientId),
  ]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
}

/** Publishes the messages first, first + connections, …: a device stays on one connection, so its order is kept. */
async function publishShare(share) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  socket.write(connectPacket(`load-${process.pid}-${share}`));
  await once(socket, 'data');
  let acknowledged = 0;
  let sent = 0;
  let next = share;
  let bytes = 0;
  let resume = () => {};
  socket.on('data', (chunk) => {
    bytes += chunk.length; // Every PUBACK is four bytes.
    acknowledged = Math.floor(bytes / 4);
    resume();
  });
  socket.on('drain', () => resume());
  const total = Math.ceil((messages - share) / connections);
  const started = performance.now();
  const allowed = () => (rate === 0 ? Infinity : ((performance.now() - started) / 1000) * (rate / connections));
  while (acknowledged < total) {
    const chunk = [];
    while (sent < total && sent - acknowledged < window && sent < allowed() && chunk.length < 200) {
      chunk.push(publishPacket(next, (sent % 65_535) + 1));
      next += connections;
      sent++;
    }
    const flushed = chunk.length === 0 ? true : socket.write(Buffer.concat(chunk));
    if (rate > 0 && sent >= allowed()) await new Promise((resolve) => setTimeout(resolve, 5));
    else if (!flushed || chunk.length === 0) await new Promise((resolve) => (resume = resolve));
    else await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end(Buffer.from([0xe0, 0]));
}

if (devices % connections !== 0) throw new Error('devices must be a multiple of connections');
const startedAt = Date.now();
await Promise.all(Array.from({ length: connections }, (_, share) => publishShare(share)));
console.log(JSON.stringify({ startedAt, endedAt: Date.now(), messages, values: messages * sets }));
