import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { bundleTree, noTarget, proxy, proxyEndpoint } from '../support/bundle-tree.ts';
import { freePort } from '../support/free-port.ts';
import { runCommand } from '../support/gateway.ts';

const commands = [
  'serve',
  'dev',
  'deploy',
  'undeploy',
  'rollback',
  'list',
  'stats',
  'validate',
  'graph',
  'new',
  'convert',
  'completion',
];

for (const command of commands) {
  test(`${command} --help shows an example`, async () => {
    const { code, stdout } = await runCommand(command, '--help');
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`Usage: zerohop ${command} `), stdout);
    assert.match(stdout.slice(stdout.indexOf('\nExample:\n')), new RegExp(`^\nExample:\n.* ?zerohop ${command}`));
  });
}

const wrong: readonly (readonly string[])[] = [
  [],
  ['nonsense'],
  ['serve', '--nonsense'],
  ['serve', '--port', 'x'],
  ['serve', '--log-level', 'loud'],
  ['serve', '--store', 'nonsense'],
  ['deploy'],
  ['undeploy'],
  ['graph', '--format', 'png'],
  ['completion', 'csh'],
  ['list', '--server', 'http://'],
];

for (const args of wrong) {
  test(`zerohop ${args.join(' ')}: wrong usage`, async () => {
    const { code, stderr } = await runCommand(...args);
    assert.equal(code, 2, stderr);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });
}

test('a command that is misspelt: did you mean', async () => {
  const { stderr } = await runCommand('deplyo');
  assert.match(stderr, /Did you mean deploy\?/);
});

test('no server, another server: one line that helps', async () => {
  const folder = await bundleTree(proxy('a', proxyEndpoint('/a', noTarget)));
  const port = await freePort();
  for (const args of [['list'], ['stats'], ['undeploy', 'a'], ['rollback', 'a'], ['deploy', folder]]) {
    const { code, stderr } = await runCommand(...args, '--server', `http://127.0.0.1:${port}`);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^zerohop: No server listens at http:\/\/127\.0\.0\.1:\d+\. Start one with "zerohop serve".*\n$/,
    );
  }
});

test('deploy of what is not there', async () => {
  const { code, stderr } = await runCommand('deploy', '/there/is/nothing');
  assert.equal(
    `${code} ${stderr}`,
    '1 zerohop: /there/is/nothing is not there. Name a directory that holds bundles.\n',
  );
  const empty = await runCommand('deploy', await bundleTree({ 'notes.txt': 'x' }));
  assert.equal(empty.code, 1);
  assert.match(empty.stderr, /holds no bundle/);
});

test('bash completes commands, options and values', async () => {
  const { stdout: script } = await runCommand('completion', 'bash');
  const complete = (...words: readonly string[]): string => {
    const line = words.map((word) => `'${word}'`).join(' ');
    const ask = `${script}\nCOMP_WORDS=(zerohop ${line}); COMP_CWORD=${words.length}; _zerohop; echo "\${COMPREPLY[*]}"`;
    return execFileSync('bash', ['-c', ask], { encoding: 'utf8' }).trim();
  };
  assert.equal(complete('de'), 'dev deploy');
  assert.equal(complete('stats', '--w'), '--watch');
  assert.equal(complete('graph', '--format', 'm'), 'mermaid');
  assert.equal(complete('completion', 'f'), 'fish');
  assert.equal(complete('serve', '--log-format', ''), 'json pretty');
});

for (const shell of ['zsh', 'fish']) {
  test(`the completion for ${shell} is one that it can read`, async (t) => {
    const { code, stdout } = await runCommand('completion', shell);
    assert.equal(code, 0);
    assert.match(stdout, /rollback/);
    const check = spawnSync(shell, ['-n'], { input: stdout, encoding: 'utf8' });
    if (check.error !== undefined) t.diagnostic(`${shell} is not installed: only the text was looked at`);
    else assert.equal(check.stderr, '');
  });
}
