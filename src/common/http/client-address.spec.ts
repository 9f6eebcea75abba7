import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { clientAddress } from './client-address.js';

const request = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;
const local = (address: string): boolean => address.startsWith('10.');

it.each([
  ['198.51.100.1', undefined, '198.51.100.1'],
  ['198.51.100.1', '203.0.113.5', '198.51.100.1'],
  ['10.0.0.1', '203.0.113.5', '203.0.113.5'],
  ['10.0.0.1', '1.1.1.1, 203.0.113.5, 10.0.0.2', '203.0.113.5'],
  ['10.0.0.1', '10.0.0.9, 10.0.0.2', '10.0.0.9'],
  ['10.0.0.1', '', '10.0.0.1'],
])('%s with X-Forwarded-For %s is %s', (remote, forwarded, client) => {
  expect(clientAddress(request(remote, forwarded), local)).toBe(client);
});

it('believes nobody when no proxy is trusted, and as many as are counted', () => {
  expect(clientAddress(request('10.0.0.1', '203.0.113.5'), () => false)).toBe('10.0.0.1');
  expect(clientAddress(request('10.0.0.1', '1.1.1.1, 203.0.113.5'), (_, hop) => hop < 1)).toBe('203.0.113.5');
});
