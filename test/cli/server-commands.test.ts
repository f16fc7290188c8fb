import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { zipSync } from 'fflate';
import {
  assign,
  bundleTree,
  type Files,
  localTarget,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  setPayload,
  sharedFlow,
  step,
  targetEndpoint,
  writeFiles,
} from '../support/bundle-tree.ts';
import { call, type Gateway, mainFile, runCommand, startGateway } from '../support/gateway.ts';

const hello = (name: string, text: string): Files =>
  proxy(
    name,
    proxyEndpoint(`/${name}`, preFlow('', step('AM-Hello')) + noTarget),
    assign('AM-Hello', setPayload(text)),
  );
const faulty = (name: string): Files =>
  proxy(name, proxyEndpoint(`/${name}`, preFlow('', step('AM-Helo')) + noTarget), assign('AM-Hello', setPayload('x')));

function on(gateway: Gateway, ...args: readonly string[]): ReturnType<typeof runCommand> {
  return runCommand(...args, '--server', `http://127.0.0.1:${gateway.managementPort}`);
}

async function textAt(gateway: Gateway, path: string): Promise<string> {
  const { status, text } = await call(gateway.port, { path });
  return status === 200 ? text : String(status);
}

test('deploy, list, rollback, undeploy', async () => {
  const gateway = await startGateway(await bundleTree(hello('base', 'base')));
  const folder = await bundleTree(hello('a', 'first'));

  const first = await on(gateway, 'deploy', join(folder, 'a'));
  assert.equal(`${first.code} ${first.stdout}${first.stderr}`, '0 a  revision 1  /a\n');
  assert.equal(await textAt(gateway, '/a'), 'first');

  await writeFiles(folder, hello('a', 'second'));
  const second = await on(gateway, 'deploy', folder, '--json');
  assert.equal(second.code, 0, second.stderr);
  const [result] = JSON.parse(second.stdout);
  assert.deepEqual(
    [result.name, result.kind, result.state, result.revision, result.basePaths, result.diagnostics],
    ['a', 'apiproxy', 'READY', '2', ['/a'], []],
  );
  assert.equal(await textAt(gateway, '/a'), 'second');

  const listed = await on(gateway, 'list');
  assert.match(listed.stdout, /^NAME +KIND +REVISION +BASE PATHS\na +proxy +2 +\/a\nbase +proxy +1 +\/base\n$/);

  const back = await on(gateway, 'rollback', 'a');
  assert.equal(`${back.code} ${back.stdout}`, '0 a  revision 1 serves (before: 2)\n');
  assert.equal(await textAt(gateway, '/a'), 'first');
  const further = await on(gateway, 'rollback', 'a');
  assert.equal(further.code, 1);
  assert.match(further.stderr, /"a" has no revision before 1; kept are 1, 2\.\n$/);
  assert.match((await on(gateway, 'rollback', 'a', '7')).stderr, /"a" has no revision 7; kept are 1, 2\.\n$/);
  const named = await on(gateway, 'rollback', 'a', '2', '--json');
  assert.deepEqual(JSON.parse(named.stdout), { name: 'a', revision: '2', previous: '1' });
  assert.equal(await textAt(gateway, '/a'), 'second');

  const gone = await on(gateway, 'undeploy', 'a');
  assert.equal(`${gone.code} ${gone.stdout}`, '0 a  revision 2 is undeployed\n');
  assert.equal(await textAt(gateway, '/a'), '404');
  const json = JSON.parse((await on(gateway, 'list', '--json')).stdout);
  assert.deepEqual(
    json.map((one: { name: string; revision: string | null }) => [one.name, one.revision]),
    [
      ['a', null],
      ['base', '1'],
    ],
  );
  const twice = await on(gateway, 'undeploy', 'a');
  assert.equal(twice.code, 1);
  assert.match(twice.stderr, /^zerohop: "a" is not deployed/);
  const misspelt = await on(gateway, 'undeploy', 'bass');
  assert.equal(misspelt.code, 1);
  assert.match(misspelt.stderr, /no proxy or shared flow "bass" on the server\. Did you mean "base"\?/);
});

test('a refused bundle: file, line, cure, and the old revision serves', async () => {
  const gateway = await startGateway(await bundleTree(hello('base', 'base')));
  const folder = await bundleTree(hello('a', 'first'));
  await on(gateway, 'deploy', folder);
  await writeFiles(folder, faulty('a'));
  const { code, stdout, stderr } = await on(gateway, 'deploy', folder);
  assert.equal(`${code} ${stdout}`, '1 ');
  assert.ok(stderr.startsWith(join(folder, 'a/apiproxy/proxies/default.xml:1:')), stderr);
  assert.match(stderr, /error BN010: .*"AM-Helo"/);
  assert.match(stderr, /hint: .*"AM-Hello"/);
  assert.match(stderr, /\na is refused because of the errors above\. Revision 1 keeps serving\.\n$/);
  assert.equal(await textAt(gateway, '/a'), 'first');
  const json = JSON.parse((await on(gateway, 'deploy', folder, '--json')).stdout);
  assert.deepEqual([json[0].state, json[0].revision, json[0].diagnostics[0].code], ['REFUSED', '1', 'BN010']);
  const taken = await on(gateway, 'deploy', await bundleTree(proxy('b', proxyEndpoint('/a', noTarget))));
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /\/a/);
  assert.match(taken.stderr, /b is refused.* Nothing of that name serves\.\n$/);
});

test('many at once, a workspace, a zip, another name', async () => {
  const gateway = await startGateway(await bundleTree(hello('base', 'base')));
  const callsFlow = '<FlowCallout name="FC"><SharedFlowBundle>log</SharedFlowBundle></FlowCallout>';
  const below = (folder: string, files: Files): Files =>
    Object.fromEntries(Object.entries(files).map(([path, text]) => [`src/main/apigee/${folder}/${path}`, text]));
  const workspace = await bundleTree({
    ...below('apiproxies', proxy('a', proxyEndpoint('/a', preFlow('', step('FC')) + noTarget), callsFlow)),
    ...below('sharedflows', sharedFlow('log', step('AM'), assign('AM', setPayload('from the flow')))),
  });
  const { code, stdout, stderr } = await on(gateway, 'deploy', workspace);
  assert.equal(`${code} ${stdout}${stderr}`, '0 log (shared flow)  revision 1\na  revision 1  /a\n');
  assert.equal(await textAt(gateway, '/a'), 'from the flow');

  const zip = Object.fromEntries(Object.entries(hello('z', 'zipped')).map(([path, xml]) => [path, Buffer.from(xml)]));
  const file = join(await bundleTree(), 'z.zip');
  await writeFile(file, zipSync(zip));
  assert.equal((await on(gateway, 'deploy', file)).stdout, 'z  revision 1  /z\n');
  const other = await bundleTree(proxy('z', proxyEndpoint('/other', noTarget)));
  assert.equal((await on(gateway, 'deploy', other, '--name', 'other')).stdout, 'other  revision 1  /other\n');
  const several = await on(gateway, 'deploy', workspace, '--name', 'x');
  assert.equal(several.code, 2);
  assert.match(several.stderr, /--name names one bundle; 2 bundles found: log, a\./);
  assert.equal((await on(gateway, 'undeploy', 'log')).stdout, 'log  revision 1 is undeployed\n');
});

test('stats counts calls from outside and in memory apart', async () => {
  const gateway = await startGateway(
    await bundleTree({
      ...proxy('shop', proxyEndpoint('/shop', route()), targetEndpoint(localTarget('a'))),
      ...hello('a', 'a'),
    }),
  );
  assert.equal((await on(gateway, 'stats')).stdout, 'No proxy has been called yet.\n');
  for (let number = 0; number < 3; number++) await call(gateway.port, { path: '/shop' });
  await call(gateway.port, { path: '/a' });
  const { stdout } = await on(gateway, 'stats');
  assert.equal(
    stdout,
    `PROXY  EXTERNAL  LOCAL  TOTAL  4XX  5XX
a             1      3      4    0    0
shop          3      0      3    0    0
7 proxy calls, 4 of them from outside and 3 in memory
`,
  );
  const json = JSON.parse((await on(gateway, 'stats', '--json')).stdout);
  assert.deepEqual(json[0], { proxy: 'a', external: 1, local: 3, total: 4, clientErrors: 0, serverErrors: 0 });
});

test('stats --watch looks again and again, until a signal', async () => {
  const gateway = await startGateway(await bundleTree(hello('a', 'a')));
  const server = `http://127.0.0.1:${gateway.managementPort}`;
  const args = ['stats', '--watch', '--interval', '20ms', '--json', '--server', server];
  const child = spawn(process.execPath, [mainFile, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  after(() => child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let output = '';
  const lines = (): string[] => output.split('\n').slice(0, -1);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const until = async (condition: () => boolean): Promise<void> => {
    const deadline = Date.now() + 20_000;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`Never; it wrote ${output}`);
      await new Promise((done) => setTimeout(done, 10));
    }
  };
  await until(() => lines().length > 1);
  await call(gateway.port, { path: '/a' });
  await until(() => lines().at(-1)?.includes('"external":1') === true);
  child.kill('SIGINT');
  assert.equal(await ended, 0);
});

test('a token that is missing or wrong, and something else that listens', async () => {
  const gateway = await startGateway(await bundleTree(hello('a', 'a')), ['--token', 'secret-1']);
  const missing = await on(gateway, 'list');
  assert.equal(missing.code, 1);
  assert.match(
    missing.stderr,
    /^zerohop: The server at .* asks for a token: give it with --token or ZEROHOP_TOKEN\.\n$/,
  );
  const wrong = await on(gateway, 'stats', '--token', 'secret-2');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /^zerohop: The server at .* does not accept this token/);
  assert.doesNotMatch(wrong.stderr, /secret/);
  assert.equal((await on(gateway, 'list', '--token', 'secret-1')).code, 0);

  const other = createServer((_request, response) => response.writeHead(404).end('<p>Not here</p>'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  after(() => other.close());
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const foreign = await runCommand('list', '--server', `http://127.0.0.1:${port}`);
  assert.equal(foreign.code, 1);
  assert.match(foreign.stderr, /is not the management port of a zerohop: it answered 404/);
});
