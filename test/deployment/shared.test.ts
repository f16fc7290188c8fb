import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Redis } from 'ioredis';
import { KeyValueMaps, keyValueMapScope } from '../../runtime/state/keyvaluemap.ts';
import { openStore } from '../../runtime/state/open.ts';
import { bundleTree, type Files } from '../support/bundle-tree.ts';
import { apiproxy, importAndDeploy, type OpenDeployments, openDeployments, zipOf } from '../support/deployments.ts';
import { plainProxy } from '../support/management.ts';
import { noRedis, startRedis } from '../support/redis.ts';
import { until } from '../support/store-contract.ts';

const skip = noRedis ?? false;
const hour = 3_600_000;

/** Servers with directories of their own on one Redis. @param poll milliseconds; an hour: messages alone */
async function servers(t: TestContext, directories: readonly Files[], poll = hour): Promise<OpenDeployments[]> {
  const redis = await startRedis();
  const stores: { close(): Promise<void> }[] = [];
  t.after(async () => {
    for (const store of stores) await store.close();
    await redis.close();
  });
  const opened: OpenDeployments[] = [];
  for (const files of directories) {
    const store = await openStore(redis.url, { pollMilliseconds: poll });
    stores.push(store);
    opened.push(await openDeployments(store, await bundleTree(files), undefined, 20));
  }
  return opened;
}

async function serves(server: OpenDeployments | undefined, path: string, what: string | undefined): Promise<void> {
  await until(async () => server?.at(path) === what, `${path}: ${what}, but ${server?.at(path)}`);
}

const first = plainProxy('first');
const uploaded = (name: string, path = `/${name}`): Files => {
  const files = Object.entries(plainProxy(name, path));
  return Object.fromEntries(files.map(([file, text]) => [file.slice(file.indexOf('apiproxy/')), text]));
};

test('what one server deploys, rolls back and undeploys, the other one serves', { skip }, async (t) => {
  const [one, other] = await servers(t, [first, first]);
  assert.ok(one && other);
  assert.equal(await importAndDeploy(one.deployments, uploaded('shop')), 1);
  await serves(other, '/shop', 'shop revision 1');
  assert.equal(await importAndDeploy(other.deployments, uploaded('shop', '/store')), 2);
  await serves(one, '/store', 'shop revision 2');
  assert.equal(one.at('/shop'), undefined);
  await one.deployments.deployRevision(apiproxy('shop'), 1, { override: true });
  await serves(other, '/shop', 'shop revision 1');
  await other.deployments.undeploy(apiproxy('shop'));
  await serves(one, '/shop', undefined);
  assert.equal(one.at('/first'), 'first revision 1');
  assert.deepEqual(
    one.deployments.listRevisions(apiproxy('shop')).map(({ revision }) => revision),
    [1, 2],
  );
  await one.deployments.deleteAll(apiproxy('shop'));
  assert.equal(await importAndDeploy(one.deployments, uploaded('shop', '/new')), 1);
  await serves(other, '/new', 'shop revision 1');
});

test('no acknowledged revision is lost when both deploy one bundle at once', { skip }, async (t) => {
  const [one, other] = await servers(t, [first, first]);
  assert.ok(one && other);
  const deploys = Array.from({ length: 16 }, (_, index) =>
    importAndDeploy((index % 2 === 0 ? one : other).deployments, uploaded('shop', `/shop-${index}`)),
  );
  const revisions = await Promise.all(deploys);
  assert.equal(new Set(revisions).size, 16, revisions.join());
  const current = (server: OpenDeployments) => server.deployments.get(apiproxy('shop'))?.revision;
  await until(async () => current(one) !== undefined && current(one) === current(other));
  const last = revisions.indexOf(current(one) ?? 0);
  assert.equal(one.at(`/shop-${last}`), `shop revision ${revisions[last]}`);
  assert.equal(other.at(`/shop-${last}`), `shop revision ${revisions[last]}`);
});

test("resources and values of one server are the other one's", { skip }, async (t) => {
  const [one, other] = await servers(t, [first, first]);
  assert.ok(one && other);
  const server = { name: 'east', host: 'east.example', port: 80 };
  await one.deployments.changeResource('targetservers', 'east', server);
  await until(async () => other.deployments.environment.targetServers.has('east'));
  await other.deployments.changeResource('apiproducts', 'gold', { name: 'gold' });
  await until(async () => one.deployments.resources.get('apiproducts', 'gold') !== undefined);
  const heard: string[] = [];
  one.deployments.resources.watch((kind, name) => void heard.push(`${kind}/${name}`));
  await other.deployments.changeResource('apiproducts', 'silver', { name: 'silver' });
  await until(async () => heard.includes('apiproducts/silver'));
  await one.deployments.changeResource('targetservers', 'east', undefined);
  await until(async () => !other.deployments.environment.targetServers.has('east'));
});

test('who may not hear messages asks', { skip }, async (t) => {
  const redis = await startRedis();
  t.after(() => redis.close());
  const admin = new Redis(redis.url);
  await admin.acl('SETUSER', 'deaf', 'on', '>secret', '~*', '+@all', 'resetchannels');
  admin.disconnect();
  const stores = [
    await openStore(redis.url),
    await openStore(redis.url.replace('//', '//deaf:secret@'), { pollMilliseconds: 20 }),
  ];
  t.after(() => Promise.all(stores.map((store) => store.close())));
  const folder = await bundleTree(first);
  const [one, other] = await Promise.all(stores.map((store) => openDeployments(store, folder)));
  assert.ok(one && other);
  await importAndDeploy(one.deployments, uploaded('shop'));
  await serves(other, '/shop', 'shop revision 1');
});

test('a contract and its reset reach the other server', { skip }, async (t) => {
  const [one, other] = await servers(t, [first, first]);
  assert.ok(one && other);
  const contract = {
    ...Object.fromEntries(
      Object.entries(uploaded('shop')).map(([path, text]) => [`src/main/apigee/apiproxies/shop/${path}`, text]),
    ),
    'src/main/apigee/environments/local/deployments.json': JSON.stringify({
      proxies: [{ name: 'shop' }],
      sharedflows: [],
    }),
    'src/main/apigee/environments/local/targetservers.json': JSON.stringify([{ name: 'east', host: 'east', port: 80 }]),
  };
  await one.deployments.replaceContract(zipOf(contract), 'local');
  await serves(other, '/shop', 'shop revision 1');
  await serves(other, '/first', undefined);
  assert.ok(other.deployments.environment.targetServers.has('east'));
  assert.equal(other.deployments.contractRevision, 1);
  await other.deployments.reset();
  await serves(one, '/first', 'first revision 1');
  await serves(one, '/shop', undefined);
  assert.ok(!one.deployments.environment.targetServers.has('east'));
});

test('directories may differ for a while: of directory and API what came later counts', { skip }, async (t) => {
  const [old, fresh] = await servers(t, [plainProxy('shop', '/old'), plainProxy('shop', '/new')]);
  assert.ok(old && fresh);
  assert.equal(old.at('/old'), 'shop revision 1');
  assert.equal(fresh.at('/new'), 'shop revision 2');
  assert.equal(await importAndDeploy(old.deployments, uploaded('shop', '/api')), 3);
  await serves(fresh, '/api', 'shop revision 3');
  await fresh.deployments.deployRevision(apiproxy('shop'), 2, { override: true });
  await serves(old, '/new', 'shop revision 2');
  await old.deployments.deployRevision(apiproxy('shop'), 1, { override: true });
  await serves(fresh, '/old', 'shop revision 1');
  await fresh.deployments.undeploy(apiproxy('shop'));
  await serves(old, '/old', undefined);
});

test('a server that starts later serves what was decided, and new content of its directory', { skip }, async (t) => {
  const redis = await startRedis();
  t.after(() => redis.close());
  const folder = await bundleTree(plainProxy('shop', '/old'));
  const start = async (directory: string) => {
    const store = await openStore(redis.url, { pollMilliseconds: hour });
    t.after(() => store.close());
    return openDeployments(store, directory);
  };
  const one = await start(folder);
  await importAndDeploy(one.deployments, uploaded('shop', '/api'));
  assert.equal((await start(folder)).at('/api'), 'shop revision 2');
  const fresh = await start(await bundleTree(plainProxy('shop', '/new')));
  assert.equal(fresh.at('/new'), 'shop revision 3');
  assert.equal((await start(folder)).at('/api'), 'shop revision 2');
  assert.equal(one.at('/api'), 'shop revision 2');
});

test("key value maps of one server are the other one's at once", { skip }, async (t) => {
  const redis = await startRedis();
  const stores = [await openStore(redis.url), await openStore(redis.url)];
  t.after(async () => {
    for (const store of stores) await store.close();
    await redis.close();
  });
  const scope = keyValueMapScope.organization({ organization: 'o' });
  const [one, other] = stores.map((store) => new KeyValueMaps(store).open(scope, 'm'));
  await one?.put('k', ['v']);
  assert.deepEqual(await other?.get('k'), ['v']);
  await other?.delete('k');
  assert.equal(await one?.get('k'), undefined);
});
