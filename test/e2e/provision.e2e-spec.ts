import { createHmac, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connectAsync } from 'mqtt';
import { strFromU8, unzipSync } from 'fflate';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/services/ports.mjs';
import type { CredentialsFile } from '../../src/cli/provision/credentials-file.js';
import { CliProcess } from '../support/cli-process.js';
import { until } from '../support/live-log.js';
import { LossyProxy } from '../support/lossy-proxy.js';
import { ProvisioningWorld } from '../support/provisioning-world.js';

const ACCOUNT = { email: 'root@country.example', password: 'a long enough pass phrase' };

let world: ProvisioningWorld;
let proxy: LossyProxy;
beforeAll(async () => {
  world = await ProvisioningWorld.open();
  proxy = await LossyProxy.start(world.url);
});
afterEach(() => {
  proxy.fate = () => 'deliver';
  proxy.onHeld = () => undefined;
  proxy.calls.length = 0;
});
afterAll(async () => {
  await proxy?.close();
  await world?.close();
});

const mode = (path: string): number => statSync(path).mode & 0o777;
const credentialsOf = (folder: string): CredentialsFile =>
  JSON.parse(readFileSync(join(folder, 'credentials.json'), 'utf8')) as CredentialsFile;
const provision = (file: string, ...more: string[]) => [
  'provision',
  file,
  '--mqtt-url',
  world.installation.broker.url,
  ...more,
];

/** Tries everything that a bundle holds at the doors of the installation. */
async function expectToWork(folder: string): Promise<void> {
  const credentials = credentialsOf(folder);
  const { deviceId, apiKey, mqtt, hmac } = credentials;
  const { username, password } = mqtt;
  const certificatePem = readFileSync(join(folder, 'device.crt'), 'utf8');
  for (const proof of [{ apiKey }, { username, password }, { certificatePem }]) {
    const answer = await world.root.call('POST', '/devices/authenticate', { body: { deviceId, ...proof } });
    expect([deviceId, Object.keys(proof)[0], answer.status]).toEqual([deviceId, Object.keys(proof)[0], 200]);
  }
  const body = JSON.stringify({ values: { water_level_cm: 45.5 } });
  const [timestamp, nonce] = [String(Date.now()), randomUUID()];
  const signature = createHmac('sha256', hmac!.secret).update(`${timestamp}\n${nonce}\n${body}`).digest('hex');
  const response = await fetch(`${credentials.apiUrl}/readings`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-device-id': deviceId,
      'x-key-id': hmac!.keyId,
      'x-timestamp': timestamp,
      'x-nonce': nonce,
      'x-signature': signature,
    },
    body,
  });
  expect([deviceId, response.status]).toEqual([deviceId, 201]);
}

/** Every word of a bundle that nobody else may see. */
function secretsOf({ apiKey, mqtt, hmac }: CredentialsFile): string[] {
  return [apiKey, mqtt.password, hmac?.secret].flatMap((secret) => secret ?? []);
}

describe('provision', () => {
  it('registers a file and leaves a bundle of working credentials for each device, readable by nobody else', async () => {
    const { code, stdout, stderr } = await world.run(provision(world.devicesFile('well', 50), '--output', 'well'));
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain('50 devices: 50 created');
    expect(await world.devices('well')).toHaveLength(50);
    const bundles = readdirSync(world.path('well'));
    expect(bundles).toHaveLength(50);
    for (const id of bundles) await expectToWork(world.path('well', id));
    expect(mode(world.path('well', 'well-1'))).toBe(0o700);
    for (const file of readdirSync(world.path('well', 'well-1')))
      expect(mode(world.path('well', 'well-1', file))).toBe(0o600);
    expect(mode(world.path('well.journal'))).toBe(0o600);
    const said = [
      stdout,
      stderr,
      readFileSync(world.path('well.journal'), 'utf8'),
      readFileSync(world.path('well.results.csv'), 'utf8'),
    ];
    for (const secret of secretsOf(credentialsOf(world.path('well', 'well-1')))) {
      for (const text of said) expect(text).not.toContain(secret);
    }
  });

  it('stores nothing in a dry run, and says what would become of each line', async () => {
    const file = world.file('dry.csv', [
      'device_id,name,municipality,sensors',
      'dry-1,One,flussdorf,water_level_cm',
      'dry-2,Two,nowhere,water_level_cm',
      'dry-3,Three,flussdorf,no_such_type',
      'x,Four,flussdorf,',
    ]);
    const { code, stdout } = await world.run(provision(file, '--dry-run', '--output', 'dry'));
    expect(code).toBe(4);
    expect(stdout).toContain('line 3, dry-2: MUNICIPALITY_NOT_FOUND');
    expect(stdout).toContain('line 4, dry-3: UNKNOWN_SENSOR_TYPE');
    expect(stdout).toContain('line 5, x: INVALID_FORMAT');
    expect(stdout).toContain('4 devices: 1 valid, 3 error');
    expect(await world.devices('dry')).toEqual([]);
    expect(readdirSync(world.folder).filter((name) => name.startsWith('dry'))).toEqual(['dry.csv']);
  });

  it('goes on after kill -9 in the middle: no device twice, every one with credentials that work', async () => {
    const file = world.devicesFile('kill', 50);
    // The third answer with credentials never gets there: its devices exist, and the process dies waiting.
    let answers = 0;
    proxy.fate = ({ path }) => (path.endsWith('/devices/import') && ++answers >= 3 ? 'hold' : 'deliver');
    const held = new Promise<void>((resolve) => (proxy.onHeld = resolve));
    const args = provision(file, '--output', 'kill', '--url', proxy.url, '--chunk', '7');
    const run = await world.start(args);
    await held;
    run.signal('SIGKILL');
    expect((await run.ended).signal).toBe('SIGKILL');
    const before = readdirSync(world.path('kill'));
    expect(before.length).toBeGreaterThan(0);
    expect((await world.devices('kill')).length).toBeGreaterThan(before.length);

    proxy.fate = () => 'deliver';
    const again = await world.run([...args, '--resume']);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toMatch(/50 devices: \d+ created, \d+ reissued/);
    expect(await world.devices('kill')).toHaveLength(50);
    const bundles = readdirSync(world.path('kill'));
    expect(bundles).toHaveLength(50);
    for (const id of bundles) await expectToWork(world.path('kill', id));
  });

  it('gets over a lost answer by itself, and leaves alone what was there before it', async () => {
    await world.run(provision(world.devicesFile('lost', 1), '--output', 'lost-before'));
    const owned = world.path('lost-before', 'lost-1');
    const file = world.devicesFile('lost', 4);
    let lost = 0;
    proxy.fate = ({ path }) => (path.endsWith('/devices/import') && lost++ === 0 ? 'lose' : 'deliver');
    const args = provision(file, '--output', 'lost', '--url', proxy.url);
    const { code, stdout } = await world.run(args);
    expect(code).toBe(4);
    expect(stdout).toContain('4 devices: 1 exists_without_credentials, 3 reissued');
    expect(readdirSync(world.path('lost')).sort()).toEqual(['lost-2', 'lost-3', 'lost-4']);
    for (const id of readdirSync(world.path('lost'))) await expectToWork(world.path('lost', id));
    await expectToWork(owned);

    const reissued = await world.run([...args, '--resume', '--reissue', '--overlap', '1h']);
    expect(reissued).toMatchObject({ code: 0 });
    await expectToWork(world.path('lost', 'lost-1'));
    // Its own ones live on for the overlap.
    await expectToWork(owned);
  });

  it('writes an archive whose credentials publish a reading, and adds to it when the file grows', async () => {
    const first = await world.run(provision(world.devicesFile('zip', 2), '--output', 'zip.zip'));
    expect(first).toMatchObject({ code: 0 });
    const entries = unzipSync(readFileSync(world.path('zip.zip')));
    expect(Object.keys(entries).sort()).toEqual([
      ...['README.txt', 'ca.crt', 'credentials.json', 'device.crt', 'device.key'].map((name) => `zip-1/${name}`),
      ...['README.txt', 'ca.crt', 'credentials.json', 'device.crt', 'device.key'].map((name) => `zip-2/${name}`),
    ]);
    expect(mode(world.path('zip.zip'))).toBe(0o600);
    const { mqtt } = JSON.parse(strFromU8(entries['zip-1/credentials.json']!)) as CredentialsFile;
    const { clientId, username, password, url, topics } = mqtt;
    const device = await connectAsync(url, { clientId, username, password, protocolVersion: 5 });
    await device.publishAsync(topics.data, '{"values": {"water_level_cm": 77.5}}', { qos: 1 });
    await device.endAsync();
    await until(async () => {
      const latest = await world.root.get<{ value: number }[]>(`/readings/latest?deviceId=zip-1`);
      return latest.some(({ value }) => value === 77.5);
    });

    const grown = await world.run(provision(world.devicesFile('zip', 3), '--output', 'zip.zip', '--resume'));
    expect(grown).toMatchObject({ code: 0 });
    const all = unzipSync(readFileSync(world.path('zip.zip')));
    expect(Object.keys(all).filter((name) => name.endsWith('credentials.json'))).toHaveLength(3);
    expect(all['zip-1/credentials.json']).toEqual(entries['zip-1/credentials.json']);
  });

  it('overwrites nothing', async () => {
    const file = world.devicesFile('keep', 1);
    const args = provision(file, '--output', 'keep.zip');
    writeFileSync(world.path('keep.zip'), 'of somebody else');
    const refused = await world.run(args);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('nothing was overwritten');
    expect(readFileSync(world.path('keep.zip'), 'utf8')).toBe('of somebody else');
    // The journal still holds the credentials.
    const again = await world.run(args);
    expect(again.stderr).toContain('--resume');
    expect(again.code).toBe(1);
  });
});

describe('an installation', () => {
  it('that is away ends the run, which goes on later', async () => {
    const file = world.devicesFile('away', 3);
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const { code, stderr, stdout } = await world.run(
      provision(file, '--url', nowhere, '--output', 'away', '--patience', '1'),
    );
    expect(code).toBe(1);
    expect(stdout).toContain('--resume');
    expect(stderr).toContain('ECONNREFUSED');
  });

  it('that refuses the token is told as it is', async () => {
    const file = world.devicesFile('token', 1);
    const { code, stderr } = await world.run(provision(file, '--output', 'token'), { HYDROALERT_TOKEN: 'of.no.use' });
    expect(code).toBe(1);
    expect(stderr).toContain('401 UNAUTHENTICATED');
    expect(await world.devices('token')).toEqual([]);
  });

  it('is signed in to by e-mail, with the password from standard input', async () => {
    const file = world.devicesFile('mail', 2);
    const options = { cwd: world.folder, env: { HYDROALERT_URL: world.url } };
    const args = provision(file, '--output', 'mail', '--email', ACCOUNT.email);
    const right = await CliProcess.run(args, { ...options, input: `${ACCOUNT.password}\n` });
    expect(right).toMatchObject({ code: 0 });
    const wrong = await CliProcess.run([...args, '--dry-run'], { ...options, input: 'no such pass phrase\n' });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('INVALID_CREDENTIALS');
  });

  it('is not spoken to in the clear over a network', async () => {
    const { code, stderr } = await world.run(provision(world.devicesFile('plain', 1)), {
      HYDROALERT_URL: 'http://hydroalert.example',
    });
    expect(code).toBe(1);
    expect(stderr).toContain('https');
  });

  it('needs nothing of the environment of the server', async () => {
    expect(existsSync(world.path('.env'))).toBe(false);
    const { code, stdout } = await CliProcess.run(['--help'], { cwd: world.folder });
    expect(code).toBe(0);
    expect(stdout).toContain('provision');
  });
});

describe('device', () => {
  it('is shown, listed by health, stopped, allowed again, and gets a new credential', async () => {
    await world.run(provision(world.devicesFile('one', 2), '--output', 'one'));
    const shown = await world.run(['device', 'show', 'one-1']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ deviceId: 'one-1', health: { status: 'never_seen' } });
    const listed = await world.run(['device', 'list', '--health', 'never_seen,late']);
    expect(listed.stdout).toContain('one-1\tnever_seen');
    expect((await world.run(['device', 'list', '--health', 'online'])).stdout).not.toContain('one-1\t');

    const stopped = await world.run(['device', 'deactivate', 'one-1', 'one-none', 'one-2']);
    expect(stopped.code).toBe(4);
    expect(stopped.stdout).toContain('one-1 is deactivated\n');
    expect(stopped.stdout).toContain('DEVICE_NOT_FOUND');
    expect(stopped.stdout).toContain('one-2 is deactivated\n');
    expect(await world.run(['device', 'reactivate', 'one-1'])).toMatchObject({ code: 0 });

    const blind = await world.run(['device', 'rotate', 'one-1', '--kind', 'mqtt', '--output', 'new-password']);
    expect(blind.code).toBe(1);
    expect(blind.stderr).toContain('--mqtt-url');
    const rotated = await world.run([
      'device',
      'rotate',
      'one-1',
      '--kind',
      'api_key',
      '--overlap',
      '0',
      '--output',
      'new-key',
    ]);
    expect(rotated).toMatchObject({ code: 0 });
    const [before, after] = [
      credentialsOf(world.path('one', 'one-1')).apiKey!,
      credentialsOf(world.path('new-key', 'one-1')).apiKey!,
    ];
    expect(rotated.stdout).not.toContain(after);
    const authenticate = async (apiKey: string) =>
      (await world.root.call('POST', '/devices/authenticate', { body: { deviceId: 'one-1', apiKey } })).status;
    expect(await authenticate(after)).toBe(200);
    expect(await authenticate(before)).toBe(401);
  });
});
