import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { load } from '../../runtime/bundle/load.ts';
import { bundleTree, proxy, proxyEndpoint } from '../support/bundle-tree.ts';
import { listed } from '../support/diagnostics.ts';

const weather = proxy('weather', proxyEndpoint('/weather', '<RouteRule name="none"/>'));
const ada = { email: 'Ada@example.com' };
const app = (rest: object = {}) => ({
  name: 'shop',
  developerEmail: 'ada@example.com',
  apiProducts: ['gold'],
  credentials: [{ consumerKey: 'k', consumerSecret: 'hidden', apiProducts: ['gold'] }],
  ...rest,
});

async function found(changed: { products?: object[]; developers?: object[]; apps?: object[] }): Promise<string[]> {
  const { products = [{ name: 'gold' }], developers = [ada], apps = [app()] } = changed;
  const folder = await bundleTree({
    ...weather,
    'environments/test/products.json': JSON.stringify(products),
    'environments/test/developers.json': JSON.stringify(developers),
    'environments/test/developerapps.json': JSON.stringify(apps),
  });
  const { diagnostics } = await load(folder);
  for (const { excerpt } of diagnostics.list) assert.ok(!excerpt.includes('hidden'), excerpt);
  return listed(diagnostics.list, folder).map((line) => line.replace(/^.*?(?=(?:error|warning) )/, ''));
}

describe('who could never call', () => {
  for (const [what, changed, expected] of [
    ['nobody', {}, []],
    ['an app of nobody', { apps: [app({ developerEmail: 'bob@example.com' })] }, [/ZH547 There is no developer "bob@/]],
    [
      'a product that is not there',
      { apps: [app({ apiProducts: ['golf'] })] },
      [/ZH548 There is no API product "golf"/],
    ],
    ['one key twice', { apps: [app(), app({ name: 'other' })] }, [/ZH549 The apps "shop" and "other" have the same/]],
    [
      'GraphQL alone',
      { products: [{ name: 'gold', graphqlOperationGroup: { operationConfigs: [{ apiSource: 'weather' }] } }] },
      [/ZH550 .*lets nobody in/],
    ],
  ] as const) {
    test(what, async () => {
      const lines = await found(changed as Parameters<typeof found>[0]);
      assert.equal(lines.length, expected.length, lines.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(lines[index] ?? '', pattern);
      assert.ok(!lines.join().includes('hidden'));
    });
  }
});
