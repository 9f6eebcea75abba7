import express from 'express';
import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { clientCertificateOf, clientCertificates } from './client-certificate.js';

const HEADER = 'x-client-cert';
const BASE64 = Buffer.alloc(150, 'certificate').toString('base64');
const LINES = BASE64.match(/.{1,64}/g)!;
const PEM = `-----BEGIN CERTIFICATE-----\n${LINES.join('\n')}\n-----END CERTIFICATE-----\n`;

interface Arrival {
  readonly from?: string;
  readonly trust?: unknown;
  readonly header?: string;
  readonly value?: string | string[];
  /** Of the connection itself. */
  readonly peer?: string;
}

function certificateOf({ from = '127.0.0.1', trust = ['loopback'], header = HEADER, value, peer }: Arrival) {
  const app = express();
  app.set('trust proxy', trust);
  const getPeerX509Certificate = () => (peer === undefined ? undefined : { toString: () => peer });
  const socket = { remoteAddress: from, getPeerX509Certificate };
  const request = { app, socket, headers: { [HEADER]: value } } as unknown as Request;
  clientCertificates(header === '' ? undefined : header)(request, {} as Response, () => undefined);
  return clientCertificateOf(request);
}

describe('the certificate of a client', () => {
  it.each([
    ['PEM with percent-encoding, as nginx does', encodeURIComponent(PEM)],
    ['PEM in one line, as Apache does', PEM.replaceAll('\n', ' ').trim()],
    ['RFC 9440', `:${BASE64}:`],
    ['base64 of the DER', BASE64],
  ])('is read from %s', (_how, value) => {
    expect(certificateOf({ value })).toBe(PEM);
  });

  it.each([
    ['nothing', undefined],
    ['an empty value, as nginx says "none"', ''],
    ['words', '(null)'],
    ['two certificates', encodeURIComponent(PEM + PEM)],
    ['two headers', `:${BASE64}:, :${BASE64}:`],
    ['a wrong encoding', '%E0%A4%A'],
    ['a key', encodeURIComponent(PEM.replaceAll('CERTIFICATE', 'PRIVATE KEY'))],
  ])('is none when the header holds %s', (_what, value) => {
    expect(certificateOf({ value, peer: PEM })).toBeUndefined();
  });

  it('is believed only from a proxy that is trusted by its address', () => {
    const value = `:${BASE64}:`;
    expect(certificateOf({ value, from: '203.0.113.7' })).toBeUndefined();
    expect(certificateOf({ value, trust: false })).toBeUndefined();
    expect(certificateOf({ value, trust: ['10.0.0.5'], from: '10.0.0.5' })).toBe(PEM);
    expect(certificateOf({ value, trust: ['10.0.0.5'], from: '10.0.0.6' })).toBeUndefined();
  });

  it('is none of a header that nobody named', () => {
    expect(certificateOf({ value: `:${BASE64}:`, header: '' })).toBeUndefined();
  });

  it('is that of the TLS connection where no proxy stands between', () => {
    expect(certificateOf({ peer: PEM, header: '' })).toBe(PEM);
    expect(certificateOf({ peer: PEM, from: '203.0.113.7', value: ':AAAA:' })).toBe(PEM);
  });

  it("is not the proxy's own", () => {
    expect(certificateOf({ peer: PEM })).toBeUndefined();
  });
});
