import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { bundleTree, proxy, proxyEndpoint, sharedFlow, writeFiles } from '../support/bundle-tree.ts';
import { apiproxy, openDeployments } from '../support/deployments.ts';

const route = '<RouteRule name="none"/>';

function simple(name: string, basePath = `/${name}`, more = '') {
  return proxy(name, proxyEndpoint(basePath, `${more}${route}`));
}

it('a revision is the number that is written, then one more with each change', async () => {
  const folder = await bundleTree({
    ...simple('a'),
    'b/apiproxy/b.xml': '<APIProxy name="b" revision="7"/>',
    'b/apiproxy/proxies/default.xml': proxyEndpoint('/b', route),
  });
  const { at, reload, deployments } = await openDeployments(new MemoryStore(), folder);
  assert.deepEqual([at('/a'), at('/b')], ['a revision 1', 'b revision 7']);
  await writeFiles(folder, simple('a', '/a2'));
  await writeFiles(folder, { 'b/apiproxy/proxies/default.xml': proxyEndpoint('/b2', route) });
  await reload();
  assert.deepEqual([at('/a'), at('/a2'), at('/b2')], [undefined, 'a revision 2', 'b revision 8']);
  assert.deepEqual(deployments.get(apiproxy('a'))?.basePaths, ['/a2']);
});

it('only what changed is compiled again', async () => {
  const folder = await bundleTree({ ...simple('a'), ...simple('b') });
  const { deployments, reload } = await openDeployments(new MemoryStore(), folder);
  const before = deployments.serving.current.plans;
  await writeFiles(folder, simple('b', '/b2'));
  const { bundles } = await reload();
  const now = deployments.serving.current.plans;
  assert.equal(now.get('a'), before.get('a'));
  assert.notEqual(now.get('b'), before.get('b'));
  assert.deepEqual(
    bundles.map(({ name }) => name),
    ['b'],
  );
  await reload();
  assert.equal(deployments.serving.current.plans.get('b'), now.get('b'));
});

it('a faulty bundle keeps its last good revision, tells why, and recovers', async () => {
  const folder = await bundleTree(simple('a'));
  const { deployments, reload, at } = await openDeployments(new MemoryStore(), folder);
  await writeFiles(folder, simple('a', '/a', '<PreFlow><Request><Step><Name>gone</Name></Step></Request></PreFlow>'));
  const { bundles } = await reload();
  assert.equal(bundles[0]?.state, 'kept');
  const state = deployments.get(apiproxy('a'));
  assert.equal(state?.state, 'kept');
  assert.equal(state?.revision, 1);
  assert.ok(state?.diagnostics.some(({ severity, message }) => severity === 'error' && message.includes('gone')));
  assert.equal(at('/a'), 'a revision 1');
  await writeFiles(folder, simple('a', '/mended'));
  await reload();
  assert.equal(deployments.get(apiproxy('a'))?.state, 'deployed');
  assert.equal(at('/mended')?.startsWith('a revision '), true);
});

it('a deleted bundle goes, and one that waited for its base path comes', async () => {
  const folder = await bundleTree({ ...simple('a', '/path'), ...simple('b', '/path') });
  const { deployments, reload, at } = await openDeployments(new MemoryStore(), folder);
  assert.equal(at('/path'), 'a revision 1');
  const waiting = deployments.get(apiproxy('b'));
  assert.equal(waiting?.state, 'refused');
  assert.match(
    waiting?.diagnostics[0]?.message ?? '',
    /belongs to proxy "a" .*a\/apiproxy\/proxies\/default\.xml:1:\d+/,
  );
  await rm(join(folder, 'a'), { recursive: true });
  await reload();
  assert.equal(at('/path'), 'b revision 1');
  assert.equal(deployments.get(apiproxy('a')), undefined);
});

it('who was there first keeps a base path, whatever the order of names', async () => {
  const folder = await bundleTree(simple('z', '/path'));
  const { reload, at } = await openDeployments(new MemoryStore(), folder);
  await writeFiles(folder, simple('a', '/path'));
  const { bundles } = await reload();
  assert.equal(bundles[0]?.state, 'refused');
  assert.equal(at('/path'), 'z revision 1');
});

it('callers of a shared flow or proxy that goes away are warned of', async () => {
  const callout = '<FlowCallout name="call"><SharedFlowBundle>flow</SharedFlowBundle></FlowCallout>';
  const step = '<PreFlow><Request><Step><Name>call</Name></Step></Request></PreFlow>';
  const local = '<LocalTargetConnection><APIProxy>a</APIProxy></LocalTargetConnection>';
  const folder = await bundleTree({
    ...proxy('a', proxyEndpoint('/a', step + route), callout),
    ...proxy(
      'b',
      proxyEndpoint('/b', '<RouteRule name="r"><TargetEndpoint>default</TargetEndpoint></RouteRule>'),
      `<TargetEndpoint name="default">${local}</TargetEndpoint>`,
    ),
    ...sharedFlow('flow', ''),
  });
  const { first, reload } = await openDeployments(new MemoryStore(), folder);
  assert.deepEqual(first.diagnostics, []);
  await rm(join(folder, 'flow'), { recursive: true });
  assert.deepEqual(codes(await reload()), ['ZH071']);
  await rm(join(folder, 'a'), { recursive: true });
  assert.deepEqual(codes(await reload()), ['ZH032']);
  assert.deepEqual(codes(await reload()), []);
});

function codes({ diagnostics }: { diagnostics: readonly { code: string }[] }): string[] {
  return diagnostics.map(({ code }) => code);
}

it('what is written in deployments.json is followed', async () => {
  const folder = await bundleTree({
    ...simple('a'),
    ...simple('b'),
    'environments/test/deployments.json': '{"proxies":["a"]}',
  });
  const { at, reload } = await openDeployments(new MemoryStore(), folder);
  assert.deepEqual([at('/a'), at('/b')], ['a revision 1', undefined]);
  await writeFiles(folder, { 'environments/test/deployments.json': '{"proxies":["b"]}' });
  await reload();
  assert.deepEqual([at('/a'), at('/b')], [undefined, 'b revision 1']);
});
