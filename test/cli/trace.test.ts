import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TraceCall } from '../../runtime/debug/trace.ts';
import { bundleTree } from '../support/bundle-tree.ts';
import { chain } from '../support/debug.ts';
import { call, type Gateway, mainFile, runCommand, startGateway } from '../support/gateway.ts';

/** Runs `zerohop trace` and, once it records, `during`; waits for its end. */
async function traced(gateway: Gateway, options: readonly string[], during: () => Promise<unknown>) {
  const to = ['--server', `http://127.0.0.1:${gateway.managementPort}`];
  const child = spawn(process.execPath, [mainFile, 'trace', ...options, ...to], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const texts = { stdout: '', stderr: '' };
  const ready = new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      texts.stderr += text;
      if (texts.stderr.includes('Records calls')) resolve();
    });
    child.once('close', () => resolve());
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.stdout += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await ready;
  await during();
  return { child, ended, texts };
}

test('zerohop trace', async (t) => {
  const folder = await bundleTree(chain);
  const gateway = await startGateway(folder);
  const file = join(await bundleTree(), 'calls.json');
  const both = async () => {
    await call(gateway.port, { path: '/first/a' });
    await call(gateway.port, { path: '/first/fail' });
  };

  await t.test('prints each call as a tree, with faults and where they come from', async () => {
    const { ended, texts } = await traced(gateway, ['first', '--count', '2'], both);
    assert.equal(await ended, 0, texts.stderr);
    const text = texts.stdout.replace(/\d+(?:\.\d+)? ms/g, 'N ms').replace(/\(\S*\/(third\/apiproxy)/g, '($1');
    const [ok = '', failed = ''] = text.split('\n\n');
    assert.deepEqual(ok.split('\n').slice(1), [
      'first GET /first/a  200  N ms',
      '├─ PreFlow proxy request  N ms',
      '│  └─ mark AssignMessage  N ms',
      '├─ route to-default to default',
      '├─ target default in memory  200  N ms',
      '│  └─ second GET /second/a  200  N ms',
      '│     ├─ PreFlow proxy request  N ms',
      '│     │  └─ never AssignMessage  skipped  if request.header.never = "x"',
      '│     ├─ route to-default to default',
      '│     └─ target default in memory  200  N ms',
      '│        └─ third GET /third/a  200  N ms',
      '│           ├─ flow fails: false  proxy.pathsuffix MatchesPath "/fail"',
      '│           ├─ answers proxy request  N ms',
      '│           │  └─ answer AssignMessage  N ms',
      '│           └─ route none',
      '└─ PreFlow proxy response  N ms',
      '   └─ stamp AssignMessage  N ms',
    ]);
    assert.match(failed, /raise RaiseFault {2}failed/);
    assert.match(failed, /steps\.raisefault\.RaiseFault: .* {2}raise \(third\/apiproxy\/policies\/raise\.xml:1\)/);
    assert.match(failed, /taken by fault rule raised/);
    assert.match(failed, /fault rule raised {2}N ms/);
  });

  await t.test('saves calls, and shows a saved file', async () => {
    const { ended, texts } = await traced(gateway, ['first', '--count', '2', '--save', file, '--variables'], both);
    assert.equal(await ended, 0, texts.stderr);
    assert.match(texts.stderr, /2 calls saved in/);
    assert.match(texts.stdout, /set mark = "of GET"/);
    const { calls } = JSON.parse(await readFile(file, 'utf8')) as { calls: TraceCall[] };
    assert.deepEqual(
      calls.map(({ uri }) => uri),
      ['/first/a', '/first/fail'],
    );
    const shown = await runCommand('trace', `${file}#1`, '--variables');
    assert.equal(shown.code, 0, shown.stderr);
    assert.equal(shown.stdout, `${texts.stdout.split('\n\n')[0]}\n\n`);
    const json = await runCommand('trace', file, '--json');
    assert.deepEqual(JSON.parse(json.stdout), JSON.parse(await readFile(file, 'utf8')));
    const xml = await runCommand('trace', file, '--format', 'edge-xml');
    assert.equal([...xml.stdout.matchAll(/<DebugId>/g)].length, 6);
  });

  await t.test('says where two calls part', async () => {
    const { code, stdout } = await runCommand('trace', '--diff', `${file}#1`, `${file}#2`);
    assert.equal(code, 1);
    assert.match(stdout, /uri\n {4}A {2}"\/first\/a"\n {4}B {2}"\/first\/fail"/);
    assert.match(
      stdout,
      /They part in first > target default > second > target default > third:\n {2}A {2}condition fails: .* is false\n {2}B {2}condition fails: .* is true/,
    );
    assert.match(stdout, /status\n {4}A {2}"200"\n {4}B {2}"418"/);
    const same = await runCommand('trace', '--diff', `${file}#1`, `${file}#1`);
    assert.deepEqual([same.code, same.stdout], [0, 'Both took the same way.\n']);
    const json = await runCommand('trace', '--diff', `${file}#1`, `${file}#2`, '--json');
    const { parting } = JSON.parse(json.stdout) as { parting: { a: string } };
    assert.match(parting.a, /is false$/);
  });

  await t.test('stops at a signal, and leaves no session behind', async () => {
    const { child, ended, texts } = await traced(gateway, [], async () => call(gateway.port, { path: '/third/a' }));
    while (!texts.stdout.includes('third GET')) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGINT');
    assert.equal(await ended, 0, texts.stderr);
    const { text } = await call(gateway.managementPort, { path: '/v1/zerohop/debugsessions' });
    assert.deepEqual(
      (JSON.parse(text) as { sessions: { isOpen: boolean }[] }).sessions.filter(({ isOpen }) => isOpen),
      [],
    );
  });

  const to = ['--server', `http://127.0.0.1:${gateway.managementPort}`];
  for (const [what, args, code, message] of [
    ['a proxy that is not there', ['absent', ...to], 1, /No proxy "absent" serves/],
    ['a filter that cannot be read', ['first', '--filter', 'a =', ...to], 1, /filter cannot be read/],
    ['a file without calls', [join(folder, 'first/apiproxy/first.xml')], 1, /is not JSON/],
    ['a call that is not in the file', [`${file}#9`], 1, /has no call 9/],
    ['one call to compare', ['--diff', file], 2, /takes two calls/],
    ['a call nobody knows', ['--diff', file, '0123456789', ...to], 1, /no file, and no call/],
    ['two proxies', ['first', 'second', ...to], 2, /Name one proxy/],
  ] as const) {
    await t.test(`refuses ${what}`, async () => {
      const result = await runCommand('trace', ...args);
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, message);
    });
  }
});

test('zerohop dev keeps the latest calls', async () => {
  const gateway = await startGateway(await bundleTree(chain), [], undefined, 'dev');
  const to = ['--server', `http://127.0.0.1:${gateway.managementPort}`];
  await call(gateway.port, { path: '/first/a' });
  await call(gateway.port, { path: '/third/a' });
  const { code, stdout } = await runCommand('trace', '--recent', ...to, '--json');
  assert.equal(code, 0);
  const { calls } = JSON.parse(stdout) as { calls: TraceCall[] };
  assert.deepEqual(
    calls.map(({ proxy }) => proxy),
    ['first', 'third'],
  );
  const [first, second] = calls.map(({ id }) => id);
  const difference = await runCommand('trace', '--diff', first ?? '', second ?? '', ...to);
  assert.equal(difference.code, 1);
  assert.match(difference.stdout, /They part/);
});
