import { isIP } from 'node:net';
import type { EnvReader } from './env-reader.js';
import { list } from './env-schemas.js';

/** Which URLs of users the platform may call. */
export interface OutboundConfig {
  /** Networks (CIDR) or addresses that may be called although they are not public. */
  readonly allowedNetworks: readonly string[];
}

export function readOutboundConfig(reader: EnvReader): OutboundConfig {
  const allowedNetworks = reader.read('OUTBOUND_ALLOWED_NETWORKS', list.prefault(''));
  if (allowedNetworks.every(isNetwork)) return { allowedNetworks };
  reader.problem(
    'OUTBOUND_ALLOWED_NETWORKS',
    'must be a list of networks or addresses such as 10.20.0.0/16,fd00:7::/64',
  );
  return { allowedNetworks: [] };
}

function isNetwork(text: string): boolean {
  const [address = '', prefix = '0', ...more] = text.split('/');
  const longest = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return more.length === 0 && !address.includes('%') && /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest;
}
