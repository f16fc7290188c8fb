import assert from 'node:assert/strict';
import { test } from 'node:test';
import { variableReader, variableWriter } from '../../runtime/language/variables.ts';
import type { Endpoint, Exchange } from '../../runtime/message/exchange.ts';
import { suffixOf } from '../../runtime/target/local-dispatch.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { callTarget, compileTarget, faultOfCall, targetOf } from '../support/target.ts';

const byName =
  '<LocalTargetConnection><APIProxy>inner</APIProxy><ProxyEndpoint>default</ProxyEndpoint></LocalTargetConnection>';
const byPath = (path: string) => `<LocalTargetConnection><Path>${path}</Path></LocalTargetConnection>`;

/** Called proxies, in order, and an endpoint that notes them. */
function noting(basePath = '/inner'): { endpoint: Endpoint; called: Exchange[] } {
  const called: Exchange[] = [];
  const endpoint: Endpoint = {
    ...exchangeOf().endpoint,
    proxy: 'inner',
    basePath,
    run: (exchange) => {
      called.push(exchange);
      exchange.response = responseOf({ status: 201, body: 'inner' });
    },
    finish: () => undefined,
  };
  return { endpoint, called };
}

async function called(
  inner: string,
  uri: string,
  basePath = '/inner',
  prepare: (exchange: Exchange) => void = () => undefined,
): Promise<string> {
  const { endpoint, called } = noting(basePath);
  const directory = { endpointByName: () => endpoint, endpointByPath: () => endpoint, proxyExists: () => true };
  const exchange = await callTarget(
    targetOf(inner).target,
    { uri, directory, variables: { where: '/inner' } },
    prepare,
  );
  assert.equal(exchange.response.status, 201);
  const [first] = called;
  return `${first?.request.uri} suffix ${first?.pathSuffix}`;
}

const setUrl = (url: string) => (exchange: Exchange) => variableWriter('target.url')(exchange, url);

test('the path a local target is called with', async () => {
  assert.equal(await called(byName, '/v1/a?x=1'), '/inner/a?x=1 suffix /a');
  assert.equal(await called(byName, '/v1'), '/inner suffix ');
  assert.equal(await called(byPath('/inner/b?own=1'), '/v1/a?x=1'), '/inner/b/a?own=1&x=1 suffix /b/a');
  assert.equal(await called(byPath('{where}'), '/v1/a'), '/inner/a suffix /a');
  assert.equal(
    await called(byName, '/v1/a?x=1', '/inner', setUrl('http://127.0.0.1:8080/inner/c?y=2')),
    '/inner/c?y=2 suffix /c',
  );
  assert.equal(await called(byName, '/v1/a', '/inner', setUrl('/other')), '/inner/other suffix /other');
  assert.equal(await called(byPath('/'), '/v1/a', '/inner', setUrl('http://x/inner/d')), '/inner/d suffix /d');
});

test('what follows a base path', () => {
  const table: [string, string, string][] = [
    ['/a', '/a/b', '/b'],
    ['/a', '/a', ''],
    ['', '/a', '/a'],
    ['/team/*/members', '/team/7/members/x', '/x'],
    ['/team/*/members', '/team/7/members', ''],
  ];
  for (const [basePath, path, expected] of table) assert.equal(suffixOf(basePath, path), expected, path);
});

test('variables of a local target', async () => {
  const { endpoint } = noting();
  const directory = { endpointByName: () => endpoint };
  const { target } = targetOf(byName);
  let before: unknown;
  const exchange = await callTarget(target, { uri: '/v1/a?x=1', directory }, (one) => {
    before = variableReader('target.url')(one);
  });
  assert.equal(before, 'http://127.0.0.1:8080/inner');
  assert.equal(variableReader('request.uri')(exchange), '/inner/a?x=1');
  assert.equal(variableReader('target.host')(exchange), '127.0.0.1');
});

test('the caller keeps its own headers and variables', async () => {
  const { endpoint, called } = noting();
  const directory = { endpointByName: () => endpoint };
  const exchange = await callTarget(targetOf(byName).target, {
    headers: { 'X-A': '1' },
    variables: { mine: 1 },
    directory,
  });
  const [inner] = called;
  inner?.request.headers.set('X-A', '2');
  assert.equal(exchange.request.headers.line('x-a'), '1');
  assert.equal(inner?.variables, undefined);
  assert.equal(inner?.parent, exchange);
  assert.equal(variableReader('client.ip')(inner as Exchange), '127.0.0.1');
});

test('what is not deployed is a fault that names it', async () => {
  const absent = { endpointByName: () => undefined, endpointByPath: () => undefined };
  const name = await faultOfCall(callTarget(targetOf(byName).target, { directory: absent }));
  assert.equal(name.code, 'messaging.adaptors.http.flow.ApplicationNotFound');
  assert.match(name.faultstring, /"inner"/);
  const path = await faultOfCall(callTarget(targetOf(byPath('/nowhere')).target, { directory: absent }));
  assert.match(path.faultstring, /\/nowhere/);
});

test('loops and limits', async () => {
  const { endpoint } = noting('/v1');
  const same = { directory: { endpointByName: () => endpoint }, endpoint };
  const { target } = targetOf(byName);
  const first = exchangeOf({ ...same, uri: '/v1/a' });
  const loop = faultOfCall(
    callTarget(target, { directory: { endpointByName: () => first.endpoint }, parent: first, uri: '/v1/a' }),
  );
  assert.equal((await loop).code, 'messaging.adaptors.local.LoopDetected');
  const shallow = { surroundings: { maxChainDepth: 0 } };
  const deep = await faultOfCall(callTarget(target, { directory: { endpointByName: () => endpoint }, ...shallow }));
  assert.equal(deep.code, 'messaging.adaptors.local.LoopDetected');
  const few = { surroundings: { maxChainCalls: 0 } };
  const many = await faultOfCall(callTarget(target, { directory: { endpointByName: () => endpoint }, ...few }));
  assert.equal(many.code, 'messaging.adaptors.local.TooManyCalls');
});

test('success.codes, literal calls and mistakes', () => {
  const codes = '<Properties><Property name="success.codes">2xx,404</Property></Properties>';
  const { target } = targetOf(byName.replace('</LocalTargetConnection>', `${codes}</LocalTargetConnection>`));
  assert.deepEqual([target.isError(404), target.isError(302), target.isError(200)], [false, true, false]);
  assert.deepEqual(targetOf(byName).target.calls, [{ proxy: 'inner', endpoint: 'default' }]);
  assert.deepEqual(targetOf(byPath('{p}')).target.calls, []);
  const both = byName.replace('</LocalTargetConnection>', '<Path>/a</Path></LocalTargetConnection>');
  assert.equal(compileTarget(both).diagnostics[0]?.code, 'ZH031');
  assert.equal(compileTarget('<LocalTargetConnection/>').diagnostics[0]?.code, 'ZH030');
});
