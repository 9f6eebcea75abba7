import type { IncomingMessage } from 'node:http';

/** Whether a proxy's word is believed: its address, and how many stand between it and us (Express' `trust proxy fn`). */
export type TrustsProxy = (address: string, hop: number) => boolean;

/**
 * The address of whoever made a request, for requests that Express does not see: the first, counted from us, that is not
 * a trusted proxy.
 */
export function clientAddress(request: IncomingMessage, trusts: TrustsProxy): string {
  const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  const addresses = [request.socket.remoteAddress ?? '', ...forwarded.reverse().map((address) => address.trim())];
  const known = addresses.filter((address, hop) => hop === 0 || address !== '');
  return known.find((address, hop) => !trusts(address, hop)) ?? known.at(-1) ?? '';
}
