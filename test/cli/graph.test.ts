import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bundleTree,
  localTarget,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  sharedFlow,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { runCommand } from '../support/gateway.ts';

const to = (name: string): string => targetEndpoint(localTarget(name));
const calls = (name: string, target: string): ReturnType<typeof proxy> =>
  proxy(name, proxyEndpoint(`/${name}`, route()), to(target));

/** shop calls catalog and, in a shared flow, stock; ring and gnir call each other; lost calls what is not there. */
const files = {
  ...proxy(
    'shop',
    proxyEndpoint('/shop', preFlow(step('FC-Log')) + route()),
    to('catalog'),
    '<FlowCallout name="FC-Log"><SharedFlowBundle>log</SharedFlowBundle></FlowCallout>',
  ),
  ...proxy('catalog', proxyEndpoint('/catalog', noTarget)),
  ...proxy('stock', proxyEndpoint('/stock', noTarget)),
  ...sharedFlow(
    'log',
    step('SC-Stock'),
    '<ServiceCallout name="SC-Stock"><LocalTargetConnection><Path>/stock/1?x=1</Path></LocalTargetConnection></ServiceCallout>',
  ),
  ...proxy(
    'guess',
    proxyEndpoint('/guess', route()),
    targetEndpoint('<LocalTargetConnection><Path>/stock/{request.queryparam.id}</Path></LocalTargetConnection>'),
  ),
  ...proxy(
    'free',
    proxyEndpoint('/free', route()),
    targetEndpoint('<LocalTargetConnection><Path>/unknown/{request.queryparam.id}</Path></LocalTargetConnection>'),
  ),
  ...calls('ring', 'gnir'),
  ...calls('gnir', 'ring'),
  ...calls('lost', 'nowhere'),
};

test('graph as text', async () => {
  const { code, stdout } = await runCommand('graph', await bundleTree(files));
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `free  /free
guess  /guess
  -> stock  /stock
lost  /lost
  -> nowhere/default  missing: not deployed
shop  /shop
  -> by SC-Stock: stock  /stock
  -> catalog  /catalog
gnir  /gnir
  -> ring  /ring
     -> gnir  /gnir  loop: gnir -> ring -> gnir
`,
  );
});

test('graph as JSON', async () => {
  const { code, stdout } = await runCommand('graph', await bundleTree(files), '--format', 'json');
  assert.equal(code, 0);
  const { nodes, calls: found } = JSON.parse(stdout);
  assert.deepEqual(nodes[0], { id: 'catalog', proxy: 'catalog', endpoint: 'default', basePath: '/catalog' });
  assert.deepEqual(
    found.map((one: { from: string; to: string | null; loop: boolean }) => [one.from, one.to, one.loop]),
    [
      ['gnir', 'ring', true],
      ['guess', 'stock', false],
      ['lost', null, false],
      ['ring', 'gnir', true],
      ['shop', 'stock', false],
      ['shop', 'catalog', false],
    ],
  );
});

test('graph for mermaid and for dot', async () => {
  const folder = await bundleTree(files);
  const mermaid = await runCommand('graph', folder, '--format', 'mermaid');
  assert.match(mermaid.stdout, /^flowchart LR\n {2}p0\["catalog<br>\/catalog"\]/);
  assert.match(mermaid.stdout, /p2 ==>\|"loop"\| p5/);
  assert.match(mermaid.stdout, /p4 -.-> p8/);
  const dot = await runCommand('graph', folder, '--format', 'dot');
  assert.match(dot.stdout, /^digraph zerohop \{/);
  assert.match(dot.stdout, /"shop" -> "stock" \[label="SC-Stock"\];/);
  assert.match(dot.stdout, /"lost" -> "\?nowhere\/default" \[label="", style=dashed\];/);
});

test('graph of nothing, and of a faulty bundle', async () => {
  const nothing = await runCommand('graph', '/there/is/nothing');
  assert.equal(nothing.code, 1);
  assert.match(nothing.stderr, /^zerohop: \/there\/is\/nothing is not there/);
  const faulty = { ...files, ...proxy('bad', proxyEndpoint('/bad', preFlow(step('none')) + noTarget)) };
  const { code, stdout, stderr } = await runCommand('graph', await bundleTree(faulty));
  assert.equal(code, 0);
  assert.match(stdout, /shop/);
  assert.match(stderr, /"bad" is left out because of errors: zerohop validate /);
});
