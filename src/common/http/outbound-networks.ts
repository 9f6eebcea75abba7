import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** IPv4 addresses that are not hosts of the public Internet (IANA special-purpose registry), and one that looks like it. */
const REFUSED_IPV4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared by carriers; metadata of some clouds
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local; metadata of most clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments; metadata of some clouds
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
  '168.63.129.16/32', // the host of Azure's virtual machines
];
/**
 * Of IPv6 only this is the public Internet. Loopback, link-local, unique local, multicast, IPv4 inside IPv6 (mapped,
 * compatible, translated by NAT64) all lie outside of it.
 */
const PUBLIC_IPV6 = '2000::/3';
const REFUSED_IPV6 = [
  '2001::/23', // protocol assignments; Teredo
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: an IPv4 address inside
  '3fff::/20', // documentation
];

const refusedIpv4 = blockList(REFUSED_IPV4);
const publicIpv6 = blockList([PUBLIC_IPV6]);
const refusedIpv6 = blockList(REFUSED_IPV6);

/** Which addresses the platform may call where a user said where to. */
export class OutboundNetworks {
  private readonly allowed: BlockList;

  /** `allowed`: networks (CIDR) or addresses that may be called although they are not public. @throws TypeError or RangeError for anything else */
  constructor(allowed: readonly string[] = []) {
    this.allowed = blockList(allowed);
  }

  /** Whether an IP address may be called; false for whatever is no IP address. */
  permits(address: string): boolean {
    const plain = unmapped(address);
    if (isIPv4(plain)) return this.allowed.check(plain, 'ipv4') || !refusedIpv4.check(plain, 'ipv4');
    if (!isIPv6(plain) || plain.includes('%')) return false;
    if (this.allowed.check(plain, 'ipv6')) return true;
    return publicIpv6.check(plain, 'ipv6') && !refusedIpv6.check(plain, 'ipv6');
  }
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** An IPv4 address inside IPv6 (`::ffff:10.0.0.1`) is that IPv4 address: the system would connect there. */
function unmapped(address: string): string {
  if (!isIPv6(address) || address.includes('%')) return address;
  const { hostname } = new URL(`http://[${address}]`);
  const groups = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname);
  if (groups === null) return address;
  const [high, low] = [Number.parseInt(groups[1]!, 16), Number.parseInt(groups[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
