import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFile, mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { zipSync } from 'fflate';
import {
  assign,
  bundleTree,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  setPayload,
  step,
} from '../support/bundle-tree.ts';
import { type Watched, watched } from '../support/watched.ts';

/** What editors and git do to files, and the reloads that come of it. */

const policyOf = (text: string): string => assign('AM-Hello', setPayload(text));
const hello = (name: string): ReturnType<typeof proxy> =>
  proxy(name, proxyEndpoint(`/${name}`, preFlow('', step('AM-Hello')) + noTarget), policyOf('first'));
const policyFile = (folder: string, name: string): string => join(folder, name, 'apiproxy', 'policies', 'AM-Hello.xml');

function textOf({ loaded }: Watched, name: string): string {
  const found = loaded.bundles.find(({ bundle }) => bundle.name === name);
  return found?.bundle.policies.get('AM-Hello')?.root.place.source.text ?? '';
}

interface Save {
  readonly name: string;
  /** Changes the policy of bundle `a` to the text. */
  save(file: string, xml: string): Promise<void>;
}

const saves: readonly Save[] = [
  { name: 'a file that is written over', save: (file, xml) => writeFile(file, xml) },
  {
    name: 'a temporary file that is moved over the old one',
    save: async (file, xml) => {
      await writeFile(`${file}.tmp.4711`, xml);
      await rename(`${file}.tmp.4711`, file);
    },
  },
  {
    name: 'a copy that is kept while the file is written anew',
    save: async (file, xml) => {
      await writeFile(file.replace('AM-Hello.xml', '4913'), '');
      await unlink(file.replace('AM-Hello.xml', '4913'));
      await rename(file, `${file}~`);
      await writeFile(file, xml);
      await unlink(`${file}~`);
    },
  },
  {
    name: 'a file that is deleted and made again',
    save: async (file, xml) => {
      await unlink(file);
      await writeFile(file, xml);
    },
  },
  {
    name: 'a file that is written in pieces',
    save: async (file, xml) => {
      await writeFile(file, '');
      for (let at = 0; at < xml.length; at += 20) {
        await appendFile(file, xml.slice(at, at + 20));
        await new Promise((done) => setTimeout(done, 10));
      }
    },
  },
  {
    name: 'a file that is emptied, and filled after a while',
    save: async (file, xml) => {
      await writeFile(file, '');
      await new Promise((done) => setTimeout(done, 150));
      await writeFile(file, xml);
    },
  },
];

for (const { name, save } of saves) {
  test(name, async () => {
    const folder = await bundleTree({ ...hello('a'), ...hello('b') });
    const directory = await watched(folder);
    for (const text of ['second', 'third']) {
      await save(policyFile(folder, 'a'), policyOf(text));
      await directory.until(text, () => textOf(directory, 'a').includes(text));
    }
    await directory.quiet();
    assert.deepEqual(directory.changes, ['~a', '~a']);
    assert.deepEqual(directory.findings.flat(), [], 'no half of a file was read');
  });
}

test('a save that changes nothing is no reload', async () => {
  const folder = await bundleTree(hello('a'));
  const directory = await watched(folder);
  await writeFile(policyFile(folder, 'a'), policyOf('first'));
  await directory.quiet();
  assert.deepEqual(directory.changes, []);
});

test('files in hidden folders, in node_modules and beside bundles are no reload', async () => {
  const folder = await bundleTree(hello('a'));
  const directory = await watched(folder);
  for (const path of ['.git/index', 'node_modules/x/apiproxy/x.xml', 'notes.txt', 'a/.swap/x']) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), '<APIProxy name="x"/>');
  }
  await directory.quiet();
  assert.deepEqual(directory.changes, []);
});

test('two hundred files at once are one reload', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `p${index}`);
  const folder = await bundleTree(Object.assign({}, ...names.map(hello)));
  const directory = await watched(folder);
  await Promise.all(
    names.flatMap((name) => [
      ...[0, 1, 2].map((number) =>
        writeFile(
          join(folder, name, 'apiproxy', 'policies', `AM-${number}.xml`),
          assign(`AM-${number}`, setPayload('x')),
        ),
      ),
      writeFile(policyFile(folder, name), policyOf('second')),
    ]),
  );
  await directory.until('the last one', () => names.every((name) => textOf(directory, name).includes('second')));
  await directory.quiet();
  assert.equal(directory.changes.length, 1);
  assert.equal(directory.changes[0]?.split(' ').length, 50);
});

test('a checkout of two hundred files is one reload', async (t) => {
  if (spawnSync('git', ['--version']).error !== undefined) return t.skip('git is not installed');
  const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
  const folder = await bundleTree(Object.assign({}, ...names.map(hello)));
  const git = (...args: readonly string[]): void => {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
    execFileSync('git', ['-C', folder, ...identity, ...args], { stdio: 'ignore' });
  };
  git('init', '-b', 'first');
  git('add', '.');
  git('commit', '-m', 'first');
  git('checkout', '-b', 'second');
  for (const name of names) {
    await writeFile(policyFile(folder, name), policyOf('second'));
    for (let number = 0; number < 9; number++) {
      const file = join(folder, name, 'apiproxy', 'policies', `AM-${number}.xml`);
      await writeFile(file, assign(`AM-${number}`, setPayload('x')));
    }
  }
  git('add', '.');
  git('commit', '-m', 'second');
  git('checkout', 'first');
  const directory = await watched(folder);
  git('checkout', 'second');
  await directory.until('all of it', () => names.every((name) => textOf(directory, name).includes('second')));
  git('checkout', 'first');
  await directory.until('all of it, back', () => names.every((name) => textOf(directory, name).includes('first')));
  await directory.quiet();
  const all = names.map((name) => `~${name}`).sort();
  assert.deepEqual(
    directory.changes.map((one) => one.split(' ').sort()),
    [all, all],
  );
  assert.deepEqual(directory.findings.flat(), []);
});

test('while git holds its lock nothing is read', async () => {
  const folder = await bundleTree({ ...hello('a'), '.git/HEAD': 'ref: refs/heads/main\n' });
  const directory = await watched(folder);
  await writeFile(join(folder, '.git', 'index.lock'), '');
  await writeFile(policyFile(folder, 'a'), '<AssignMessage');
  await new Promise((done) => setTimeout(done, 300));
  await writeFile(policyFile(folder, 'a'), policyOf('second'));
  await unlink(join(folder, '.git', 'index.lock'));
  await directory.until('second', () => textOf(directory, 'a').includes('second'));
  assert.deepEqual(directory.changes, ['~a']);
  assert.deepEqual(directory.findings.flat(), []);
});

test('bundles that come, go and move are followed', async () => {
  const folder = await bundleTree(hello('a'));
  const directory = await watched(folder);
  const elsewhere = await bundleTree(hello('b'));
  await rename(join(elsewhere, 'b'), join(folder, 'b'));
  await directory.until('b', () => directory.changes.includes('+b'));
  await writeFile(policyFile(folder, 'b'), policyOf('second'));
  await directory.until('b changed', () => textOf(directory, 'b').includes('second'));
  await rename(join(folder, 'b'), join(folder, 'moved'));
  await directory.quiet();
  await writeFile(policyFile(folder, 'moved'), policyOf('third'));
  await directory.until('b changed where it is now', () => textOf(directory, 'b').includes('third'));
  await rm(join(folder, 'moved'), { recursive: true });
  await directory.until('no b', () => directory.changes.includes('-b'));
  assert.deepEqual(directory.changes, ['+b', '~b', '~b', '-b']);
  assert.deepEqual(directory.findings.flat(), []);
});

test('a bundle whose name cannot be read for a moment keeps it', async () => {
  const folder = await bundleTree(hello('a'));
  await rename(join(folder, 'a'), join(folder, 'folder-of-a'));
  const directory = await watched(folder);
  const base = join(folder, 'folder-of-a', 'apiproxy', 'a.xml');
  await writeFile(base, '<APIProxy name="a"');
  await directory.until('the mistake', () => directory.changes.length === 1);
  await writeFile(base, '<APIProxy name="a"/>');
  await directory.until('its end', () => directory.changes.length === 2);
  assert.deepEqual(directory.changes, ['~a', '~a']);
});

test('a zip is followed; while it cannot be read its last content stays', async () => {
  const zipOf = (text: string): Uint8Array => {
    const files = Object.entries(hello('a')).map(([path, xml]) => [path, Buffer.from(xml.replace('first', text))]);
    return zipSync(Object.fromEntries(files));
  };
  const folder = await bundleTree();
  await writeFile(join(folder, 'a.zip'), zipOf('first'));
  const directory = await watched(folder);
  await writeFile(join(folder, 'a.zip'), zipOf('second'));
  await directory.until('second', () => textOf(directory, 'a').includes('second'));
  await writeFile(join(folder, 'a.zip'), zipOf('third').subarray(0, 300));
  await directory.until('the mistake', () => directory.findings.flat().includes('ZH006'));
  assert.match(textOf(directory, 'a'), /second/);
  await writeFile(join(folder, 'a.zip'), zipOf('third'));
  await directory.until('third', () => textOf(directory, 'a').includes('third'));
  assert.deepEqual(directory.changes, ['~a', 'environment', '~a environment']);
});

test('a zip that is served by itself is followed', async () => {
  const zipOf = (text: string): Uint8Array => {
    const files = Object.entries(hello('a')).map(([path, xml]) => [path, Buffer.from(xml.replace('first', text))]);
    return zipSync(Object.fromEntries(files));
  };
  const file = join(await bundleTree(), 'a.zip');
  await writeFile(file, zipOf('first'));
  const directory = await watched(file);
  for (const text of ['second', 'third']) {
    await writeFile(`${file}.part`, zipOf(text));
    await rename(`${file}.part`, file);
    await directory.until(text, () => textOf(directory, 'a').includes(text));
  }
  assert.deepEqual(directory.changes, ['~a', '~a']);
});

test('files of the environment, of tests and above the bundles are followed', async () => {
  const folder = await bundleTree({
    ...Object.fromEntries(Object.entries(hello('a')).map(([path, xml]) => [`src/main/apigee/apiproxies/${path}`, xml])),
    'src/main/apigee/environments/local/targetservers.json': '[]',
    'src/tests/one/products.json': '[]',
  });
  const directory = await watched(join(folder, 'src', 'main', 'apigee', 'apiproxies'));
  const file = join(folder, 'src/main/apigee/environments/local/targetservers.json');
  await writeFile(file, '[{"name":"one","host":"127.0.0.1","port":1}]');
  await directory.until('one', () => directory.loaded.environment.targetServers.has('one'));
  await writeFile(file, '[{"name":"two",');
  await directory.until('the mistake', () => directory.changes.length === 2);
  assert.ok(directory.loaded.environment.targetServers.has('one'), 'what was read last is kept');
  await writeFile(file, '[{"name":"two","host":"127.0.0.1","port":1}]');
  await directory.until('two', () => directory.loaded.environment.targetServers.has('two'));
  const whole = await watched(folder);
  await writeFile(join(folder, 'src/tests/one/products.json'), '[{"name":"p"}]');
  await whole.until('p', () => whole.loaded.environment.products.has('p'));
});

test('a bundle that is served by itself is followed', async () => {
  const folder = await bundleTree(hello('a'));
  for (const directory of [await watched(join(folder, 'a')), await watched(join(folder, 'a', 'apiproxy'))]) {
    const text = `second ${directory.loaded.bundles.length} ${Math.random()}`;
    await writeFile(policyFile(folder, 'a'), policyOf(text));
    await directory.until(text, () => textOf(directory, 'a').includes(text));
  }
});

test('what could not be deployed is, with the next change', async () => {
  const folder = await bundleTree({ ...hello('a'), ...hello('b') });
  let isAble = false;
  const directory = await watched(folder, () => isAble);
  await writeFile(policyFile(folder, 'a'), policyOf('second'));
  await directory.until('the failure', () => directory.failures.length === 1);
  isAble = true;
  await writeFile(policyFile(folder, 'b'), policyOf('second'));
  await directory.until('b', () => directory.changes.length === 1);
  assert.deepEqual(directory.changes, ['~a ~b']);
});

test('the directory itself may go and come back', async () => {
  const outer = await bundleTree();
  await mkdir(join(outer, 'in'));
  await rename(join(await bundleTree(hello('a')), 'a'), join(outer, 'in', 'a'));
  const directory = await watched(join(outer, 'in'));
  await rename(join(outer, 'in'), join(outer, 'out'));
  await directory.until('it is gone', () => directory.failures.length > 0);
  assert.deepEqual(directory.changes, []);
  await writeFile(join(outer, 'out', 'a', 'apiproxy', 'policies', 'AM-Hello.xml'), policyOf('second'));
  await rename(join(outer, 'out'), join(outer, 'in'));
  await directory.until('second', () => textOf(directory, 'a').includes('second'));
});

test('a linked file is followed', async () => {
  const folder = await bundleTree({ ...hello('a'), 'shared/AM-Hello.xml': policyOf('first') });
  await unlink(policyFile(folder, 'a'));
  await symlink(join(folder, 'shared', 'AM-Hello.xml'), policyFile(folder, 'a'));
  const directory = await watched(folder);
  await writeFile(join(folder, 'shared', 'AM-Hello.xml'), policyOf('second'));
  await directory.until('second', () => textOf(directory, 'a').includes('second'));
});
