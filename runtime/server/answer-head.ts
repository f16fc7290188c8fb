import { STATUS_CODES } from 'node:http';

/** What goes between the fields of an answer and its payload, decided by the door. */
export interface Framing {
  readonly keepAlive: boolean;
  /** Whether a payload of unknown length goes out in chunks. */
  readonly chunked: boolean;
  /** Of the request. */
  readonly version: string;
  /** Now, as a Date field has it. */
  readonly date: string;
}

/**
 * The head of an answer as it goes out, in Latin-1, without the empty line.
 * @throws TypeError when a text could not be written, or would begin another field or answer
 */
export function answerHead(status: number, reason: string, fields: readonly string[], framing: Framing): string {
  if (notText.test(reason)) throw new TypeError('Invalid character in the reason phrase');
  let head = `HTTP/1.1 ${status} ${reason === '' ? (STATUS_CODES[status] ?? '') : reason}\r\n`;
  let dated = false;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? '';
    const value = fields[at + 1] ?? '';
    if (notToken.test(name) || name === '' || notText.test(value))
      throw new TypeError('Invalid character in a header field');
    if (name.length === 4 && name.toLowerCase() === 'date') dated = true;
    head += `${name}: ${value}\r\n`;
  }
  if (!dated) head += `Date: ${framing.date}\r\n`;
  if (framing.chunked) head += 'Transfer-Encoding: chunked\r\n';
  if (!framing.keepAlive) head += 'Connection: close\r\n';
  // What HTTP/1.1 takes for granted, a client of HTTP/1.0 has to be told (RFC 9112 appendix C.2.2).
  else if (framing.version === '1.0') head += 'Connection: keep-alive\r\n';
  return head;
}

const notToken = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const notText = /[^\t\x20-\x7e\x80-\xff]/;

/** The length a head announces; -1 when it announces none. */
export function lengthIn(fields: readonly string[]): number {
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? '';
    if (name.length === 14 && name.toLowerCase() === 'content-length') return Number(fields[at + 1]);
  }
  return -1;
}
