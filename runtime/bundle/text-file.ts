import { type Diagnostics, Source, wholeFile } from '../diagnostic.ts';

/**
 * A file of a bundle as text. UTF-8 is expected; an XML file may name another single-byte encoding in its declaration.
 * Undefined, and reported, when the bytes are no text.
 */
export function readText(file: string, bytes: Uint8Array, diagnostics: Diagnostics): Source | undefined {
  if (startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff) || bytes.subarray(0, 64).includes(0)) {
    const what =
      startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff) ? 'UTF-16' : 'binary data or UTF-16 text';
    diagnostics.error('ZH001', wholeFile(file), `The file is ${what}, UTF-8 is expected.`, 'Save it as UTF-8.');
    return undefined;
  }
  const text = decode(bytes, 'utf-8') ?? declaredEncoding(bytes);
  if (text !== undefined) return new Source(file, text);
  const line = lineOfFirstBadByte(bytes);
  const message = `The file is not valid UTF-8; the first bad byte is in line ${line}.`;
  diagnostics.error(
    'ZH001',
    wholeFile(file),
    message,
    'Save it as UTF-8, or name its encoding in <?xml encoding="..."?>.',
  );
  return undefined;
}

function startsWith(bytes: Uint8Array, first: number, second: number): boolean {
  return bytes[0] === first && bytes[1] === second;
}

function decode(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    // TypeError: bytes that do not fit; RangeError: an encoding that does not exist. Both mean there is no text.
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function declaredEncoding(bytes: Uint8Array): string | undefined {
  const declaration = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const encoding = /^<\?xml\s[^>]*\bencoding\s*=\s*["']([\w.-]+)["']/.exec(declaration)?.[1];
  return encoding === undefined || /^utf-?8$/i.test(encoding) ? undefined : decode(bytes, encoding);
}

function lineOfFirstBadByte(bytes: Uint8Array): number {
  let line = 1;
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    if (decode(bytes.subarray(start, end), 'utf-8') === undefined) return line;
    start = end + 1;
    line++;
  }
  return line;
}
