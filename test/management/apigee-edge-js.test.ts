import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EdgeJs, edgeJs } from '../support/apigee-edge-js.ts';
import { assign, bundleTree, setVariable, sharedFlow, step } from '../support/bundle-tree.ts';
import { createAuthority } from '../support/certificates.ts';
import { call } from '../support/gateway.ts';
import { managementSuite, plainProxy, zipOf } from '../support/management.ts';

const environment = 'test';

managementSuite('apigee-edge-js', { options: ['--environment', environment] }, (it, { gateway }) => {
  let edge: EdgeJs;
  const status = async (path: string): Promise<number> => (await call(gateway.port, { path })).status;

  it('connects', async () => {
    edge = await edgeJs(gateway);
    assert.deepEqual(await edge('environments.get'), [environment]);
    assert.equal(((await edge('environments.get', { name: environment })) as { name: string }).name, environment);
  });

  it('proxies: import, deploy, read, undeploy, export, delete', async () => {
    const folder = await bundleTree();
    const source = join(folder, 'shop.zip');
    await writeFile(source, zipOf(plainProxy('shop'), 'shop/'));
    for (const revision of ['1', '2']) {
      const imported = (await edge('proxies.importFromZip', { name: 'shop', source })) as Imported;
      assert.deepEqual([imported.name, imported.revision, imported.basepaths], ['shop', revision, ['/shop']]);
    }
    assert.equal(await status('/shop'), 404);
    const deployed = (await edge('proxies.deploy', { name: 'shop', revision: 1, environment })) as { state: string };
    assert.equal(deployed.state, 'deployed');
    assert.equal(await status('/shop'), 200);
    await edge('proxies.deploy', { name: 'shop', environment });
    const here = (await edge('proxies.getDeployments', { name: 'shop', environment })) as {
      revision: { name: string }[];
    };
    assert.deepEqual(
      here.revision.map(({ name }) => name),
      ['2'],
    );
    assert.deepEqual(await edge('proxies.get'), ['first', 'shop']);
    assert.deepEqual(((await edge('proxies.get', { name: 'shop' })) as { revision: string[] }).revision, ['1', '2']);
    assert.deepEqual(await edge('proxies.getRevisions', { name: 'shop' }), [1, 2]);
    const endpoint = (await edge('proxies.getProxyEndpoints', { name: 'shop', revision: 2 })) as unknown;
    assert.ok(JSON.stringify(endpoint).includes('default'));
    const exported = (await edge('proxies.export', { name: 'shop', revision: 1 })) as { buffer: Buffer };
    assert.equal(exported.buffer.subarray(0, 2).toString(), 'PK');
    await edge('proxies.undeploy', { name: 'shop', environment });
    assert.equal(await status('/shop'), 404);
    const none = JSON.stringify(await edge('proxies.getDeployments', { name: 'shop', environment }));
    assert.match(none, /not deployed/);
    await edge('proxies.del', { name: 'shop', revision: 1 });
    await edge('proxies.del', { name: 'shop' });
    assert.deepEqual(await edge('proxies.get'), ['first']);
  });

  it('shared flows and flow hooks', async () => {
    const source = join(await bundleTree(), 'mark.zip');
    await writeFile(source, zipOf(sharedFlow('mark', step('set'), assign('set', setVariable('a', 'b'))), 'mark/'));
    await edge('sharedflows.importFromZip', { name: 'mark', source });
    await edge('sharedflows.deploy', { name: 'mark', revision: 1, environment });
    await edge('flowhooks.put', { env: environment, name: 'PreProxyFlowHook', sharedFlow: 'mark' });
    const hook = (await edge('flowhooks.get', { env: environment, name: 'PreProxyFlowHook' })) as {
      sharedFlow: string;
    };
    assert.equal(hook.sharedFlow, 'mark');
    assert.equal(((await edge('flowhooks.get', { env: environment })) as string[]).length, 4);
    assert.deepEqual(await edge('sharedflows.get'), ['mark']);
  });

  it('key value maps', async () => {
    for (const scope of [{}, { env: environment }, { proxy: 'first' }]) {
      const map = { ...scope, name: 'settings' };
      await edge('kvms.create', { ...map, entries: { a: '1', b: '2' } });
      await edge('kvms.put', { ...map, key: 'c', value: '3' });
      await edge('kvms.put', { ...map, entries: { a: 'one' } });
      const read = (await edge('kvms.get', map)) as { entry: { name: string; value: string }[] };
      assert.deepEqual(
        read.entry.map(({ name, value }) => `${name}=${value}`),
        ['a=one', 'b=2', 'c=3'],
      );
      assert.deepEqual(await edge('kvms.get', scope), ['settings']);
      await edge('kvms.del', map);
    }
  });

  it('target servers, caches, references', async () => {
    const target = { name: 'backend', host: 'backend.example', port: 8080, isEnabled: true };
    await edge('targetservers.create', { env: environment, target });
    await edge('targetservers.update', { env: environment, target: { ...target, port: 9090 } });
    assert.equal(
      ((await edge('targetservers.get', { env: environment, name: 'backend' })) as { port: number }).port,
      9090,
    );
    await edge('targetservers.del', { env: environment, name: 'backend' });
    await edge('caches.create', { env: environment, name: 'short' });
    await edge('caches.clear', { env: environment, name: 'short' });
    assert.deepEqual(await edge('caches.get', { env: environment }), ['short']);
    await edge('caches.del', { env: environment, name: 'short' });
    await edge('references.create', { environment, name: 'ref', refers: 'store' });
    await edge('references.createOrUpdate', { environment, name: 'ref', refers: 'other' });
    assert.equal(((await edge('references.get', { environment, name: 'ref' })) as { refers: string }).refers, 'other');
    await edge('references.del', { environment, name: 'ref' });
  });

  it('key stores: certificates come out, private keys do not', async () => {
    const authority = createAuthority();
    const { key, cert } = authority.issue('/CN=backend.example');
    authority.close();
    await edge('keystores.create', { environment, name: 'store' });
    await edge('keystores.importCert', { environment, name: 'store', alias: 'a1', certificate: cert, key });
    assert.deepEqual(await edge('keystores.getAliases', { environment, name: 'store' }), ['a1']);
    const shown = JSON.stringify(await edge('keystores.get', { environment, name: 'store' }));
    assert.match(shown, /"aliases":\["a1"\]/);
    assert.doesNotMatch(shown, /PRIVATE KEY/);
    await edge('keystores.del', { environment, name: 'store' });
  });

  it('resource files', async () => {
    const file = join(await bundleTree({ 'code.js': 'var a = 1;' }), 'code.js');
    await edge('resourcefiles.create', { environment, file, type: 'jsc' });
    await edge('resourcefiles.update', { environment, file, filename: file, type: 'jsc' });
    const all = (await edge('resourcefiles.get', { environment })) as { resourceFile: unknown[] };
    assert.deepEqual(all.resourceFile, [{ name: 'code.js', type: 'jsc' }]);
    await edge('resourcefiles.del', { environment, name: 'code.js', type: 'jsc' });
  });

  it('products, developers, apps and keys', async () => {
    const [email, appName] = ['grace@example.com', 'reader'];
    const product = { name: 'gold', proxies: ['first'], approvalType: 'auto', environments: [environment] };
    await edge('products.create', { ...product, scopes: ['READ'] });
    await edge('products.create', { ...product, name: 'slow', approvalType: 'manual' });
    await edge('products.update', { ...product, scopes: ['READ'], displayName: 'Gold', attributes: [] });
    assert.deepEqual(await edge('products.get'), ['gold', 'slow']);
    const expanded = (await edge('products.get', { expand: true })) as { apiProduct: { displayName: string }[] };
    assert.equal(expanded.apiProduct[0]?.displayName, 'Gold');
    await edge('developers.create', { email, firstName: 'Grace', lastName: 'H', userName: 'grace' });
    for (const action of ['revoke', 'approve']) await edge(`developers.${action}`, { email });
    const app = (await edge('developerapps.create', { email, appName, apiProduct: 'gold', expiry: '1h' })) as App;
    const [made] = app.credentials;
    assert.deepEqual(made?.apiProducts, [{ apiproduct: 'gold', status: 'approved' }]);
    assert.deepEqual(made?.scopes, ['READ']);
    const left = Number(made?.expiresAt) - Date.now();
    assert.ok(left > 3_000_000 && left <= 3_600_000, `it expires in ${left} ms`);
    const key = { email, appName, key: 'my-key' };
    const added = await edge('appcredentials.add', {
      ...key,
      consumerKey: 'my-key',
      consumerSecret: 's',
      apiProduct: ['gold'],
    });
    assert.equal((added as { consumerKey: string }).consumerKey, 'my-key');
    assert.equal(
      ((await edge('appcredentials.add', { email, appName, apiProduct: 'slow' })) as App).credentials.length,
      3,
    );
    await edge('appcredentials.addProduct', { ...key, product: 'slow' });
    const read = (await edge('appcredentials.get', key)) as App['credentials'][number];
    assert.deepEqual(read.apiProducts, [
      { apiproduct: 'gold', status: 'approved' },
      { apiproduct: 'slow', status: 'pending' },
    ]);
    await edge('appcredentials.update', { ...key, attributes: { a: 'b' } });
    await edge('appcredentials.revoke', key);
    assert.equal(((await edge('appcredentials.get', key)) as { status: string }).status, 'revoked');
    await edge('appcredentials.approve', key);
    const found = (await edge('appcredentials.find', key)) as { appName: string; developer: { email: string } };
    assert.deepEqual([found.appName, found.developer.email], [appName, email]);
    await edge('appcredentials.removeProduct', { ...key, product: 'slow' });
    await edge('appcredentials.del', key);
    await assert.rejects(edge('appcredentials.get', key), /404/);
    await edge('developerapps.revoke', { email, appName });
    await edge('developerapps.update', {
      email,
      appName,
      attributes: { note: 'x' },
      callbackUrl: 'https://app.example/',
    });
    const after = (await edge('developerapps.get', { email, appName })) as App & {
      status: string;
      callbackUrl: string;
    };
    assert.deepEqual(
      [after.status, after.callbackUrl, after.credentials.length],
      ['revoked', 'https://app.example/', 2],
    );
    await edge('developerapps.del', { email, appName });
    await edge('developers.del', { email });
    await edge('products.del', { name: 'gold' });
    assert.deepEqual(await edge('developers.get'), []);
  });

  it('stats', async () => {
    await status('/first');
    const from = new Date(Date.now() - 3_600_000);
    const to = new Date(Date.now() + 3_600_000);
    const query = {
      environment,
      dimension: 'apis',
      metric: 'sum(message_count)',
      startTime: from,
      endTime: to,
      timeUnit: 'hour',
    };
    const { data } = (await edge('stats.get', query)) as { data: Stats };
    const first = data.environments[0]?.dimensions.find(({ name }) => name === 'first');
    const value = first?.metrics[0]?.values[0]?.value;
    assert.ok(Number(value) > 0, JSON.stringify(data));
  });
});

managementSuite('apigee-edge-js with a token', { options: ['--token', 's3cret'] }, (it, { gateway }) => {
  it('as bearer: lists come as X has them', async () => {
    const edge = await edgeJs(gateway, { token: 's3cret' });
    assert.deepEqual(await edge('proxies.get'), { proxies: [{ name: 'first', apiProxyType: 'PROGRAMMABLE' }] });
    await edge('proxies.undeploy', { name: 'first', environment: 'local' });
    assert.equal((await call(gateway.port, { path: '/first' })).status, 404);
  });

  it('as password', async () => {
    const edge = await edgeJs(gateway, { user: 'ada', password: 's3cret', no_token: true });
    assert.deepEqual(await edge('proxies.get'), ['first']);
    await assert.rejects(edgeJs(gateway, { user: 'ada', password: 'no', no_token: true }));
  });
});

interface Imported {
  readonly name: string;
  readonly revision: string;
  readonly basepaths: readonly string[];
}

interface App {
  readonly credentials: readonly {
    readonly consumerKey: string;
    readonly apiProducts: readonly object[];
    readonly scopes: readonly string[];
    readonly expiresAt: string;
  }[];
}

interface Stats {
  readonly environments: readonly {
    readonly dimensions: readonly {
      readonly name: string;
      readonly metrics: readonly { readonly values: readonly { readonly value: string }[] }[];
    }[];
  }[];
}
