import type { Exchange } from '../message/exchange.ts';
import type { Headers } from '../message/headers.ts';
import { isHopByHop, nominated } from '../message/hop-by-hop.ts';
import type { Retained } from './target-properties.ts';

/** Made anew for each request: framing, Host, and the trace of loops. Expect is between the client and us. */
function isMadeAnew(name: string): boolean {
  switch (name.length) {
    case 4:
      return name.toLowerCase() === 'host';
    case 6:
      return name.toLowerCase() === 'expect';
    case 8:
      return name.toLowerCase() === 'cdn-loop';
    case 14:
      return name.toLowerCase() === 'content-length';
    default:
      return false;
  }
}

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
    if (isHopByHop(name) || isMadeAnew(name)) continue;
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
    if (isHopByHop(name)) continue;
    if (nominated?.has(name.toLowerCase())) continue;
    if (retained !== undefined && !retained.has(name.toLowerCase())) continue;
    kept.push(name, raw[at + 1] ?? '');
  }
  return kept;
}

/** Names that Connection fields nominate; undefined for none, as almost always. */
function nominatedBy(raw: readonly string[]): ReadonlySet<string> | undefined {
  let names: Set<string> | undefined;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    for (const one of nominated(raw[at + 1] ?? '')) {
      names ??= new Set();
      names.add(one);
    }
  }
  return names;
}
