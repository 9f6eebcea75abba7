import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/live-log.js';
import { ProvisioningWorld } from '../support/provisioning-world.js';

/** The last line of the command. */
interface Summary {
  readonly devices: number;
  readonly published: number;
  readonly acknowledged: number;
  readonly values: number;
  readonly acknowledgedValues: number;
  readonly faults: Readonly<Record<string, { readonly published: number; readonly acknowledgedValues: number }>>;
}

let world: ProvisioningWorld;
beforeAll(async () => (world = await ProvisioningWorld.open()));
afterAll(() => world?.close());

async function simulate(...args: string[]): Promise<{ code: number | null; summary: Summary; stderr: string }> {
  const { code, stdout, stderr } = await world.run(['simulate', ...args]);
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  return { code, stderr, summary: (last.startsWith('{') ? JSON.parse(last) : {}) as Summary };
}

async function count(sql: string, like: string): Promise<number> {
  const { rows } = await world.installation.db.transactions.query<{ n: number | string }>(sql, [like]);
  return Number(rows[0]!.n);
}
const stored = (prefix: string) =>
  count(
    'select count(*) as n from readings r join sensors s on s.series_id = r.series_id where s.device_id like ?',
    `${prefix}-%`,
  );

/** A door to the broker that knows MQTT 3.1.1 only: others are told "unacceptable protocol version". */
async function oldBroker(): Promise<{ url: string; close: () => void }> {
  const { hostname, port } = new URL(world.installation.broker.url);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first) => {
      // The byte after the name of the protocol is its version.
      if (first[first.indexOf('MQTT') + 4] !== 4) return void socket.end(Buffer.from([0x20, 2, 0, 1]));
      const broker = connect(Number(port), hostname).on('error', () => socket.destroy());
      broker.write(first);
      socket.pipe(broker).pipe(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() };
}

/** Waits until the platform has stored so many values, and makes sure that it stops there. */
async function untilStored(prefix: string, values: number): Promise<void> {
  await until(async () => (await stored(prefix)) >= values);
  await until(async () => {
    const { counters } = await world.root.get<{ counters: { inFlight: number } }>('/monitoring/mqtt/status');
    return counters.inFlight === 0;
  });
  expect(await stored(prefix)).toBe(values);
}

describe('simulate', () => {
  const mqtt = (): string[] => ['--mqtt-url', world.installation.broker.url];

  it('registers 20 devices of its own and plays them: what was acknowledged is stored, once', async () => {
    const { code, summary, stderr } = await simulate(
      ...[
        '--register',
        '20',
        '--municipality',
        'flussdorf',
        '--prefix',
        'play',
        '--duration',
        '6s',
        '--rate',
        '120',
        '--storm',
      ],
      ...mqtt(),
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(summary.devices).toBe(20);
    expect(summary.published).toBeGreaterThan(20);
    expect(summary.acknowledged).toBe(summary.published);
    expect(summary.acknowledgedValues).toBe(summary.values);
    await untilStored('play', summary.acknowledgedValues);
  });

  it('plays the same devices again, signed and faulty: each fault shows as what it is', async () => {
    const { code, summary } = await simulate(
      ...['--bundles', 'simulated-play', '--duration', '6s', '--rate', '120', '--signed', '--faults', 'all'],
    );
    expect(code).toBe(0);
    expect(Object.keys(summary.faults).sort()).toEqual([
      'clock',
      'drift',
      'duplicates',
      'late',
      'range',
      'silence',
      'stuck',
      'tampered',
      'unsigned',
      'well',
    ]);
    // A reading twice, and five in one message.
    const { duplicates, late, well } = summary.faults;
    expect(duplicates!.published).toBeGreaterThan(late!.published);
    expect(well!.published).toBeGreaterThan(0);
    const rejected = async (): Promise<Set<string>> => {
      const { rows } = await world.installation.db.transactions.query<{ code: string }>(
        "select distinct code from rejected_readings where device_id like 'play-%'",
      );
      return new Set(rows.map(({ code: word }) => word));
    };
    // The device whose clock is an hour ahead signs with it, too.
    async function knownIn(word: string): Promise<boolean> {
      return (await rejected()).has(word);
    }
    await until(() => knownIn('SIGNATURE_INVALID'));
    await until(() => knownIn('SIGNATURE_EXPIRED'));
    const bad =
      'select count(*) as n from readings r join sensors s on s.series_id = r.series_id where s.device_id like ? and r.value > 100000';
    await until(async () => (await count(bad, 'play-%')) > 0);
  });

  it('speaks 3.1.1 with a broker that knows nothing newer, unless it was told otherwise', async () => {
    const old = await oldBroker();
    const args = ['--bundles', 'simulated-play', '--devices', '2', '--duration', '2s', '--rate', '120'];
    const played = await simulate(...args, '--signed', '--mqtt-url', old.url);
    expect(played).toMatchObject({ code: 0, summary: { devices: 2 } });
    expect(played.summary.acknowledged).toBeGreaterThan(0);
    const told = await simulate(...args, '--mqtt-url', old.url, '--mqtt-version', '5');
    expect(told).toMatchObject({ code: 1 });
    expect(told.stderr).toMatch(/Unacceptable protocol version/i);
    old.close();
  });

  it('ends with the reason when nobody can be connected', async () => {
    const { code, stderr } = await simulate('--bundles', 'simulated-play', '--mqtt-url', 'mqtt://127.0.0.1:1');
    expect(code).toBe(1);
    expect(stderr).toContain('ECONNREFUSED');
  });

  it('says what it does not know', async () => {
    expect((await simulate('--bundles', 'simulated-play', '--faults', 'hunger')).stderr).toContain(
      'There is no fault "hunger"',
    );
    expect((await simulate('--bundles', 'nowhere')).stderr).toContain('nowhere cannot be read');
    expect((await simulate()).stderr).toContain('--register');
    expect((await simulate('--bundles', 'simulated-play', '--faults', 'tampered')).stderr).toContain('--signed');
  });
});
