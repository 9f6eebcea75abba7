import type { TLSSocket } from 'node:tls';
import type { Request, RequestHandler } from 'express';
import type { TrustsProxy } from './client-address.js';

/** Where a request keeps the certificate of its client. */
const CERTIFICATE = Symbol('hydroalert:client-certificate');

type CertifiedRequest = Request & { [CERTIFICATE]?: string };

const PEM = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;
/** RFC 8941, 3.3.5: a byte sequence, as RFC 9440 sends a certificate. */
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/=]+):$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const LINE_LENGTH = 64;

/**
 * Notes the certificate that the client of each request showed: in its own TLS connection to us, or to a proxy that says
 * so in a header. The header is believed only when the connection comes from a trusted proxy, whatever the header says;
 * and of a proxy only the header counts, since a certificate of its own is not one of its clients.
 * @param header name in lower case; undefined: no proxy is believed
 */
export function clientCertificates(header: string | undefined): RequestHandler {
  return (request: CertifiedRequest, _response, next) => {
    request[CERTIFICATE] =
      header !== undefined && isTrustedProxy(request) ? fromHeader(request.headers[header]) : fromConnection(request);
    next();
  };
}

/** The certificate (PEM) of a request's client, who has its key; nobody has checked anything else about it. */
export function clientCertificateOf(request: Request): string | undefined {
  return (request as CertifiedRequest)[CERTIFICATE];
}

function isTrustedProxy(request: Request): boolean {
  const trusts = request.app.get('trust proxy fn') as TrustsProxy;
  const { remoteAddress } = request.socket;
  return remoteAddress !== undefined && trusts(remoteAddress, 0);
}

function fromConnection({ socket }: Request): string | undefined {
  const { getPeerX509Certificate } = socket as Partial<TLSSocket>;
  return getPeerX509Certificate?.call(socket as TLSSocket)?.toString();
}

/** PEM with percent-encoding (nginx) or in one line (Apache), base64 of the DER in colons (RFC 9440) or without (HAProxy). */
function fromHeader(value: string | readonly string[] | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = decoded(value.trim());
  const base64 = (PEM.exec(text) ?? BYTE_SEQUENCE.exec(text))?.[1] ?? (BASE64.test(text) ? text : undefined);
  const lines = base64?.replaceAll(/\s/g, '').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g'));
  return lines ? ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n') : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
