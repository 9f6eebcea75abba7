#!/usr/bin/env node
/**
 * The demo's MQTT broker (3.1.1), a process of its own: it keeps what it acknowledged while the application is down.
 * Settings by environment: BROKER_PORT, BROKER_HOST, APP_URL, BROKER_HOOK_TOKEN, MQTT_USERNAME, MQTT_PASSWORD,
 * MQTT_CLIENT_ID.
 * Sessions and messages live in memory: for lasting ones use Mosquitto or another broker (`MQTT_URL`).
 */
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { Gatekeeper } from './broker/gatekeeper.mjs';
import { hookClient } from './broker/hook-client.mjs';

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
}

function log(event, details = {}) {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...details })}\n`);
}

const ask = hookClient({ appUrl: required('APP_URL'), token: required('BROKER_HOOK_TOKEN') });
const platform = {
  username: required('MQTT_USERNAME'),
  password: required('MQTT_PASSWORD'),
  clientId: required('MQTT_CLIENT_ID'),
};
const gatekeeper = new Gatekeeper(platform, ask, log);

const broker = await Aedes.createBroker({
  authenticate: gatekeeper.authenticate,
  authorizePublish: gatekeeper.authorizePublish,
  authorizeSubscribe: gatekeeper.authorizeSubscribe,
  // Packets that arrive while the application is asked about the sign-in wait; mqtt clients send many at once.
  queueLimit: 5_000,
  // The platform stops reading while its database is away. Its connection is then closed, so that the others go on;
  // messages wait in its session meanwhile.
  drainTimeout: 20_000,
});
broker.on('clientDisconnect', (client) => gatekeeper.release(client));
broker.on('clientError', (client, error) => log('client error', { clientId: client.id, reason: error.message }));
broker.on('connectionError', (client, error) =>
  log('connection error', { clientId: client.id, reason: error.message }),
);

const server = createServer(broker.handle);
server.on('error', (error) => {
  log('cannot listen', { reason: error.message });
  process.exit(1);
});
server.listen({ port: Number(required('BROKER_PORT')), host: process.env.BROKER_HOST ?? '127.0.0.1' }, () =>
  log('listening', server.address()),
);

/** Ends the connections first: clients then know that what is not acknowledged has to be sent again. */
function shutDown(signal) {
  log('shutting down', { signal });
  server.close();
  broker.close(() => process.exit(0));
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, shutDown);
