import { Fault, flowFaults } from '../fault.ts';
import { isSingleValued } from '../message/headers.ts';
import { isHopByHop, nominated } from '../message/hop-by-hop.ts';

/** The header fields of a request as far as the connection is concerned: what is left goes to the proxy. */
export interface AdmittedHeaders {
  /** Flat `[name, value, ...]`; fields of the connection and names that only the gateway may set are left out. */
  readonly fields: string[];
  readonly host: string;
  /** All CDN-Loop fields, joined. */
  readonly cdnLoop: string | undefined;
}

const validHost = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._~!$&'()*+,;=%-]+)(?::\d{1,5})?$/i;

/**
 * One pass over the header fields: refuses what is ambiguous, drops what belongs to the connection.
 * @param authority of an absolute-form request target, which replaces the Host field (RFC 9112 section 3.2.2)
 * @param hostRequired by HTTP/1.1 (RFC 9112 section 3.2)
 * @throws Fault protocol.http.DuplicateHeader, protocol.http.BadPath, protocol.http.UnsupportedEncoding
 */
export function admitHeaders(
  raw: readonly string[],
  authority: string | undefined,
  hostRequired = false,
): AdmittedHeaders {
  const fields: string[] = [];
  let host: string | undefined;
  let cdnLoop: string | undefined;
  let dropped: string[] | undefined;
  let lengthsSeen = 0;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    const value = raw[at + 1] ?? '';
    if (isHopByHop(name)) {
      const lower = name.toLowerCase();
      if (lower === 'connection') {
        const names = nominated(value);
        if (names.length > 0) dropped = dropped === undefined ? names : [...dropped, ...names];
      } else if (lower === 'transfer-encoding' && value.trim().toLowerCase() !== 'chunked') {
        throw new Fault(
          { ...flowFaults.unsupportedEncodingAtRequest, status: 501 },
          'Unsupported Encoding in Transfer-Encoding',
        );
      }
      continue;
    }
    // Two fields of one name have one length: only then are names compared.
    const bit = 1 << (name.length & 31);
    if (lengthsSeen & bit) refuseRepeated(fields, name);
    lengthsSeen |= bit;
    if (name.length === 4 && host === undefined && name.toLowerCase() === 'host') {
      host = authority ?? value;
      fields.push(name, host);
      continue;
    }
    if (name.length === 8 && name.toLowerCase() === 'cdn-loop')
      cdnLoop = cdnLoop === undefined ? value : `${cdnLoop}, ${value}`;
    if (isReserved(name)) continue;
    fields.push(name, value);
  }
  if (hostRequired && host === undefined) throw new Fault(flowFaults.badPath, 'Missing Host header');
  const named = host ?? authority ?? '';
  if (named !== '' && !validHost.test(named)) throw new Fault(flowFaults.badPath, 'Invalid Host header');
  return { fields: dropped === undefined ? fields : without(fields, dropped), host: named, cdnLoop };
}

/** @throws Fault when a header that holds one value comes a second time */
function refuseRepeated(fields: readonly string[], name: string): void {
  const lower = name.toLowerCase();
  for (let at = 0; at < fields.length; at += 2) {
    const other = fields[at] ?? '';
    if (other.length !== name.length || other.toLowerCase() !== lower) continue;
    // Cookies may come in several fields over HTTP/2 and are joined there; a browser never repeats the others.
    if (lower !== 'cookie' && isSingleValued(lower))
      throw new Fault(flowFaults.duplicateHeader, `Duplicate Header "${name}"`);
    return;
  }
}

/** Names by which the platform talks to itself: what a client sends under them is dropped on arrival. */
function isReserved(name: string): boolean {
  return name.length > 9 && (name.charCodeAt(0) | 0x20) === letterX && name.slice(0, 9).toLowerCase() === 'x-apigee-';
}

const letterX = 120;

function without(fields: readonly string[], dropped: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? '';
    if (!dropped.includes(name.toLowerCase())) kept.push(name, fields[at + 1] ?? '');
  }
  return kept;
}

/** How often an identifier stands in a CDN-Loop field (RFC 8586 section 2): a list of identifiers with parameters. */
export function timesInCdnLoop(field: string | undefined, identifier: string): number {
  if (field === undefined || !field.includes(identifier)) return 0;
  return field.split(',').filter((one) => one.replace(/;.*$/s, '').trim() === identifier).length;
}
