import { zipSync } from 'fflate';

/** Zips that must not be taken, with what the refusal says. */

const proxyXml = Buffer.from('<APIProxy name="evil"/>');

export const hostileZips: readonly (readonly [name: string, zip: Buffer, message: RegExp])[] = [
  [
    'a path that leads out',
    zip({ 'apiproxy/evil.xml': proxyXml, '../../evil.txt': proxyXml }),
    /leads out of the zip|invalid relative path/,
  ],
  [
    'an absolute path',
    zip({ 'apiproxy/evil.xml': proxyXml, '/tmp/evil.txt': proxyXml }),
    /absolute path|cannot be read/,
  ],
  [
    'a path of another system',
    zip({ 'apiproxy/evil.xml': proxyXml, 'C:\\evil.txt': proxyXml }),
    /absolute path|cannot be read/,
  ],
  ['a symbolic link', withLink(), /symbolic link/],
  ['an entry twice', withDuplicate(), /twice/],
  [
    'a bomb',
    zip({ 'apiproxy/evil.xml': proxyXml, 'apiproxy/resources/jsc/a.js': new Uint8Array(60 * 1024 * 1024) }),
    /unpacks to more than/,
  ],
  ['a damaged entry', damaged(), /damaged|cannot be read/],
  ['no bundle in it', zip({ 'readme.txt': proxyXml }), /no folder apiproxy/],
  ['no zip at all', Buffer.from('PK, but not really'), /cannot be read/],
];

function zip(files: Record<string, Uint8Array>): Buffer {
  return Buffer.from(zipSync(files));
}

/** Unix mode of a link, in the upper half of the external attributes. */
function withLink(): Buffer {
  const attrs = (0o120777 << 16) >>> 0;
  return Buffer.from(
    zipSync({
      'apiproxy/evil.xml': proxyXml,
      'apiproxy/policies/link.xml': [Buffer.from('/etc/passwd'), { os: 3, attrs }],
    }),
  );
}

/** Two entries of one length of name: the second gets the name of the first. */
function withDuplicate(): Buffer {
  const made = zip({ 'apiproxy/evil.xml': proxyXml, 'apiproxy/evil.xmm': proxyXml });
  const text = made.toString('latin1').replaceAll('evil.xmm', 'evil.xml');
  return Buffer.from(text, 'latin1');
}

function damaged(): Buffer {
  const made = Buffer.from(zipSync({ 'apiproxy/evil.xml': [proxyXml, { level: 0 }] }));
  const at = made.indexOf('<APIProxy');
  made.writeUInt8(0x20, at + 1);
  return made;
}
