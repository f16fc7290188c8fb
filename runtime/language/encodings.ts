/** How bytes are written as text. Names as Apigee spells them, `base16` read as `hex`. */
export type Encoding = 'utf8' | 'hex' | 'base64' | 'base64url';

/** By its name in any case; undefined: no such encoding. */
export function encodingOf(name: string): Encoding | undefined {
  switch (name.toLowerCase()) {
    case 'utf8':
    case 'utf-8':
      return 'utf8';
    case 'hex':
    case 'base16':
      return 'hex';
    case 'base64':
      return 'base64';
    case 'base64url':
      return 'base64url';
    default:
      return undefined;
  }
}

/** The bytes of a text. Undefined when it does not fit: Node itself would stop reading at the first wrong character. */
export function decodeAs(text: string, encoding: Encoding): Buffer | undefined {
  switch (encoding) {
    case 'utf8':
      return Buffer.from(text, 'utf8');
    case 'hex':
      return text.length % 2 === 0 && !/[^0-9a-fA-F]/.test(text) ? Buffer.from(text, 'hex') : undefined;
    case 'base64':
      return decodeBase64(text, /[^A-Za-z0-9+/]/);
    case 'base64url':
      return decodeBase64(text, /[^A-Za-z0-9_-]/);
  }
}

function decodeBase64(text: string, foreign: RegExp): Buffer | undefined {
  const end = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
  const digits = text.slice(0, end);
  return end % 4 === 1 || foreign.test(digits) ? undefined : Buffer.from(digits, 'base64');
}
