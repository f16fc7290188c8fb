import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { bundleTree, writeFiles } from '../support/bundle-tree.ts';
import { openDeployments, zipOf } from '../support/deployments.ts';
import { plainProxy } from '../support/management.ts';

const asked = { proxy: 'orders', environment: 'local', method: 'GET', path: '/' };
const developers = JSON.stringify([{ email: 'ada@example.com' }]);
const products = (name: string) => JSON.stringify([{ name }]);
const apps = (...keys: readonly object[]) =>
  JSON.stringify([{ name: 'shop', developerEmail: 'ada@example.com', apiProducts: ['gold'], credentials: keys }]);
const inFolder = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`environments/local/${name}`, text]));

const files = { 'products.json': products('gold'), 'developers.json': developers };
const withKey = { ...files, 'developerapps.json': apps({ consumerKey: 'k', consumerSecret: 's' }) };

test('files are followed: keys come, change and go with them', async () => {
  const folder = await bundleTree({ ...plainProxy('orders'), ...inFolder(withKey) });
  const { deployments, reload } = await openDeployments(new MemoryStore(), folder);
  const { consumers } = deployments;
  const credential = consumers.credential('k');
  assert.ok(credential);
  assert.equal(consumers.grant(credential, asked)?.product.name, 'gold');
  await writeFiles(folder, inFolder({ 'products.json': products('silver') }));
  await reload();
  assert.equal(consumers.grant(credential, asked), undefined);
  await writeFiles(folder, inFolder({ 'developerapps.json': apps({ consumerKey: 'other' }) }));
  await reload();
  assert.equal(consumers.credential('k'), undefined);
  assert.equal(consumers.credential('other')?.app.name, 'shop');
});

test('a generated key stays the same over restarts', async () => {
  const store = new MemoryStore();
  const folder = await bundleTree({ ...plainProxy('orders'), ...inFolder({ ...files, 'developerapps.json': apps() }) });
  const keyOf = async () => {
    const { deployments } = await openDeployments(store, folder);
    return deployments.consumers.app('ada@example.com', 'shop')?.credentials[0]?.consumerKey;
  };
  const key = await keyOf();
  assert.match(key ?? '', /^\w{36}$/);
  assert.equal(await keyOf(), key);
});

test('a change by the API, test data, and a reset', async () => {
  const folder = await bundleTree({ ...plainProxy('orders'), ...inFolder(withKey) });
  const { deployments } = await openDeployments(new MemoryStore(), folder);
  const { consumers } = deployments;
  const app = { name: 'more', developerEmail: 'ada@example.com', credentials: [{ consumerKey: 'api' }] };
  await deployments.changeResource('apps', 'ada@example.com/more', app);
  assert.equal(consumers.credential('api')?.app.name, 'more');
  await deployments.changeResource('developers', 'ada@example.com', { email: 'ada@example.com', status: 'inactive' });
  const credential = consumers.credential('k');
  assert.equal(credential && consumers.refusal(credential, 0), 'developerNotActive');
  await deployments.replaceTestData(zipOf({ ...files, 'developerapps.json': apps({ consumerKey: 'test' }) }));
  assert.ok(consumers.credential('test'));
  await deployments.reset();
  assert.equal(consumers.credential('test'), undefined);
});

test('a contract brings its own', async () => {
  const folder = await bundleTree({ ...plainProxy('orders'), ...inFolder(withKey) });
  const { deployments } = await openDeployments(new MemoryStore(), folder);
  const other = { ...withKey, 'developerapps.json': apps({ consumerKey: 'contract' }) };
  const tree = { ...plainProxy('orders'), ...inFolder(other) };
  const moved = Object.entries(tree).map(([path, text]) => [`src/main/apigee/${placeOf(path)}`, text] as const);
  await deployments.replaceContract(zipOf(Object.fromEntries(moved)), 'local');
  assert.ok(deployments.consumers.credential('contract'));
  assert.equal(deployments.consumers.credential('k'), undefined);
  await deployments.reset();
  assert.equal(deployments.consumers.credential('contract'), undefined);
  assert.ok(deployments.consumers.credential('k'));
});

function placeOf(path: string): string {
  return path.startsWith('environments/') ? path : `apiproxies/${path}`;
}
