import type { Socket as NetSocket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LiveConnections } from '../../src/realtime/live-connections.js';
import type { LiveSession } from '../../src/realtime/live-session.js';
import { waitingBytes, waitingPackets } from '../../src/realtime/engine-connection.js';
import { TestDatabase } from '../support/databases.js';
import { LiveApp, type LiveClient } from '../support/live-app.js';
import { makeMunicipalities, until } from '../support/live-log.js';

/** More than the buffers of the system and of the server hold together. */
const EVENTS = 400;
const TEXT = 'x'.repeat(100_000);

const db = new TestDatabase('postgres');
let live: LiveApp;
let municipality: string;
let token: string;

beforeAll(async () => {
  await db.open();
  live = await LiveApp.start(db);
  [municipality] = (await makeMunicipalities(db.transactions, 1)) as [string];
  token = await live.token('operator', municipality);
});
afterAll(async () => {
  await live?.close();
  await db.close();
});

/** The network connection of a client; a paused one takes nothing from the server, like a tab that sleeps. */
function networkOf(client: LiveClient): NetSocket {
  const transport = client.socket.io.engine.transport as unknown as { ws: { _socket: NetSocket } };
  return transport.ws._socket;
}

function sessionOf(client: LiveClient): LiveSession {
  return live
    .get(LiveConnections)
    .all()
    .find(({ socket }) => socket.id === client.socket.id)!;
}

async function appendAll(): Promise<void> {
  for (let number = 0; number < EVENTS; number++) {
    await live.append([{ municipalityId: municipality, type: 'report', payload: JSON.stringify({ number, TEXT }) }]);
  }
}

const numbers = (client: LiveClient): number[] => client.data.map((data) => (data as { number: number }).number);
const all = Array.from({ length: EVENTS }, (_, i) => i);

it('sends a slow client away without harm to the others; it goes on with its cursor', async () => {
  const [slow, quick] = [await live.connect(token), await live.connect(token)];
  const { cursor } = await slow.subscribe(['reports']);
  await quick.subscribe(['reports']);
  const session = sessionOf(slow);
  networkOf(slow).pause();
  await appendAll();
  await until(() => quick.events.length === EVENTS && session.ended);
  expect(numbers(quick)).toEqual(all);
  networkOf(slow).resume();
  await until(() => slow.disconnects.length > 0);
  expect(slow.exceptions.map(({ error }) => error.code)).toEqual(['SLOW_CLIENT']);
  expect(slow.events.length).toBeLessThan(EVENTS);
  const again = await live.connect(token);
  await again.subscribe(['reports'], { cursor: slow.lastCursor ?? cursor });
  await until(() => slow.events.length + again.events.length >= EVENTS);
  expect([...numbers(slow), ...numbers(again)]).toEqual(all);
  expect(quick.disconnects).toEqual([]);
});

it('gives up a client that takes nothing at all', async () => {
  const dead = await live.connect(token);
  await dead.subscribe(['reports']);
  const session = sessionOf(dead);
  networkOf(dead).pause();
  await appendAll();
  await until(() => !live.get(LiveConnections).all().includes(session));
});

it('lets a client catch up at its own pace, and holds little for it meanwhile', async () => {
  const client = await live.connect(token);
  const { cursor } = await client.subscribe(['reports']);
  await client.unsubscribe(['reports']);
  await appendAll();
  const sleeper = await live.connect(token);
  const session = sessionOf(sleeper);
  await sleeper.subscribe(['reports'], { cursor });
  networkOf(sleeper).pause();
  let quiet = 0;
  let packets = 0;
  await until(() => {
    quiet = waitingPackets(session.socket) === packets ? quiet + 1 : 0;
    packets = waitingPackets(session.socket);
    return packets > 0 && quiet > 50;
  });
  expect(waitingBytes(session.socket)).toBeLessThan(1_000_000 + 2 * TEXT.length);
  expect(sleeper.events.length).toBeLessThan(EVENTS);
  await live.append([{ municipalityId: municipality, type: 'report', payload: JSON.stringify({ number: EVENTS }) }]);
  networkOf(sleeper).resume();
  await until(() => sleeper.events.length === EVENTS + 1);
  expect(numbers(sleeper)).toEqual([...all, EVENTS]);
  expect(session.ended).toBe(false);
});
