import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import type { Message } from '../message/message.ts';
import type { Compression } from './target-properties.ts';

const compressGzip = promisify(gzip);
const compressDeflate = promisify(deflate);

/** A payload and the headers that go with it. */
export interface Encoded {
  readonly bytes: Buffer;
  readonly headers: string[];
}

/**
 * The payload of a request in memory as `compression.algorithm` wants it; `none` takes the coding off.
 * @throws Fault when the payload does not fit its Content-Encoding
 */
export async function encode(message: Message, algorithm: Compression, headers: string[]): Promise<Encoded> {
  const coding = message.headers.line('content-encoding');
  const { body } = message;
  if (body.isEmpty || coding?.trim().toLowerCase() === algorithm) return { bytes: body.bytes, headers };
  const plain = body.decoded(coding);
  const kept: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (name.toLowerCase() !== 'content-encoding') kept.push(name, headers[at + 1] ?? '');
  }
  if (algorithm === 'none') return { bytes: plain, headers: kept };
  kept.push('Content-Encoding', algorithm);
  return { bytes: await (algorithm === 'gzip' ? compressGzip(plain) : compressDeflate(plain)), headers: kept };
}
