import { type LookupAddress, lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { buildConnector } from 'undici';

/** Code of the error when an address is not connected to. */
export const deniedCode = 'ZEROHOP_TARGET_DENIED';

/**
 * Addresses that are not reached over the internet: this machine, private networks, links, multicast, reserved ones,
 * and what stands for an IPv4 address elsewhere. IANA: special-purpose address registries.
 */
const privateNetworks: readonly string[] = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
  ...[
    '::/128',
    '::1/128',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '2002::/16',
    'fc00::/7',
    'fe80::/10',
    'fec0::/10',
    'ff00::/8',
  ],
];

/** Keeps calls whose address comes from variables away from private networks. */
export interface AddressGuard {
  /** Resolves a name; an error when an address of it is denied. What was looked at is what is connected to. */
  readonly lookup: LookupFunction;
  /** A connector that also looks at addresses that stand in the URL. */
  around(connector: buildConnector.connector): buildConnector.connector;
}

/** @param allowed host names, addresses, and networks such as `10.1.0.0/16`, that may be called all the same */
export function createAddressGuard(allowed: readonly string[]): AddressGuard {
  const names = new Set(allowed.map((one) => one.toLowerCase()));
  const denied = blockListOf(privateNetworks);
  const excepted = blockListOf(allowed.filter(isNetwork));
  const isDenied = (address: string, host: string): boolean => {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    return !names.has(host.toLowerCase()) && denied.check(address, family) && !excepted.check(address, family);
  };
  const lookup: LookupFunction = (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) callback(error, '', 0);
      else if (addresses.some(({ address }) => isDenied(address, host))) callback(refusal(), '', 0);
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4);
    });
  };
  return {
    lookup,
    around: (connector) => (options, callback) => {
      const host = options.hostname.replace(/^\[|\]$/g, '');
      if (isIP(host) !== 0 && isDenied(host, host)) callback(refusal(), null);
      else connector(options, callback);
    },
  };
}

/** Whether a text is an address or a network; what is neither is taken for a host name. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return list;
}

function refusal(): NodeJS.ErrnoException {
  return Object.assign(new Error('The address of the target is not allowed'), { code: deniedCode });
}
