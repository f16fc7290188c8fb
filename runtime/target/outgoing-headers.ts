import type { Exchange } from '../message/exchange.ts';
import type { Headers } from '../message/headers.ts';
import type { Retained } from './target-properties.ts';

/**
 * Fields of one connection only (RFC 9110 section 7.6.1), by the length of their names: a field whose length fits none
 * is let through without a look at its letters.
 */
const ofConnection = byLength([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Made anew for each request: framing, Host, and the trace of loops. Expect is between the client and us. */
const ofRequest = byLength(['cdn-loop', 'content-length', 'expect', 'host']);

/** What a Connection field cannot take away by naming it. */
const protectedNames: ReadonlySet<string> = new Set(['cdn-loop', 'content-length', 'host', 'keep-alive', 'close', '']);

/**
 * The fields of a request to a target, flat, without Host and Content-Length. CDN-Loop (RFC 8586) is what the outside
 * request came with and our own identifier: what policies do to that field counts for nothing.
 */
export function outgoingHeaders(exchange: Exchange, headers: Headers, retained: Retained): string[] {
  const { raw } = headers;
  const nominated = nominatedBy(raw);
  const out: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (isOneOf(ofConnection, name) || isOneOf(ofRequest, name)) continue;
    if (nominated?.has(name.toLowerCase())) continue;
    if (retained !== undefined && !retained.has(name.toLowerCase())) continue;
    out.push(name, raw[at + 1] ?? '');
  }
  const { client, surroundings } = exchange;
  const { cdnLoop } = client;
  out.push('CDN-Loop', cdnLoop === undefined ? surroundings.cdnLoopId : `${cdnLoop}, ${surroundings.cdnLoopId}`);
  return out;
}

/** The fields of a response that go further, from the flat list that came. */
export function incomingHeaders(raw: readonly string[], retained: Retained): string[] {
  const nominated = nominatedBy(raw);
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (isOneOf(ofConnection, name)) continue;
    if (nominated?.has(name.toLowerCase())) continue;
    if (retained !== undefined && !retained.has(name.toLowerCase())) continue;
    kept.push(name, raw[at + 1] ?? '');
  }
  return kept;
}

/** Names that Connection fields hold besides its own options. */
function nominatedBy(raw: readonly string[]): ReadonlySet<string> | undefined {
  let names: Set<string> | undefined;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    for (const part of (raw[at + 1] ?? '').split(',')) {
      const option = part.trim().toLowerCase();
      if (protectedNames.has(option)) continue;
      names ??= new Set();
      names.add(option);
    }
  }
  return names;
}

function byLength(names: readonly string[]): readonly (readonly string[] | undefined)[] {
  const table: string[][] = [];
  for (const name of names) {
    const known = table[name.length];
    if (known === undefined) table[name.length] = [name];
    else known.push(name);
  }
  return Array.from(table);
}

function isOneOf(table: readonly (readonly string[] | undefined)[], name: string): boolean {
  const candidates = table[name.length];
  return candidates?.includes(name.toLowerCase()) ?? false;
}
