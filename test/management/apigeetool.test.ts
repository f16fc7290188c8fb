import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApigeeTool, apigeeTool } from '../support/apigeetool.ts';
import {
  assign,
  bundleTree,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  setPayload,
  sharedFlow,
  step,
  writeFiles,
} from '../support/bundle-tree.ts';
import { call } from '../support/gateway.ts';
import { managementSuite } from '../support/management.ts';

const environment = 'test';

/** A proxy with a policy, a resource and a target, so that every kind of part is uploaded. */
const shop = (text: string) => ({
  ...proxy(
    'shop',
    proxyEndpoint('/shop', preFlow(step('answer')) + noTarget),
    '<TargetEndpoint name="default"><HTTPTargetConnection><URL>http://127.0.0.1:9</URL></HTTPTargetConnection></TargetEndpoint>',
    assign('answer', setPayload(text)),
  ),
  'shop/apiproxy/resources/jsc/code.js': 'var a = 1;\n',
  'shop/apiproxy/resources/properties/empty.properties': '',
});

managementSuite('apigeetool', { options: ['--environment', environment] }, (it, server) => {
  const { gateway } = server;
  const tool: ApigeeTool = apigeeTool(gateway);
  const text = async (path: string): Promise<string> => (await call(gateway.port, { path })).text;

  it('deployproxy, twice: parts one by one, then the deployment', async () => {
    const folder = await bundleTree(shop('one'));
    const options = { api: 'shop', environments: environment, directory: join(folder, 'shop') };
    const first = (await tool('deployProxy', options)) as Deployed[] | Deployed;
    assert.deepEqual(summaryOf(first), {
      name: 'shop',
      environment,
      revision: 1,
      state: 'deployed',
      basePath: '/',
      uris: [`http://localhost:${gateway.port}/shop`],
    });
    assert.equal(await text('/shop'), 'one');
    await writeFiles(folder, shop('two'));
    assert.equal(summaryOf((await tool('deployProxy', options)) as Deployed).revision, 2);
    assert.equal(await text('/shop'), 'two');
  });

  it('deployproxy of a faulty bundle: a message, and the old revision goes on', async () => {
    const broken = {
      ...shop('x'),
      'shop/apiproxy/proxies/default.xml': proxyEndpoint('/shop', preFlow(step('absent')) + noTarget),
    };
    const options = { api: 'shop', environments: environment, directory: join(await bundleTree(broken), 'shop') };
    await assert.rejects(tool('deployProxy', options), /absent/);
    assert.equal(await text('/shop'), 'two');
  });

  it('deployExistingRevision, as a way back', async () => {
    const options = { api: 'shop', environments: environment, revision: 1 };
    assert.equal(summaryOf((await tool('deployExistingRevision', options)) as Deployed).revision, 1);
    assert.equal(await text('/shop'), 'one');
  });

  it('listproxies, listdeployments', async () => {
    assert.deepEqual(await tool('listProxies'), ['first', 'shop']);
    const byApi = (await tool('listDeployments', { api: 'shop', long: true })) as { deployments: Deployed[] };
    assert.equal(byApi.deployments.length, 1);
    assert.deepEqual(byApi.deployments[0]?.uris, [`http://localhost:${gateway.port}/shop`]);
    const here = (await tool('listDeployments', { environment })) as { deployments: Deployed[] };
    assert.deepEqual(
      here.deployments.map(({ name, revision, state }) => [name, revision, state]),
      [
        ['first', 1, 'deployed'],
        ['shop', 1, 'deployed'],
      ],
    );
  });

  it('fetchproxy', async () => {
    const file = join(await bundleTree(), 'shop.zip');
    await tool('fetchProxy', { api: 'shop', revision: 1, file });
    assert.equal((await readFile(file)).subarray(0, 2).toString(), 'PK');
  });

  it('undeploy, delete', async () => {
    await assert.rejects(tool('delete', { api: 'shop' }), /deployed/);
    const undeployed = (await tool('undeploy', { api: 'shop', environment })) as Deployed;
    assert.equal(undeployed.state, 'undeployed');
    assert.equal((await call(gateway.port, { path: '/shop' })).status, 404);
    await assert.rejects(tool('undeploy', { api: 'shop', environment }));
    await tool('delete', { api: 'shop' });
    assert.deepEqual(await tool('listProxies'), ['first']);
    await assert.rejects(tool('undeploy', { api: 'shop', environment }));
  });

  it('shared flows: deploy, list, attach to a flow hook, detach, fetch, undeploy, delete', async () => {
    const files = sharedFlow(
      'mark',
      step('stamp'),
      assign('stamp', '<Set><Headers><Header name="X-Mark">on</Header></Headers></Set>'),
    );
    const directory = join(await bundleTree(files), 'mark');
    const deployed = (await tool('deploySharedflow', {
      name: 'mark',
      environments: environment,
      directory,
    })) as Deployed;
    assert.equal(summaryOf(deployed).state, 'deployed');
    assert.deepEqual(await tool('listSharedflows'), ['mark']);
    const listed = (await tool('listSharedflowDeployments', { name: 'mark' })) as { deployments: Deployed[] };
    assert.equal(listed.deployments[0]?.revision, 1);
    const hook = { environment, flowHookName: 'PostProxyFlowHook' };
    await tool('attachFlowHook', { ...hook, sharedFlowName: 'mark' });
    assert.equal((await call(gateway.port, { path: '/first' })).headers['x-mark'], 'on');
    assert.equal(((await tool('getFlowHook', hook)) as { sharedFlow: string }).sharedFlow, 'mark');
    await tool('detachFlowHook', hook);
    assert.equal((await call(gateway.port, { path: '/first' })).headers['x-mark'], undefined);
    await tool('fetchSharedflow', { name: 'mark', revision: 1, file: join(directory, 'mark.zip') });
    await tool('undeploySharedflow', { name: 'mark', environment });
    await tool('deleteSharedflow', { name: 'mark' });
    assert.deepEqual(await tool('listSharedflows'), []);
  });

  for (const [where, scope] of [
    ['of the organization', {}],
    ['of the environment', { environment }],
    ['of a proxy', { api: 'first' }],
  ] as const) {
    it(`key value maps ${where}`, async () => {
      const map = { ...scope, mapName: 'settings' };
      const entry = { ...map, entryName: 'a' };
      await tool('createKVMmap', map);
      await tool('addEntryToKVM', { ...entry, entryValue: '1' });
      assert.deepEqual(await tool('getKVMentry', entry), { name: 'a', value: '1' });
      await tool('updateKVMentry', { ...entry, entryValue: '2' });
      assert.deepEqual(await tool('getKVMmap', map), {
        name: 'settings',
        encrypted: false,
        entry: [{ name: 'a', value: '2' }],
      });
      await tool('deleteKVMentry', entry);
      await assert.rejects(tool('getKVMentry', entry), /no entry "a"/);
      await tool('deleteKVMmap', map);
      await assert.rejects(tool('getKVMmap', map), /no key value map/);
    });
  }

  it('values of an encrypted map are not shown', async () => {
    await tool('createKVMmap', { environment, mapName: 'secrets', encrypted: true });
    await tool('addEntryToKVM', { environment, mapName: 'secrets', entryName: 'a', entryValue: 'hidden' });
    const shown = JSON.stringify(await tool('getKVMmap', { environment, mapName: 'secrets' }));
    assert.match(shown, /\*{5}/);
    assert.doesNotMatch(shown, /hidden/);
  });

  it('target servers', async () => {
    const name = { targetServerName: 'backend' };
    await tool('createTargetServer', {
      environment,
      ...name,
      targetHost: '127.0.0.1',
      targetPort: 8081,
      targetEnabled: true,
    });
    await tool('updateTargetServer', { environment, environments: environment, ...name, targetPort: 8082 });
    const server = (await tool('getTargetServer', { environment, ...name })) as { port: number; host: string };
    assert.deepEqual([server.host, server.port], ['127.0.0.1', 8082]);
    assert.deepEqual(await tool('listTargetServers', { environment }), ['backend']);
    await tool('deleteTargetServer', { environment, ...name });
    assert.deepEqual(await tool('listTargetServers', { environment }), []);
  });

  it('caches', async () => {
    await tool('createCache', { environment, cache: 'short' });
    assert.equal(((await tool('getCache', { environment, cache: 'short' })) as { name: string }).name, 'short');
    await tool('clearCache', { environment, cache: 'short' });
    assert.deepEqual(await tool('listCaches', { environment }), ['short']);
    await tool('deleteCache', { environment, cache: 'short' });
  });

  it('products, developers, apps and keys', async () => {
    const email = 'Ada@example.com';
    await tool('createProduct', {
      productName: 'gold',
      proxies: 'first',
      environments: environment,
      approvalType: 'auto',
      scopes: 'READ',
    });
    assert.deepEqual(await tool('listProducts'), ['gold']);
    await tool('createDeveloper', { email, firstName: 'Ada', lastName: 'L', userName: 'ada' });
    const app = (await tool('createApp', { name: 'reader', apiProducts: 'gold', email })) as App;
    assert.match(app.credentials[0]?.consumerKey ?? '', /^\w{16,}$/);
    const key = { developerId: email, appName: 'reader', key: 'my-key', secret: 'my-secret', apiProducts: 'gold' };
    const made = (await tool('createAppKey', key)) as App['credentials'][number];
    assert.deepEqual(
      [made.consumerKey, made.consumerSecret, made.apiProducts],
      ['my-key', 'my-secret', [{ apiproduct: 'gold', status: 'approved' }]],
    );
    assert.deepEqual(await tool('listApps'), [app.appId]);
    assert.equal(((await tool('getApp', { app: app.appId })) as App).credentials.length, 2);
    await tool('deleteApp', { email, name: 'reader' });
    await tool('deleteDeveloper', { email });
    await tool('deleteProduct', { productName: 'gold' });
    assert.deepEqual(await tool('listApps'), []);
  });

  it('another environment is not there', async () => {
    await assert.rejects(tool('listTargetServers', { environment: 'prod' }), /no environment "prod"/);
  });
});

managementSuite('apigeetool with a token', { options: ['--token', 's3cret'] }, (it, { gateway }) => {
  it('as password, and as bearer', async () => {
    assert.deepEqual(await apigeeTool(gateway, { username: 'ada', password: 's3cret' })('listProxies'), ['first']);
    assert.deepEqual(await apigeeTool(gateway, { token: 's3cret' })('listProxies'), ['first']);
    await assert.rejects(apigeeTool(gateway, { username: 'ada', password: 'wrong' })('listProxies'), /401/);
  });
});

interface Deployed {
  readonly name: string;
  readonly environment: string;
  readonly revision: number;
  readonly state: string;
  readonly basePath: string;
  readonly uris?: readonly string[];
}

interface App {
  readonly appId: string;
  readonly credentials: readonly {
    readonly consumerKey: string;
    readonly consumerSecret: string;
    readonly apiProducts: readonly { readonly apiproduct: string; readonly status: string }[];
  }[];
}

/** The first of what a command answers: one, or one for each environment. */
function summaryOf(deployed: Deployed | readonly Deployed[]): Deployed {
  const [first] = Array.isArray(deployed) ? (deployed as readonly Deployed[]) : [deployed as Deployed];
  assert.ok(first);
  return first;
}
