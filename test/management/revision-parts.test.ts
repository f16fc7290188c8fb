import assert from 'node:assert/strict';
import { assign, noTarget, preFlow, proxyEndpoint, setPayload, step } from '../support/bundle-tree.ts';
import { call } from '../support/gateway.ts';
import { type Asked, managementSuite, zipOf } from '../support/management.ts';

const org = '/v1/o/acme';
const revision = `${org}/apis/built/revisions/1`;
const deployment = `${org}/e/local/apis/built/revisions/1/deployments`;
const xml = { 'Content-Type': 'application/xml' };
const raw = { 'Content-Type': 'application/octet-stream' };

managementSuite('a revision that is built part by part', {}, (it, { ask, gateway }) => {
  const must = async (status: number, ...args: Parameters<typeof ask>): Promise<Asked> => {
    const answer = await ask(...args);
    assert.equal(answer.status, status, `${args[0]}: ${answer.bytes.toString().slice(0, 400)}`);
    return answer;
  };

  it('starts with next to nothing, and is not checked', async () => {
    const empty = zipOf({ 'apiproxy/built.xml': '<APIProxy name="built"/>' });
    await must(400, `POST ${org}/apis?action=import&name=built`, empty, raw);
    await must(201, `POST ${org}/apis?action=import&validate=false&name=built`, empty, raw);
    await must(400, `POST ${deployment}`);
  });

  it('takes parts in any order, several at once', async () => {
    const endpoint = proxyEndpoint('/built', preFlow(step('answer') + step('script')) + noTarget);
    await Promise.all([
      must(201, `POST ${revision}/proxies?name=default`, endpoint, xml),
      must(201, `POST ${revision}/targets?name=away`, '<TargetEndpoint name="away"/>', xml),
      must(201, `POST ${revision}/policies`, assign('answer', setPayload('built')), xml),
      must(
        201,
        `POST ${revision}/policies`,
        '<Javascript name="script"><ResourceURL>jsc://a.js</ResourceURL></Javascript>',
        xml,
      ),
      must(201, `POST ${revision}/resources?type=jsc&name=a.js`, 'var a = 1;', raw),
      must(201, `POST ${revision}/resources?type=properties&name=empty.properties`, '', raw),
    ]);
    assert.deepEqual((await must(200, `GET ${revision}/policies`)).json, ['answer', 'script']);
    assert.deepEqual((await must(200, `GET ${revision}/targets`)).json, ['away']);
    assert.deepEqual((await must(200, `GET ${revision}/resources`)).json, [
      'jsc://a.js',
      'properties://empty.properties',
    ]);
  });

  it('shows a part as JSON and as XML, a resource as it is', async () => {
    assert.deepEqual((await must(200, `GET ${revision}/policies/answer`)).json, {
      name: 'answer',
      policyType: 'AssignMessage',
    });
    const asXml = await must(200, `GET ${revision}/policies/answer`, undefined, { Accept: 'application/xml' });
    assert.match(asXml.bytes.toString(), /^<AssignMessage name="answer">/);
    const endpoint = (await must(200, `GET ${revision}/proxies/default`)).json as { connection: object };
    assert.deepEqual(endpoint.connection, {
      connectionType: 'httpConnection',
      basePath: '/built',
      virtualHost: ['default'],
    });
    assert.equal((await must(200, `GET ${revision}/resourcefiles/jsc/a.js`)).bytes.toString(), 'var a = 1;');
    await must(404, `GET ${revision}/policies/nothing`);
  });

  it('deletes and replaces parts, and serves what has become of it', async () => {
    await must(200, `DELETE ${revision}/targets/away`);
    await must(404, `DELETE ${revision}/targets/away`);
    await must(200, `PUT ${revision}/policies/answer`, assign('answer', setPayload('replaced')), xml);
    await must(200, `DELETE ${revision}/resources/properties/empty.properties`);
    await must(200, `POST ${deployment}`, 'action=deploy&override=true', {
      'Content-Type': 'application/x-www-form-urlencoded',
    });
    assert.equal((await call(gateway.port, { path: '/built' })).text, 'replaced');
  });

  it('is closed once it serves', async () => {
    await must(400, `POST ${revision}/policies`, assign('answer', setPayload('late')), xml);
    await must(400, `DELETE ${revision}/resources/jsc/a.js`);
    assert.equal((await call(gateway.port, { path: '/built' })).text, 'replaced');
  });

  it('takes no part without a name, no text that is no XML, no name that is a path', async () => {
    await must(400, `POST ${revision}/policies`, '<AssignMessage/>', xml);
    const broken = (await must(400, `POST ${revision}/policies`, '<AssignMessage name="a">', xml)).json;
    assert.match(JSON.stringify(broken), /diagnostics/);
    await must(400, `POST ${revision}/policies`, '<AssignMessage name="../../a"/>', xml);
  });

  it('can be put below another base path when it is deployed', async () => {
    await must(200, `POST ${deployment}`, 'action=undeploy', { 'Content-Type': 'application/x-www-form-urlencoded' });
    const form = 'action=deploy&basepath=%2Fbelow';
    await must(200, `POST ${deployment}`, form, { 'Content-Type': 'application/x-www-form-urlencoded' });
    assert.equal((await call(gateway.port, { path: '/below/built' })).text, 'replaced');
  });

  it('a flow hook takes no shared flow that is not there', async () => {
    await must(400, `PUT ${org}/e/local/flowhooks/PreProxyFlowHook`, { sharedFlow: 'absent' });
    assert.equal((await call(gateway.port, { path: '/below/built' })).status, 200);
  });
});
