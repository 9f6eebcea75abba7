import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { OutboundHttp, outboundUrlSchema } from './outbound-http.js';
import { OutboundNetworks } from './outbound-networks.js';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A real server on loopback; answers its port and what it was asked. */
async function listen(handler: RequestListener): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    handler(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, asked };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const REFUSED = expect.objectContaining({ code: 'OUTBOUND_REFUSED', kind: 'validation' }) as Error;
const FAILED = expect.objectContaining({ code: 'OUTBOUND_FAILED', kind: 'unavailable' }) as Error;
const guarded = new OutboundHttp();
const inside = new OutboundHttp(new OutboundNetworks(['127.0.0.0/8', '::1']));

describe('addresses', () => {
  const networks = new OutboundNetworks();

  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.168.1.1',
    '198.18.0.1',
    '203.0.113.9',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'localhost',
    '',
  ])('%s is refused', (address) => {
    expect(networks.permits(address)).toBe(false);
  });

  it.each(['8.8.8.8', '172.15.0.1', '172.32.0.1', '192.169.0.1', '2001:4860:4860::8888', '2a00::1', '::ffff:8.8.8.8'])(
    '%s is public',
    (address) => {
      expect(networks.permits(address)).toBe(true);
    },
  );

  it('may be allowed, by network or one by one, and only those', () => {
    const some = new OutboundNetworks(['10.20.0.0/16', '192.168.7.7', 'fd00:7::/64']);
    expect(
      ['10.20.1.1', '::ffff:10.20.1.1', '192.168.7.7', 'fd00:7::1', '8.8.8.8'].map((a) => some.permits(a)),
    ).toEqual(Array(5).fill(true));
    expect(['10.21.1.1', '192.168.7.8', 'fd00:8::1', '127.0.0.1', '::1'].map((a) => some.permits(a))).toEqual(
      Array(5).fill(false),
    );
    for (const wrong of ['10.0.0.0/33', 'localhost', 'fd00::/129', '']) {
      expect(() => new OutboundNetworks([wrong])).toThrow();
    }
  });
});

describe('a call', () => {
  it('reaches a receiver in an allowed network, and brings its answer back', async () => {
    const { port, asked } = await listen((request, response) => {
      void bodyOf(request).then((body) => {
        response.writeHead(202, { 'x-kind': request.headers['content-type'] ?? '' }).end(`got ${body}`);
      });
    });
    const headers = { 'content-type': 'application/json' };
    const answer = await inside.send(`http://127.0.0.1:${port}/hook?a=1`, { headers, body: '{"ü":1}' });
    expect(answer).toMatchObject({ status: 202, headers: { 'x-kind': 'application/json' } });
    expect(answer.body.toString()).toBe('got {"ü":1}');
    // By name too: it resolves to addresses that are all allowed.
    expect((await inside.send(`http://localhost:${port}/`, { method: 'GET' })).status).toBe(202);
    expect(asked).toEqual(['POST /hook?a=1', 'GET /']);
  });

  it.each([
    ['127.0.0.1', 'an address'],
    ['localhost', 'a name that leads to it'],
    ['127.1', 'an address in short'],
    ['2130706433', 'an address as a number'],
    ['0x7f000001', 'an address in hexadecimal'],
    ['0177.0.0.1', 'an address in octal'],
    ['0', 'the address of nothing'],
    ['[::1]', 'IPv6 loopback'],
    ['[::ffff:127.0.0.1]', 'IPv4 in IPv6'],
    ['[::ffff:7f00:1]', 'IPv4 in IPv6, in hexadecimal'],
    ['１２７.０.０.１', 'full-width digits'],
  ])('to loopback as %s (%s) is refused, and nothing arrives', async (host) => {
    const { port, asked } = await listen((_, response) => response.end('secret'));
    await expect(guarded.send(`http://${host}:${port}/`)).rejects.toEqual(REFUSED);
    expect(asked).toEqual([]);
  });

  it.each([
    'ftp://water.example/',
    'file:///etc/passwd',
    'gopher://water.example/',
    'http://user:pass@water.example/',
    'http://user@water.example/',
    'https://water.example/#part',
    '//water.example',
    'water.example',
    `http://water.example/${'x'.repeat(3_000)}`,
  ])('to %s is refused, also when it is given', async (url) => {
    await expect(inside.send(url)).rejects.toEqual(REFUSED);
    expect(outboundUrlSchema.safeParse(url).success).toBe(false);
  });

  it('does not follow a redirection', async () => {
    const target = await listen((_, response) => response.end('secret'));
    const location = `http://127.0.0.1:${target.port}/`;
    const { port } = await listen((_, response) => response.writeHead(307, { location }).end());
    expect(await inside.send(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 307, headers: { location } });
    expect(target.asked).toEqual([]);
  });

  it('takes only so much time and so many bytes', async () => {
    const silent = await listen(() => undefined);
    await expect(inside.send(`http://127.0.0.1:${silent.port}/`, { timeoutMs: 50 })).rejects.toEqual(FAILED);
    const dripping = await listen((_, response) => void response.writeHead(200).write('x'));
    await expect(inside.send(`http://127.0.0.1:${dripping.port}/`, { timeoutMs: 50 })).rejects.toEqual(FAILED);
    const large = await listen((_, response) => response.end(Buffer.alloc(100_000)));
    await expect(inside.send(`http://127.0.0.1:${large.port}/`)).rejects.toEqual(FAILED);
    const { body } = await inside.send(`http://127.0.0.1:${large.port}/`, { maxAnswerBytes: 100_000 });
    expect(body).toHaveLength(100_000);
  });

  it('fails plainly where nobody listens', async () => {
    const { port } = await listen(() => undefined);
    await new Promise((resolve) => servers.pop()!.close(resolve));
    await expect(inside.send(`http://127.0.0.1:${port}/`)).rejects.toEqual(FAILED);
  });
});
