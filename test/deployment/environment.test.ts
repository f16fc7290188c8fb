import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../runtime/bundle/environment.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { bundleTree, proxy, proxyEndpoint, targetEndpoint, writeFiles } from '../support/bundle-tree.ts';
import { apiproxy, openDeployments, refusalOf, zipOf } from '../support/deployments.ts';

const route = '<RouteRule name="r"><TargetEndpoint>default</TargetEndpoint></RouteRule>';

function balanced(name: string, server: string) {
  const connection = `<HTTPTargetConnection><LoadBalancer><Server name="${server}"/></LoadBalancer></HTTPTargetConnection>`;
  return proxy(name, proxyEndpoint(`/${name}`, route), targetEndpoint(connection));
}

const plain = proxy('plain', proxyEndpoint('/plain', '<RouteRule name="none"/>'));
const serverFile = 'environments/test/targetservers.json';

describe('a target server', () => {
  it('that changes by file compiles anew what uses it, and nothing else', async () => {
    const folder = await bundleTree({
      ...balanced('one', 'a'),
      ...balanced('two', 'b'),
      ...plain,
      [serverFile]: '[{"name":"a","host":"a.example","port":80},{"name":"b","host":"b.example","port":80}]',
    });
    const { deployments, reload } = await openDeployments(new MemoryStore(), folder);
    const before = deployments.serving.current.plans;
    await writeFiles(folder, {
      [serverFile]: '[{"name":"a","host":"c.example","port":80},{"name":"b","host":"b.example","port":80}]',
    });
    await reload();
    const now = deployments.serving.current.plans;
    assert.notEqual(now.get('one'), before.get('one'));
    assert.equal(now.get('two'), before.get('two'));
    assert.equal(now.get('plain'), before.get('plain'));
    assert.equal(deployments.get(apiproxy('one'))?.revision, 1);
  });

  it('that comes by the API is used by the proxy that waited for it, and stays over a restart', async () => {
    const [store, folder] = [new MemoryStore(), await bundleTree({ ...balanced('one', 'a'), ...plain })];
    const { deployments, first } = await openDeployments(store, folder);
    assert.match(first.diagnostics[0]?.message ?? '', /"a"/);
    const wrong = await refusalOf(deployments.changeResource('targetservers', 'a', { name: 'a', host: 'http://x/' }));
    assert.equal(wrong.reason, 'faulty');
    const before = deployments.serving.current.plans;
    await deployments.changeResource('targetservers', 'a', { name: 'a', host: 'a.example', port: '80', note: 'kept' });
    assert.deepEqual(deployments.get(apiproxy('one'))?.diagnostics, []);
    const now = deployments.serving.current.plans;
    assert.deepEqual([now.get('one') === before.get('one'), now.get('plain') === before.get('plain')], [false, true]);
    assert.equal(deployments.resources.get('targetservers', 'a')?.value.note, 'kept');
    const again = await openDeployments(store, folder);
    assert.deepEqual(again.first.diagnostics, []);
    assert.equal(again.deployments.environment.targetServers.get('a')?.host, 'a.example');
    const [missed] = await again.deployments.changeResource('targetservers', 'a', undefined);
    assert.match(missed?.message ?? '', /"a"/);
  });

  it('of a file can be overridden and deleted by the API', async () => {
    const folder = await bundleTree({ ...plain, [serverFile]: '[{"name":"a","host":"a.example","description":"d"}]' });
    const store = new MemoryStore();
    const { deployments } = await openDeployments(store, folder);
    const { resources } = deployments;
    assert.deepEqual(resources.get('targetservers', 'a')?.value, { name: 'a', host: 'a.example', description: 'd' });
    await deployments.changeResource('targetservers', 'a', { name: 'a', host: 'b.example' });
    assert.equal(deployments.environment.targetServers.get('a')?.host, 'b.example');
    await deployments.changeResource('targetservers', 'a', undefined);
    assert.deepEqual(resources.list('targetservers'), []);
    assert.equal((await openDeployments(store, folder)).deployments.environment.targetServers.size, 0);
  });
});

it('a flow hook needs a new snapshot and no new plan', async () => {
  const { deployments } = await openDeployments(new MemoryStore(), await bundleTree(plain));
  const before = deployments.serving.current;
  const found = await deployments.changeResource('flowhooks', 'PreProxyFlowHook', { sharedFlow: 'none' });
  assert.deepEqual(
    found.map(({ code }) => code),
    ['ZH071'],
  );
  const now = deployments.serving.current;
  assert.equal(now.flowHooks.PreProxyFlowHook?.sharedFlow, 'none');
  assert.equal(now.plans.get('plain'), before.plans.get('plain'));
  await deployments.changeResource('flowhooks', 'PreProxyFlowHook', undefined);
  assert.equal(deployments.serving.current.flowHooks.PreProxyFlowHook, undefined);
});

it('an environment resource that a policy uses makes its proxy new', async () => {
  const policy = '<Javascript name="js"><ResourceURL>jsc://shared.js</ResourceURL></Javascript>';
  const step = '<PreFlow><Request><Step><Name>js</Name></Step></Request></PreFlow>';
  const scripted = proxy('js', proxyEndpoint('/js', `${step}<RouteRule name="none"/>`), policy);
  const file = 'environments/test/resources/jsc/shared.js';
  const folder = await bundleTree({ ...scripted, ...plain, [file]: 'var a = 1;' });
  const { deployments, reload } = await openDeployments(new MemoryStore(), folder);
  const before = deployments.serving.current.plans;
  await writeFiles(folder, { [file]: 'var a = 2;' });
  await reload();
  const now = deployments.serving.current.plans;
  assert.notEqual(now.get('js'), before.get('js'));
  assert.equal(now.get('plain'), before.get('plain'));
});

describe('apps', () => {
  const developers = '[{"email":"D@Example.com","firstName":"D"}]';
  const files = {
    ...plain,
    'environments/test/developers.json': developers,
    'environments/test/developerapps.json': `[
      {"name":"given","developerEmail":"d@example.com","credentials":[{"consumerKey":"key","consumerSecret":"secret"}]},
      {"name":"bare","developerEmail":"d@example.com","apiProducts":["p"]}]`,
  };

  it('of files keep the keys they have and get those they lack, once and for all', async () => {
    const [store, folder] = [new MemoryStore(), await bundleTree(files)];
    const { resources } = (await openDeployments(store, folder)).deployments;
    assert.equal(credentialOf(resources.app('d@example.com', 'given')?.value)?.consumerKey, 'key');
    const bare = resources.app('D@example.com', 'bare')?.value;
    const credential = credentialOf(bare);
    assert.match(String(credential?.consumerKey), /^[A-Za-z0-9]{36}$/);
    assert.deepEqual(credential?.apiProducts, [{ apiproduct: 'p', status: 'approved' }]);
    const developer = resources.developer('d@example.com')?.value;
    assert.equal(bare?.developerId, developer?.developerId);
    const again = (await openDeployments(store, folder)).deployments.resources;
    assert.deepEqual(again.app('d@example.com', 'bare')?.value, bare);
    assert.equal(again.list('apps').length, 2);
  });

  it('of test data replace each other as a whole and keep their keys', async () => {
    const { deployments } = await openDeployments(new MemoryStore(), await bundleTree(plain));
    const one = { 'developers.json': '[{"email":"t@example.com"}]', 'products.json': '[{"name":"p"}]' };
    const apps = (name: string) => `[{"name":"${name}","developerEmail":"t@example.com","apiProducts":["p"]}]`;
    const maps = '[{"name":"m","scope":"environment","entries":{"k":"v"}}]';
    await deployments.replaceTestData(zipOf({ ...one, 'developerapps.json': apps('x'), 'maps.json': maps }));
    const key = credentialOf(deployments.resources.app('t@example.com', 'x')?.value)?.consumerKey;
    assert.match(String(key), /^\w{36}$/);
    assert.deepEqual(deployments.testMaps(), [{ name: 'm', scope: 'environment', entries: ['k'] }]);
    await deployments.replaceTestData(zipOf({ ...one, 'developerapps.json': apps('x') }));
    assert.equal(credentialOf(deployments.resources.app('t@example.com', 'x')?.value)?.consumerKey, key);
    assert.deepEqual(deployments.testMaps(), []);
    const wrong = await refusalOf(deployments.replaceTestData(zipOf({ 'products.json': '{' })));
    assert.match(wrong.message, /products\.json:1:/);
    assert.equal(deployments.resources.list('apps').length, 1);
    await deployments.replaceTestData(zipOf({ 'developerapps.json': apps('y'), ...one }));
    assert.deepEqual(
      deployments.resources.list('apps').map(({ name }) => name),
      ['t@example.com/y'],
    );
    await deployments.replaceTestData(undefined);
    assert.deepEqual(deployments.resources.list('developers'), []);
  });
});

function credentialOf(app: JsonObject | undefined): JsonObject | undefined {
  return (app?.credentials as readonly JsonObject[] | undefined)?.[0];
}

describe('a contract', () => {
  const simple = (name: string, inner = '') =>
    proxy(name, proxyEndpoint(`/${name}`, `${inner}<RouteRule name="none"/>`));
  const faulty = '<PreFlow><Request><Step><Name>gone</Name></Step></Request></PreFlow>';
  const workspace = (files: Record<string, string>, list: string) => {
    const bundles = Object.entries(files).map(([path, text]) => [`src/main/apigee/apiproxies/${path}`, text]);
    return zipOf({
      ...Object.fromEntries(bundles),
      'src/main/apigee/environments/dev/deployments.json': list,
      'src/main/apigee/environments/dev/targetservers.json': '[{"name":"t","host":"t.example"}]',
    });
  };

  it('replaces everything, is there after a restart, and goes with a reset', async () => {
    const [store, folder] = [new MemoryStore(), await bundleTree(simple('own'))];
    const { deployments, at } = await openDeployments(store, folder);
    const zip = workspace({ ...simple('a'), ...simple('b') }, '{"proxies":["a"]}');
    const { revision, refused } = await deployments.replaceContract(zip, 'dev');
    assert.deepEqual([revision, refused], [1, []]);
    assert.deepEqual([at('/a'), at('/b'), at('/own')], ['a revision 1', undefined, undefined]);
    const again = await openDeployments(store, folder);
    assert.deepEqual([again.at('/a'), again.at('/b'), again.at('/own')], ['a revision 1', undefined, undefined]);
    assert.equal(again.deployments.environment.name, 'dev');
    assert.equal(again.deployments.environment.targetServers.get('t')?.host, 't.example');
    assert.equal((await again.deployments.replaceContract(zip, 'dev')).revision, 2);
    assert.equal(again.at('/a'), 'a revision 1');
    await again.deployments.reset();
    assert.deepEqual([again.at('/a'), again.at('/own')], [undefined, 'own revision 1']);
    assert.equal(again.deployments.environment.targetServers.size, 0);
    await again.deployments.reset();
    const last = await openDeployments(store, folder);
    assert.deepEqual(
      [last.at('/a'), last.at('/own'), last.deployments.contractRevision],
      [undefined, 'own revision 1', 0],
    );
  });

  it('with a faulty proxy deploys the others and keeps the last good one', async () => {
    const { deployments, at } = await openDeployments(new MemoryStore(), await bundleTree());
    const list = '{"proxies":["a","b"]}';
    await deployments.replaceContract(workspace({ ...simple('a'), ...simple('b') }, list), 'dev');
    const half = workspace({ ...simple('a', faulty), ...simple('b', '<Description>new</Description>') }, list);
    const { refused, revision } = await deployments.replaceContract(half, 'dev');
    assert.equal(revision, 2);
    assert.deepEqual(
      refused.map(({ name, state }) => `${name} ${state}`),
      ['a kept'],
    );
    assert.deepEqual([at('/a'), at('/b')], ['a revision 1', 'b revision 2']);
  });

  it('of which nothing can be deployed changes nothing', async () => {
    const { deployments, at } = await openDeployments(new MemoryStore(), await bundleTree(simple('own')));
    const none = workspace(simple('a', faulty), '{"proxies":["a"]}');
    const refusal = await refusalOf(deployments.replaceContract(none, 'dev'));
    assert.equal(refusal.reason, 'faulty');
    assert.match(refusal.message, /a\/apiproxy\/proxies\/default\.xml:1:\d+/);
    const badList = workspace(simple('a'), '{"proxies":');
    assert.equal((await refusalOf(deployments.replaceContract(badList, 'dev'))).reason, 'faulty');
    assert.equal((await refusalOf(deployments.replaceContract(Buffer.from('x')))).reason, 'badArchive');
    assert.equal(at('/own'), 'own revision 1');
    assert.equal(deployments.contractRevision, 0);
  });

  it('that is a bundle alone is added to what is there', async () => {
    const { deployments, at } = await openDeployments(new MemoryStore(), await bundleTree(simple('own')));
    assert.equal((await deployments.replaceContract(zipOf(simple('a')))).revision, 1);
    assert.deepEqual([at('/a'), at('/own')], ['a revision 1', 'own revision 1']);
  });
});
