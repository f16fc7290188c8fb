import { isIP } from 'node:net';

/**
 * An address as 32-bit words: one for IPv4, four for IPv6. An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) is the
 * IPv4 address it stands for, so that a dual-stack socket and a rule mean the same client.
 */
export type IpAddress = readonly number[];

/** Tells whether an address lies in a block. */
export type IpBlock = (address: IpAddress) => boolean;

/** Undefined for a text that is not exactly one address. A zone (`%eth0`) is not part of the address. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const version = isIP(text);
  if (version === 0) return undefined;
  if (version === 4) return [ipv4Word(text)];
  const zone = text.indexOf('%');
  const words = ipv6Words(zone === -1 ? text : text.slice(0, zone));
  const [first, second, third, fourth = 0] = words;
  return first === 0 && second === 0 && third === 0xffff ? [fourth] : words;
}

/** Bits of a whole address of the same version. */
export function addressBits(address: IpAddress): number {
  return address.length * 32;
}

/** The addresses that have the first `bits` bits in common with `base`. */
export function ipBlock(base: IpAddress, bits: number): IpBlock {
  const masks = base.map((_, index) => wordMask(bits - index * 32));
  const [mask = 0] = masks;
  const [word = 0] = base;
  const masked = word & mask;
  if (base.length === 1) return (address) => address.length === 1 && ((address[0] ?? 0) & mask) === masked;
  const network = base.map((one, index) => one & (masks[index] ?? 0));
  return (address) =>
    address.length === network.length &&
    network.every((one, index) => ((address[index] ?? 0) & (masks[index] ?? 0)) === one);
}

/** The leading bits of a 32-bit word; a shift by 32 would be no shift at all. */
function wordMask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

function ipv4Word(text: string): number {
  return text.split('.').reduce((word, octet) => word * 256 + Number(octet), 0);
}

/** RFC 4291, section 2.2: groups of 16 bits, `::` for any number of zero groups, the last two groups as IPv4 at will. */
function ipv6Words(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return [0, 2, 4, 6].map((index) => (all[index] ?? 0) * 65536 + (all[index + 1] ?? 0));
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const word = ipv4Word(group);
    return [Math.floor(word / 65536), word % 65536];
  });
}
