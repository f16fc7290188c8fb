import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
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
import { call, type Gateway, runCommand, startGateway } from '../support/gateway.ts';

const hello = (name: string, text: string): Files =>
  proxy(
    name,
    proxyEndpoint(`/${name}`, preFlow('', step('AM-Hello')) + noTarget),
    assign('AM-Hello', setPayload(text)),
  );

const startDev = (folder: string, ...options: readonly string[]): Promise<Gateway> =>
  startGateway(folder, options, undefined, 'dev');

/** Asks until the answer is the wanted one. */
async function untilServed({ port, logs }: Gateway, path: string, wanted: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const answer = await call(port, { path });
    const got = `${answer.status} ${answer.text}`;
    if (answer.status === 200 ? got === wanted : wanted === String(answer.status)) return;
    if (Date.now() > deadline) throw new Error(`${path} answers ${got}, never ${wanted}\n${logs()}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

async function untilTold({ logs }: Gateway, told: RegExp): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!told.test(logs())) {
    if (Date.now() > deadline) throw new Error(`Never told: ${told}\n${logs()}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

test('what is saved is served: changed, new, moved and removed bundles', async () => {
  const folder = await bundleTree({ ...hello('a', 'first'), ...hello('b', 'b') });
  const gateway = await startDev(folder);
  await untilServed(gateway, '/a', '200 first');
  await writeFiles(folder, hello('a', 'second'));
  await untilServed(gateway, '/a', '200 second');
  await untilTold(gateway, /^~ a {2}serves \/a$/m);
  await writeFiles(folder, hello('c', 'c'));
  await untilServed(gateway, '/c', '200 c');
  await untilTold(gateway, /^\+ c {2}serves \/c\n3 proxies serve, \d+ ms after the change$/m);
  await rename(join(folder, 'c'), join(folder, 'moved'));
  await writeFiles(folder, { 'moved/apiproxy/policies/AM-Hello.xml': assign('AM-Hello', setPayload('moved')) });
  await untilServed(gateway, '/c', '200 moved');
  await rm(join(folder, 'b'), { recursive: true });
  await untilServed(gateway, '/b', '404');
  await untilTold(gateway, /^- b {2}no longer serves$/m);
  assert.equal(await gateway.stop(), 0);
});

test('a faulty save is told, the last good revision serves, a good save recovers', async () => {
  const folder = await bundleTree(hello('a', 'first'));
  const gateway = await startDev(folder);
  const file = join(folder, 'a', 'apiproxy', 'proxies', 'default.xml');
  await writeFile(file, proxyEndpoint('/a', preFlow('', step('AM-Helo')) + noTarget));
  await untilTold(gateway, /a\/apiproxy\/proxies\/default\.xml:1:\d+: error BN010: .*"AM-Helo"/);
  await untilTold(gateway, /hint: .*"AM-Hello"/);
  await untilTold(gateway, /^~ a {2}is faulty, the last good revision keeps serving \/a$/m);
  await untilServed(gateway, '/a', '200 first');
  await writeFile(file, proxyEndpoint('/new-path', preFlow('', step('AM-Hello')) + noTarget));
  await untilServed(gateway, '/new-path', '200 first');
  await untilTold(gateway, /^~ a {2}recovered, serves \/new-path$/m);
  await untilServed(gateway, '/a', '404');
});

test('callers of a shared flow use the new one', async () => {
  const flow = (text: string): Files => sharedFlow('log', step('AM-Log'), assign('AM-Log', setPayload(text)));
  const folder = await bundleTree({
    ...flow('first'),
    ...proxy(
      'a',
      proxyEndpoint('/a', preFlow('', step('FC-Log')) + noTarget),
      '<FlowCallout name="FC-Log"><SharedFlowBundle>log</SharedFlowBundle></FlowCallout>',
    ),
  });
  const gateway = await startDev(folder);
  await untilServed(gateway, '/a', '200 first');
  await writeFiles(folder, flow('second'));
  await untilServed(gateway, '/a', '200 second');
  await untilTold(gateway, /^~ log \(shared flow\) {2}serves in a$/m);
});

test('resources and files of the environment are followed', async () => {
  const script = (text: string): Files => ({
    'a/apiproxy/resources/jsc/say.js': `context.setVariable('response.content', ${JSON.stringify(text)});`,
  });
  const settings = (text: string): Files => ({
    'environments/local/resources/properties/app.properties': `text=${text}\n`,
  });
  const folder = await bundleTree({
    ...proxy(
      'a',
      proxyEndpoint('/a', preFlow('', step('JS-Say')) + noTarget),
      '<Javascript name="JS-Say"><ResourceURL>jsc://say.js</ResourceURL></Javascript>',
    ),
    ...proxy(
      'b',
      proxyEndpoint('/b', preFlow('', step('AM-Say')) + noTarget),
      assign('AM-Say', setPayload('{propertyset.app.text}')),
    ),
    ...script('first'),
    ...settings('first'),
  });
  const gateway = await startDev(folder);
  await untilServed(gateway, '/a', '200 first');
  await writeFiles(folder, script('second'));
  await untilServed(gateway, '/a', '200 second');
  await untilServed(gateway, '/b', '200 first');
  await writeFiles(folder, settings('second'));
  await untilServed(gateway, '/b', '200 second');
  await untilTold(gateway, /^~ environment local$/m);
});

test('each request is a line with its chain, each fault names policy, file and line', async () => {
  const fault = `<RaiseFault name="RF-No">\n  <FaultResponse><Set><StatusCode>418</StatusCode></Set></FaultResponse>\n</RaiseFault>`;
  const folder = await bundleTree({
    ...proxy('shop', proxyEndpoint('/shop', route()), targetEndpoint(localTarget('catalog'))),
    ...proxy('catalog', proxyEndpoint('/catalog', route()), targetEndpoint(localTarget('stock'))),
    ...proxy('stock', proxyEndpoint('/stock', preFlow(step('RF-No', 'request.verb = "DELETE"')) + noTarget), fault),
  });
  const gateway = await startDev(folder);
  await call(gateway.port, { path: '/shop/1?secret=1' });
  await untilTold(gateway, /^GET \/shop\/1 {2}shop -> catalog -> stock {2}200 {2}\d+\.\d ms$/m);
  await call(gateway.port, { method: 'DELETE', path: '/shop/1' });
  await untilTold(gateway, /^DELETE \/shop\/1 {2}shop -> catalog -> stock {2}418 {2}\d+\.\d ms$/m);
  await untilTold(
    gateway,
    /^ {2}stock: steps\.raisefault\.RaiseFault by RF-No \(.*stock\/apiproxy\/policies\/RF-No\.xml:1\)$/m,
  );
  await call(gateway.port, { path: '/nothing' });
  await untilTold(gateway, /^GET \/nothing {2}404$/m);
  assert.doesNotMatch(gateway.logs(), /secret|\u001b/);
});

test('dev starts with no bundle at all, and serves the first one that comes', async () => {
  const folder = await bundleTree();
  const gateway = await startDev(folder);
  await writeFiles(folder, hello('a', 'first'));
  await untilServed(gateway, '/a', '200 first');
  const { code, stderr } = await runCommand('dev', join(folder, 'none'), '--port', '0', '--management-port', '0');
  assert.equal(code, 1);
  assert.match(stderr, /none is not there/);
});

test('serve reloads only when it is told to watch, and logs it', async () => {
  const folder = await bundleTree(hello('a', 'first'));
  const [still, watching] = [await startGateway(folder), await startGateway(folder, ['--watch'])];
  await writeFiles(folder, hello('a', 'second'));
  await untilServed(watching, '/a', '200 second');
  await untilTold(watching, /"changed":\["a"\].*"msg":"reloaded"/);
  assert.equal((await call(still.port, { path: '/a' })).text, 'first');
});

test('no request is lost or mixed up while bundles change', async () => {
  const folder = await bundleTree({
    ...proxy('front', proxyEndpoint('/front', route()), targetEndpoint(localTarget('a'))),
    ...hello('a', 'text 0'),
  });
  const gateway = await startDev(folder);
  let running = true;
  const seen = new Set<string>();
  const load = Array.from({ length: 8 }, async () => {
    while (running) {
      const answer = await call(gateway.port, { path: '/front' });
      seen.add(`${answer.status} ${answer.text}`);
    }
  });
  for (let number = 1; number <= 10; number++) {
    await writeFiles(folder, hello('a', `text ${number}`));
    await untilServed(gateway, '/front', `200 text ${number}`);
  }
  running = false;
  await Promise.all(load);
  const wanted = Array.from({ length: 11 }, (_, number) => `200 text ${number}`);
  assert.deepEqual(
    [...seen].filter((one) => !wanted.includes(one)),
    [],
  );
});
