import { isUtf8 } from 'node:buffer';
import { type Message, mediaType } from '../message/message.ts';

/** zerohop's choice: types with `+json` (RFC 6839) are JSON as well. */
export function isJson(message: Message): boolean {
  const type = mediaType(message.headers.line('content-type'));
  return type === 'application/json' || (type?.endsWith('+json') ?? false);
}

/** zerohop's choice: types with `+xml` (RFC 7303) are XML as well. */
export function isXml(message: Message): boolean {
  const type = mediaType(message.headers.line('content-type'));
  return type === 'application/xml' || type === 'text/xml' || (type?.endsWith('+xml') ?? false);
}

/**
 * Whether the payload's bytes were read as they are meant: what is not UTF-8 has left replacement characters behind.
 * Costs a search unless there are some.
 */
export function isDecoded(message: Message, content: string): boolean {
  if (!content.includes('\ufffd')) return true;
  return isUtf8(message.body.decoded(message.headers.line('content-encoding')));
}
