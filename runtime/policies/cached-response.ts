import { Body } from '../message/body.ts';
import { Headers } from '../message/headers.ts';
import { isHopByHop } from '../message/hop-by-hop.ts';
import { Message } from '../message/message.ts';

/** Responses as a cache keeps them: `r`, a line of JSON with all but the payload, and the payload, a character per byte. */

interface Head {
  readonly status: number;
  readonly reason?: string;
  /** Flat, as Headers has them. */
  readonly headers: readonly string[];
}

/** Only once the payload is in memory. */
export function encodeResponse(response: Message): string {
  const { raw } = response.headers;
  const headers: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (!isHopByHop(name)) headers.push(name, raw[at + 1] ?? '');
  }
  const { status, ownReason: reason } = response;
  const head: Head = reason === undefined ? { status, headers } : { status, reason, headers };
  return `r${JSON.stringify(head)}\n${response.body.bytes.toString('latin1')}`;
}

/** Undefined for what is no response: another policy's entry. */
export function decodeResponse(entry: string): Message | undefined {
  const end = entry.indexOf('\n');
  if (!entry.startsWith('r') || end === -1) return undefined;
  // What a store holds under this letter was written by encodeResponse: its shape is trusted.
  const head = JSON.parse(entry.slice(1, end)) as Head;
  const body = Body.ofBytes(Buffer.from(entry.slice(end + 1), 'latin1'));
  const message = new Message('response', new Headers([...head.headers]), body);
  message.status = head.status;
  if (head.reason !== undefined) message.reason = head.reason;
  return message;
}
