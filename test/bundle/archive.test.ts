import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Zippable, zipSync } from 'fflate';
import { load, loadBundle, readArchive } from '../../runtime/bundle/load.ts';
import { Diagnostics } from '../../runtime/diagnostic.ts';
import { bundleTree, proxyEndpoint } from '../support/bundle-tree.ts';
import { listed } from '../support/diagnostics.ts';

const base = Buffer.from('<APIProxy name="p"/>');
const endpoint = Buffer.from(proxyEndpoint('/p', '<RouteRule name="none"/>'));

function zip(entries: Zippable): Buffer {
  return Buffer.from(zipSync(entries));
}

async function read(bytes: Buffer): Promise<[folders: string[], found: string[]]> {
  const diagnostics = new Diagnostics();
  const bundles = await readArchive(bytes, 'p.zip', diagnostics);
  return [bundles.map((one) => one.folder), listed(diagnostics.list)];
}

describe('zips', () => {
  test('a proxy, under a folder, a workspace, with backslashes and leftovers of macOS', async () => {
    const cases: [prefix: string, folder: string][] = [
      ['apiproxy/', 'p.zip!/apiproxy'],
      ['x/y/apiproxy/', 'p.zip!/x/y/apiproxy'],
      ['src/main/apigee/apiproxies/p/apiproxy/', 'p.zip!/src/main/apigee/apiproxies/p/apiproxy'],
      ['apiproxy\\', 'p.zip!/apiproxy'],
      ['./apiproxy/', 'p.zip!/apiproxy'],
    ];
    for (const [prefix, folder] of cases) {
      const slash = prefix.includes('\\') ? '\\' : '/';
      const bytes = zip({
        [`${prefix}p.xml`]: base,
        [`${prefix}proxies${slash}default.xml`]: endpoint,
        '__MACOSX/apiproxy/._p.xml': Buffer.from('x'),
      });
      assert.deepEqual(await read(bytes), [[folder], []], prefix);
      const [files] = await readArchive(bytes, 'p.zip', new Diagnostics());
      assert.ok(files);
      const { bundle, diagnostics } = loadBundle(files);
      assert.deepEqual([bundle.name, bundle.proxyEndpoints.length, diagnostics.list], ['p', 1, []]);
    }
  });

  test('in a directory, and given themselves', async () => {
    const folder = await bundleTree({ 'notes/readme.md': 'x' });
    const bytes = zip({ 'apiproxy/p.xml': base, 'apiproxy/proxies/default.xml': endpoint });
    await writeFile(join(folder, 'p.zip'), bytes);
    await writeFile(join(folder, 'notes/other.zip'), zip({ 'x.txt': base }));
    const loaded = await load(folder);
    assert.deepEqual(
      loaded.bundles.map(({ bundle }) => bundle.folder),
      [`${folder}/p.zip!/apiproxy`],
    );
    assert.deepEqual(listed(loaded.diagnostics.list, folder), [
      'notes/other.zip:1:1 warning ZH007 The zip holds no folder apiproxy/ or sharedflowbundle/ and is not read.',
    ]);
    assert.equal((await load(join(folder, 'p.zip'))).bundles.length, 1);
    assert.deepEqual(listed((await load(join(folder, 'notes/other.zip'))).diagnostics.list, folder), [
      'notes/other.zip:1:1 error ZH007 The zip holds no folder apiproxy/ or sharedflowbundle/.',
    ]);
  });

  test('an environment in a zip', async () => {
    const folder = await bundleTree();
    const servers = Buffer.from('[{"name":"t","host":"h","port":1}]');
    const bytes = zip({ 'src/main/apigee/environments/e/targetservers.json': servers, 'apiproxy/p.xml': base });
    await writeFile(join(folder, 'w.zip'), bytes);
    const { environment } = await load(join(folder, 'w.zip'));
    assert.deepEqual([environment.name, [...environment.targetServers.keys()]], ['e', ['t']]);
  });
});

describe('refused zips', () => {
  const ok = { 'apiproxy/p.xml': base };
  const damaged = (): Buffer => {
    const bytes = zip({ 'apiproxy/p.xml': [base, { level: 0 }] });
    bytes.writeUInt8(0x20, bytes.indexOf('APIProxy'));
    return bytes;
  };
  // fflate writes no name twice: one of two equally long names is renamed in place.
  const twice = (): Buffer =>
    Buffer.from(
      zip({ ...ok, 'apiproxy/q.xml': base })
        .toString('latin1')
        .replaceAll('q.xml', 'p.xml'),
      'latin1',
    );
  const cases: [what: string, bytes: () => Buffer, reason: RegExp][] = [
    ['a path that leads out', () => zip({ ...ok, '../evil.xml': base }), /"?\.\.\/evil\.xml/],
    ['one with backslashes', () => zip({ ...ok, 'a\\..\\..\\evil.xml': base }), /\.\.\/evil\.xml|leads out/],
    ['an absolute path', () => zip({ ...ok, '/etc/evil.xml': base }), /absolute path/],
    ['a drive', () => zip({ ...ok, 'C:/evil.xml': base }), /absolute path/],
    [
      'a symbolic link',
      () => zip({ ...ok, 'apiproxy/l.xml': [base, { os: 3, attrs: 0o120777 << 16 }] }),
      /"apiproxy\/l\.xml" is a symbolic link/,
    ],
    ['an entry that stands twice', twice, /holds "apiproxy\/p\.xml" twice/],
    [
      'a bomb',
      () => zip({ ...ok, 'apiproxy/b.xml': new Uint8Array(3_000_000) }),
      /unpacks to more than 200 times its size/,
    ],
    [
      'more than fits',
      () =>
        zip(
          Object.fromEntries(
            Array.from({ length: 101 }, (_, i) => [`${i}`, [new Uint8Array(1024 * 1024), { level: 9 }]]),
          ),
        ),
      /unpacks to more than 100 MB/,
    ],
    ['a damaged entry', damaged, /"apiproxy\/p\.xml" is damaged/],
    ['no zip', () => Buffer.from('PK, but not really a zip file, only some text'), /cannot be read/],
    ['an empty file', () => Buffer.alloc(0), /cannot be read/],
    ['a cut one', () => zip(ok).subarray(0, 60), /cannot be read/],
  ];
  for (const [what, bytes, reason] of cases) {
    test(what, async () => {
      const [folders, found] = await read(bytes());
      assert.deepEqual(folders, []);
      assert.equal(found.length, 1);
      assert.match(found[0] ?? '', /^p\.zip:1:1 error ZH006 The zip is refused\. /);
      assert.match(found[0] ?? '', reason);
    });
  }

  test('the content of apiproxy without the folder', async () => {
    const diagnostics = new Diagnostics();
    assert.deepEqual(
      await readArchive(zip({ 'p.xml': base, 'proxies/default.xml': endpoint }), 'p.zip', diagnostics),
      [],
    );
    assert.equal(diagnostics.list[0]?.hint, 'Pack the folder apiproxy itself, not what is in it.');
  });
});
