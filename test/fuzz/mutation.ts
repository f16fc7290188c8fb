import type { Random } from '../support/random.ts';

/** Pieces that readers of XML, JSON, tokens and zips give a meaning to, and some that only look like it. */
const dictionary: readonly string[] = [
  ...[
    '<',
    '>',
    '/>',
    '</',
    '<a>',
    '</a>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?xml version="1.0"?>',
    '<!DOCTYPE a [',
    ']>',
  ],
  ...[
    '<!ENTITY x "y">',
    '&x;',
    '&#0;',
    '&#x10ffff;',
    '&amp;',
    'xmlns="urn:a"',
    'xmlns:p="',
    'p:',
    'name=""',
    "='",
    '="',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u0000',
    '\\ud800',
    'null',
    'true',
    '1e999',
    '-0',
    '__proto__',
    'constructor',
  ],
  ...[
    '{request.header.x}',
    '{',
    '}',
    '{escapeJSON(',
    '${',
    '$.',
    '$..',
    '[*]',
    '[?(@.a)]',
    '//*',
    '=~ "(a+)+$"',
    ' and ',
    '(',
  ],
  ...[
    '\u0000',
    '\r\n',
    '\n',
    '\t',
    ' ',
    '\u00e4',
    '\ud83d\ude00',
    '\ufeff',
    '..',
    '/',
    '../',
    '%00',
    '%',
    ';',
    '.',
    'e30.',
    '=',
  ],
  ...[
    'Step',
    'Condition',
    'ref="',
    'true',
    'request',
    'response',
    'message',
    '0',
    '-1',
    '99999999999',
    'PK\u0003\u0004',
  ],
];

/** A changed copy: one change or a few, of bytes or of whole pieces. */
export function mutate(random: Random, seed: Buffer): Buffer {
  let bytes = seed;
  for (let left = 1 + random.below(4); left > 0; left--) bytes = change(random, bytes);
  return bytes;
}

function change(random: Random, bytes: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  const length = Math.min(bytes.length - at, 1 + random.below(random.once(4) ? 200 : 8));
  const [before, piece, after] = [bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length)];
  switch (random.below(8)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, piece, piece, after]);
    case 2: {
      const flipped = Buffer.from(piece);
      if (flipped.length > 0) flipped.writeUInt8(random.below(256), random.below(flipped.length));
      return Buffer.concat([before, flipped, after]);
    }
    case 3:
      return Buffer.from(before);
    case 4: {
      // A piece from elsewhere.
      const from = random.below(bytes.length + 1);
      return Buffer.concat([before, bytes.subarray(from, from + random.below(60)), after]);
    }
    case 5: {
      const repeated = Buffer.from(random.of(dictionary).repeat(1 + random.below(random.once(20) ? 5000 : 4)));
      return Buffer.concat([before, repeated, after]);
    }
    default:
      return Buffer.concat([before, Buffer.from(random.of(dictionary)), after]);
  }
}
