import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundleTree, type Files, writeFiles } from '../support/bundle-tree.ts';
import { type Call, call, runCommand, startGateway } from '../support/gateway.ts';
import { repository } from '../support/source-code.ts';

/** The tours in bundles/README.md, README.md and docs/getting-started.md: each `curl` line, and the answer printed below it. */

interface Example {
  readonly command: string;
  readonly expected: string;
  /** With `curl -i`: status line, the headers that matter, blank line, body. */
  readonly withHead: boolean;
}

function examplesIn(markdown: string): Example[] {
  const found = markdown.matchAll(
    /^```sh\n(curl [^`]*?)\n```\n\s*(?:^[^`\n]+\n\s*)?^```(http|json|text)\n([^`]*?)\n```$/gm,
  );
  return [...found].map((match) => ({
    command: (match[1] ?? '').replace(/\\\n\s*/g, ''),
    withHead: match[2] === 'http',
    expected: match[3] ?? '',
  }));
}

/** What `curl` would ask: of its options only those the pages use. */
function callOf(command: string): Call {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
  const headers: Record<string, string> = {};
  let method: string | undefined;
  let body: string | undefined;
  let path = '';
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '-H') {
      const [name = '', value = ''] = (words[++index] ?? '').split(/: */, 2);
      headers[name] = value;
    } else if (word === '-d') body = words[++index] ?? '';
    else if (word === '-X') method = words[++index];
    else if (word.startsWith('http://127.0.0.1:8998/')) path = word.slice('http://127.0.0.1:8998'.length);
    else if (word !== '-i' && word !== '-s' && word !== '-si') throw new Error(`curl ${word} is not understood here`);
  }
  if (path === '') throw new Error(`No address in: ${command}`);
  return {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    path,
    headers,
    ...(body === undefined ? {} : { body }),
  };
}

/** The files that a page tells its reader to make: a line with the path, then the text. */
function filesIn(markdown: string): Files {
  const found = markdown.matchAll(/`my-bundles\/([^`\n]+)`:?\n\n```xml\n([^`]*)```/g);
  return Object.fromEntries([...found].map(([, path = '', text = '']) => [path, text]));
}

/** The examples, their target server moved to the port that is free here, and what getting started tells to write. */
async function servedExamples() {
  const folder = await bundleTree(filesIn(readFileSync(join(repository, 'docs/getting-started.md'), 'utf8')));
  cpSync(join(repository, 'bundles'), folder, { recursive: true });
  const gateway = await startGateway(folder, [], (port) => ({
    'environments/local/targetservers.json': readFileSync(
      join(repository, 'bundles/environments/local/targetservers.json'),
      'utf8',
    ).replace('8998', String(port)),
  }));
  return gateway;
}

const nameOf = (line: string): string => line.replace(/:.*$/, '').toLowerCase();
const contentOf = (line: string): string => line.replace(/^[^:]*: */, '');

const pages = ['bundles/README.md', 'README.md', 'docs/getting-started.md'];

test('the examples answer as their pages say', async (t) => {
  const gateway = await servedExamples();
  for (const page of pages) {
    const text = readFileSync(join(repository, page), 'utf8');
    const examples = examplesIn(text);
    await t.test(`${page}: every curl line has an answer`, () => {
      assert.ok(examples.length > 0);
      assert.equal(examples.length, [...text.matchAll(/^```sh\ncurl /gm)].length);
    });
    for (const { command, expected, withHead } of examples) {
      await t.test(`${page}: ${command}`, async () => {
        const answer = await call(gateway.port, callOf(command));
        const [head = '', body = ''] = withHead ? expected.split(/\n\n/, 2) : ['HTTP/1.1 200 OK', expected];
        const [status = '', ...headers] = head.split('\n');
        assert.equal(answer.text, body);
        assert.equal(`HTTP/1.1 ${answer.status} ${answer.reason}`, status);
        for (const name of new Set(headers.map(nameOf))) {
          const values = headers.filter((line) => nameOf(line) === name).map(contentOf);
          assert.equal(String(answer.headers[name]), values.join(', '), name);
        }
      });
    }
  }
  await t.test('no bundle has a finding', () => {
    assert.doesNotMatch(gateway.logs(), /\b(?:error|warning) [A-Z]{2}\d{3}\b/);
  });
  await t.test('a correlation identifier is made when the client sends none', async () => {
    const answer = await call(gateway.port, { path: '/shop/products/42' });
    assert.match(String(answer.headers['x-correlation-id']), /^shop-[0-9a-f-]{36}$/);
  });
});

test('a mistake is told as README.md shows it', async () => {
  const shown = /^```text\n(bundles\/\S+: error [^`]*?)\n```$/m.exec(
    readFileSync(join(repository, 'README.md'), 'utf8'),
  )?.[1];
  const folder = await bundleTree();
  cpSync(join(repository, 'bundles'), folder, { recursive: true });
  const endpoint = join(folder, 'shop/apiproxy/proxies/default.xml');
  const text = readFileSync(endpoint, 'utf8').replace('<Name>FC-Correlation-Id<', '<Name>FC-Corelation-Id<');
  await writeFiles(folder, { 'shop/apiproxy/proxies/default.xml': text });
  const { code, stdout, stderr } = await runCommand('validate', folder);
  assert.equal(code, 1);
  const written = (stdout + stderr).replaceAll(folder, 'bundles');
  assert.ok(written.includes(shown ?? 'nothing is shown'), written);
});
