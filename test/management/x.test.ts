import assert from 'node:assert/strict';
import { assign, noTarget, preFlow, proxyEndpoint, setPayload, sharedFlow, step } from '../support/bundle-tree.ts';
import { call } from '../support/gateway.ts';
import { type Asked, managementSuite, multipart, plainProxy, zipOf } from '../support/management.ts';

/** The shapes of Apigee X, as apigeecli and the Maven plugin send and read them. */

const org = '/v1/organizations/acme';
const environment = `${org}/environments/local`;
const bearer = { Authorization: 'Bearer any' };

/** A proxy that answers a text. */
const answering = (name: string, text: string): Buffer =>
  zipOf({
    [`apiproxy/${name}.xml`]: `<APIProxy name="${name}"/>`,
    'apiproxy/proxies/default.xml': proxyEndpoint(`/${name}`, preFlow(step('answer')) + noTarget),
    'apiproxy/policies/answer.xml': assign('answer', setPayload(text)),
    'apiproxy/resources/jsc/code.js': 'var a = 1;',
  });

managementSuite('Apigee X', {}, (it, server) => {
  const ask = (line: string, body?: unknown, headers: Record<string, string> = {}): Promise<Asked> => {
    const [method = '', path = ''] = line.split(' ');
    return server.ask(`${method} ${path}`, body, { ...bearer, ...headers });
  };
  /** The JSON of an answer that must have that status. */
  const json = async (status: number, line: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await ask(line, body, headers);
    assert.equal(answer.status, status, `${line}: ${answer.bytes.toString().slice(0, 500)}`);
    return answer.json as Record<string, unknown>;
  };
  const text = async (path: string): Promise<string> => (await call(server.gateway.port, { path })).text;

  it('imports as apigeecli does, multipart', async () => {
    for (const field of ['file', 'content']) {
      const { body, headers } = multipart(field, answering('shop', field));
      const answer = await json(200, `POST ${org}/apis?action=import&name=shop&validate=true`, body, headers);
      assert.equal(answer.name, 'shop');
      assert.deepEqual(answer.basepaths, ['/shop']);
      assert.deepEqual(
        [answer.proxies, answer.policies, answer.resources],
        [['default'], ['answer'], ['jsc://code.js']],
      );
    }
    assert.deepEqual(await json(200, `GET ${org}/apis/shop/revisions`), ['1', '2']);
  });

  it('deploys as the Maven plugin does, and is asked until it is ready', async () => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const path = `${environment}/apis/shop/revisions/1/deployments`;
    const deployed = await json(200, `POST ${path}`, 'override=true&delay=10', form);
    assert.deepEqual([deployed.revision, deployed.apiProxy, deployed.environment], ['1', 'shop', 'local']);
    const state = await json(200, `GET ${path}`);
    assert.equal(state.state, 'READY');
    assert.match(String(state.deployStartTime), /^\d{13}$/);
    assert.equal(await text('/shop'), 'file');
  });

  it('deploys another revision with override alone', async () => {
    const path = `${environment}/apis/shop/revisions/2/deployments`;
    assert.equal((await ask(`POST ${path}`)).status, 400);
    assert.equal(await text('/shop'), 'file');
    await json(200, `POST ${path}?override=true`);
    assert.equal(await text('/shop'), 'content');
  });

  it('lists deployments in all six ways', async () => {
    for (const path of [
      `${org}/apis/shop/deployments`,
      `${org}/apis/shop/revisions/2/deployments`,
      `${environment}/apis/shop/deployments`,
    ]) {
      const { deployments } = (await json(200, `GET ${path}`)) as { deployments: Record<string, string>[] };
      assert.deepEqual(
        deployments.map(({ apiProxy, revision, environment: where }) => [apiProxy, revision, where]),
        [['shop', '2', 'local']],
        path,
      );
    }
    for (const path of [`${environment}/deployments`, `${org}/deployments`]) {
      const { deployments } = (await json(200, `GET ${path}`)) as { deployments: { apiProxy: string }[] };
      assert.deepEqual(
        deployments.map(({ apiProxy }) => apiProxy),
        ['first', 'shop'],
        path,
      );
    }
    assert.deepEqual((await json(200, `GET ${org}/apis/shop/revisions/1/deployments`)).deployments, []);
  });

  it('reports what a deployment would change', async () => {
    const { body, headers } = multipart('file', zipOf(plainProxy('rival', '/shop'), 'rival/'));
    await json(200, `POST ${org}/apis?action=import&name=rival&validate=false`, body, headers);
    const path = `${environment}/apis/rival/revisions/1/deployments:generateDeployChangeReport`;
    const report = (await json(200, `POST ${path}`)) as { routingConflicts: { description: string }[] };
    assert.match(report.routingConflicts[0]?.description ?? '', /\/shop belongs to shop/);
    const refused = await json(400, `POST ${environment}/apis/rival/revisions/1/deployments`);
    assert.match(String(refused.message), /\/shop/);
    await json(200, `DELETE ${org}/apis/rival`);
  });

  it('refuses a faulty bundle with the diagnostics of the command line', async () => {
    const faulty = zipOf({
      'apiproxy/shop.xml': '<APIProxy name="shop"/>',
      'apiproxy/proxies/default.xml': proxyEndpoint('/shop', preFlow(step('nothing')) + noTarget),
    });
    const { body, headers } = multipart('file', faulty);
    const before = await json(200, `GET ${org}/apis/shop/revisions`);
    for (const action of ['import', 'validate']) {
      const answer = await json(400, `POST ${org}/apis?action=${action}&name=shop`, body, headers);
      const { details } = answer.error as { details: { diagnostics: Record<string, unknown>[] }[] };
      const found = details[0]?.diagnostics.find(({ severity }) => severity === 'error');
      assert.match(String(found?.file), /^apiproxy\/proxies\/default\.xml$/);
      assert.ok(Number(found?.line) === 1 && Number(found?.column) > 1);
      assert.match(String(found?.message), /nothing/);
    }
    assert.deepEqual(await json(200, `GET ${org}/apis/shop/revisions`), before);
  });

  it('validates without storing', async () => {
    const { body, headers } = multipart('file', answering('fresh', 'x'));
    assert.equal((await json(200, `POST ${org}/apis?action=validate&name=fresh`, body, headers)).valid, true);
    await json(404, `GET ${org}/apis/fresh`);
  });

  it('lists, reads and exports', async () => {
    const list = await json(200, `GET ${org}/apis?includeRevisions=true&includeMetaData=true`);
    const [, shop] = list.proxies as Record<string, unknown>[];
    assert.deepEqual([shop?.name, shop?.revision, shop?.latestRevisionId], ['shop', ['1', '2'], '2']);
    const one = await json(200, `GET ${org}/apis/shop`);
    assert.equal(one.latestRevisionId, '2');
    const zip = await ask(`GET ${org}/apis/shop/revisions/1?format=bundle`);
    assert.equal(zip.headers['content-type'], 'application/octet-stream');
    const again = multipart('file', zip.bytes);
    const imported = await json(200, `POST ${org}/apis?action=import&name=copy`, again.body, again.headers);
    assert.deepEqual([imported.name, imported.revision], ['copy', '1']);
    await json(200, `DELETE ${org}/apis/copy/revisions/1`);
  });

  it('replaces a revision that does not serve, and no other', async () => {
    const raw = { 'Content-Type': 'application/octet-stream' };
    await json(200, `POST ${org}/apis/shop/revisions/1?validate=true`, answering('shop', 'replaced'), raw);
    await json(400, `PUT ${org}/apis/shop/revisions/2`, answering('shop', 'no'), raw);
    await json(200, `POST ${environment}/apis/shop/revisions/1/deployments?override=true`);
    assert.equal(await text('/shop'), 'replaced');
  });

  it('undeploys with an empty answer, and deletes only what does not serve', async () => {
    await json(400, `DELETE ${org}/apis/shop`);
    await json(400, `DELETE ${org}/apis/shop/revisions/1`);
    assert.deepEqual(await json(200, `DELETE ${environment}/apis/shop/revisions/1/deployments`), {});
    assert.deepEqual((await json(200, `GET ${environment}/apis/shop/deployments`)).deployments, []);
    await json(400, `DELETE ${environment}/apis/shop/revisions/1/deployments`);
    await json(200, `DELETE ${org}/apis/shop`);
    await json(404, `GET ${org}/apis/shop`);
  });

  it('shared flows', async () => {
    const { body, headers } = multipart('file', zipOf(sharedFlow('mark', ''), 'mark/'));
    await json(200, `POST ${org}/sharedflows?action=import&name=mark`, body, headers);
    assert.deepEqual(await json(200, `GET ${org}/sharedflows`), { sharedFlows: [{ name: 'mark' }] });
    await json(200, `POST ${environment}/sharedflows/mark/revisions/1/deployments`);
    const { deployments } = await json(200, `GET ${environment}/deployments?sharedFlows=true`);
    assert.equal((deployments as { apiProxy: string }[])[0]?.apiProxy, 'mark');
    const hook = await json(200, `PUT ${environment}/flowhooks/PreProxyFlowHook`, {
      sharedFlow: 'mark',
      continueOnError: true,
    });
    assert.deepEqual(hook, { flowHookPoint: 'PreProxyFlowHook', continueOnError: true, sharedFlow: 'mark' });
    await json(404, `PUT ${environment}/flowhooks/NoHook`, { sharedFlow: 'mark' });
    await json(200, `DELETE ${environment}/flowhooks/PreProxyFlowHook`);
    await json(200, `DELETE ${environment}/sharedflows/mark/revisions/1/deployments`);
    await json(200, `DELETE ${org}/sharedflows/mark`);
    // A proxy is no shared flow.
    const wrong = multipart('file', answering('mark', 'x'));
    await json(400, `POST ${org}/sharedflows?action=import&name=mark`, wrong.body, wrong.headers);
  });

  it('key value maps: entries with pages', async () => {
    const map = `${environment}/keyvaluemaps`;
    await json(201, `POST ${map}`, { name: 'settings', encrypted: true });
    await json(409, `POST ${map}`, { name: 'settings' });
    for (const name of ['a', 'b', 'c/d', '../e'])
      await json(201, `POST ${map}/settings/entries`, { name, value: `${name}!` });
    await json(409, `POST ${map}/settings/entries`, { name: 'a', value: 'again' });
    const first = await json(200, `GET ${map}/settings/entries?pageSize=3`);
    assert.deepEqual(
      (first.keyValueEntries as { name: string }[]).map(({ name }) => name),
      ['../e', 'a', 'b'],
    );
    const second = await json(200, `GET ${map}/settings/entries?pageSize=3&pageToken=${String(first.nextPageToken)}`);
    assert.deepEqual(second, { keyValueEntries: [{ name: 'c/d', value: 'c/d!' }], nextPageToken: '' });
    assert.deepEqual(await json(200, `PUT ${map}/settings/entries/c%2Fd`, { name: 'c/d', value: '"two"\nlines' }), {
      name: 'c/d',
      value: '"two"\nlines',
    });
    await json(200, `DELETE ${map}/settings/entries/..%2Fe`);
    await json(404, `GET ${map}/settings/entries/..%2Fe`);
    assert.deepEqual(await json(200, `GET ${map}`), ['settings']);
    await json(200, `DELETE ${map}/settings`);
    await json(404, `GET ${map}/settings/entries`);
  });

  it('target servers, data collectors, the debug mask', async () => {
    const servers = `${environment}/targetservers`;
    const made = await json(201, `POST ${servers}`, { name: 'backend', host: 'backend.example', port: '8080' });
    assert.deepEqual(made, { name: 'backend', host: 'backend.example', port: 8080, isEnabled: true, protocol: 'HTTP' });
    await json(409, `POST ${servers}`, { name: 'backend', host: 'x' });
    await json(400, `POST ${servers}`, { name: 'other' });
    await json(400, `POST ${servers}`, { name: '../other', host: 'x' });
    await json(200, `DELETE ${servers}/backend`);
    await json(201, `POST ${org}/datacollectors`, { name: 'dc_a', type: 'STRING', description: '' });
    assert.equal(((await json(200, `GET ${environment}/datacollectors`)).dataCollectors as unknown[]).length, 1);
    const mask = `${environment}/debugmask`;
    await json(200, `PATCH ${mask}`, { variables: ['request.header.authorization'], requestJSONPaths: ['$.a'] });
    await json(200, `PATCH ${mask}?updateMask=requestJSONPaths`, { requestJSONPaths: ['$.b'] });
    assert.deepEqual(await json(200, `GET ${mask}`), {
      variables: ['request.header.authorization'],
      requestJSONPaths: ['$.b'],
    });
  });

  it('products, developers, apps, keys and attributes', async () => {
    await json(201, `POST ${org}/apiproducts`, { name: 'gold', proxies: ['first'], quota: '5' });
    assert.deepEqual(await json(200, `GET ${org}/apiproducts`), { apiProduct: [{ name: 'gold' }] });
    await json(201, `POST ${org}/developers`, {
      email: 'Ada@Example.com',
      firstName: 'Ada',
      lastName: 'L',
      userName: 'ada',
    });
    await json(409, `POST ${org}/developers`, {
      email: 'ada@example.com',
      firstName: 'A',
      lastName: 'L',
      userName: 'a',
    });
    assert.deepEqual(await json(200, `GET ${org}/developers`), { developer: [{ email: 'Ada@Example.com' }] });
    const developer = `${org}/developers/ada@example.com`;
    await json(204, `POST ${developer}?action=inactive`);
    assert.equal((await json(200, `GET ${developer}`)).status, 'inactive');
    const app = await json(201, `POST ${developer}/apps`, {
      name: 'reader',
      apiProducts: ['gold'],
      keyExpiresIn: '-1',
    });
    assert.equal(app.status, 'approved');
    const [credential] = app.credentials as { expiresAt: string; consumerKey: string }[];
    assert.equal(credential?.expiresAt, '-1');
    await json(400, `POST ${developer}/apps`, { name: 'other', apiProducts: ['absent'] });
    const keys = `${developer}/apps/reader/keys`;
    await json(201, `POST ${keys}`, { consumerKey: 'my-key', consumerSecret: 'my-secret' });
    await json(409, `POST ${keys}`, { consumerKey: 'my-key', consumerSecret: 'other' });
    await json(200, `POST ${keys}/my-key`, { apiProducts: ['gold'] });
    await json(204, `POST ${keys}/my-key/apiproducts/gold?action=revoke`);
    await json(204, `POST ${keys}/my-key?action=revoke`);
    const key = await json(200, `GET ${keys}/my-key`);
    assert.deepEqual([key.status, key.apiProducts], ['revoked', [{ apiproduct: 'gold', status: 'revoked' }]]);
    await json(200, `DELETE ${keys}/my-key/apiproducts/gold`);
    await json(200, `DELETE ${keys}/my-key`);
    await json(200, `DELETE ${keys}/${credential?.consumerKey}`);
    assert.deepEqual((await json(200, `GET ${developer}/apps/reader`)).credentials, [], 'the last key can go');
    assert.deepEqual(await json(200, `GET ${org}/apps`), { app: [{ appId: app.appId }] });
    assert.equal((await json(200, `GET ${org}/apps/${String(app.appId)}`)).name, 'reader');
    for (const path of [`${org}/apiproducts/gold`, developer, `${developer}/apps/reader`]) {
      await json(200, `POST ${path}/attributes`, { attribute: [{ name: 'a', value: '1' }] });
      await json(200, `POST ${path}/attributes/b`, { value: '2' });
      assert.deepEqual((await json(200, `GET ${path}/attributes`)).attribute, [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ]);
      await json(200, `DELETE ${path}/attributes/a`);
      await json(404, `GET ${path}/attributes/a`);
    }
    await json(200, `DELETE ${developer}`);
    assert.deepEqual(await json(200, `GET ${org}/apps`), { app: [] }, 'apps go with their developer');
  });

  it('stats: what is counted, filtered, and nothing made up', async () => {
    await text('/first');
    const query = 'select=sum(message_count),avg(total_response_time)&filter=(apiproxy%20eq%20%27first%27)';
    const answer = await json(200, `GET ${environment}/stats/apiproxy,caller?${query}`);
    const [here] = answer.environments as { dimensions: { name: string; metrics: { name: string }[] }[] }[];
    assert.deepEqual(
      here?.dimensions.map(({ name, metrics }) => [name, metrics.map((metric) => metric.name)]),
      [['first,external', ['sum(message_count)']]],
    );
    assert.match(JSON.stringify(answer.metaData), /avg\(total_response_time\) is not counted/);
    await json(400, `GET ${environment}/stats/developer_app?select=sum(message_count)`);
    await json(400, `GET ${environment}/stats/apiproxy?filter=nonsense`);
  });

  it('an environment that is not served is not there', async () => {
    const answer = await json(404, `GET ${org}/environments/prod/targetservers`);
    assert.equal((answer.error as { status: string }).status, 'NOT_FOUND');
    assert.match(String(answer.message), /"local" is served/);
  });
});
