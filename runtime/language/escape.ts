/** Escaping for the formats that payloads are written in. */

const xmlEntities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&apos;'],
]);

const htmlEntities: ReadonlyMap<string, string> = new Map([...xmlEntities, ["'", '&#39;']]);

/** The characters a JSON string cannot hold as they are, without the quotes around it. RFC 8259, section 7. */
export function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** XML 1.0, production 2: characters outside it cannot be written at all and are left out. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|\p{Cs}/gu, (one) => xmlEntities.get(one) ?? '');
}

/** XML 1.1, productions 2 and 2a: control characters are written as references. */
export function escapeXml11(text: string): string {
  return text.replace(
    /[&<>"'\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x84\x86-\x9F\uFFFE\uFFFF]|\p{Cs}/gu,
    (one) => xmlEntities.get(one) ?? controlReference(one),
  );
}

function controlReference(character: string): string {
  const code = character.charCodeAt(0);
  return code > 0 && code < 0xa0 ? `&#${code};` : '';
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (one) => htmlEntities.get(one) ?? one);
}

/** The text that base64 stands for; undefined for other alphabets (base64url too) and impossible lengths. RFC 4648, section 4. */
export function decodeBase64(text: string): string | undefined {
  const digits = text.replace(/[\t\n\r ]+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) return undefined;
  const unpadded = digits.replace(/=+$/, '').length;
  if (unpadded % 4 === 1 || (unpadded !== digits.length && digits.length % 4 !== 0)) return undefined;
  return Buffer.from(digits, 'base64').toString('utf8');
}
