import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assign,
  bundleTree,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { call, startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

test('bundles that ask for Google tokens', async (t) => {
  const upstream = await startUpstream();
  const metadata = await startUpstream('metadata', (request, response) => {
    const isRight =
      request.headers['metadata-flavor'] === 'Google' && request.url?.includes('/token?scopes=s1') === true;
    response.writeHead(isRight ? 200 : 403).end('{"access_token":"from-metadata","expires_in":3600}');
  });
  const authentication = '<GoogleAccessToken><Scopes><Scope>s1</Scope></Scopes></GoogleAccessToken>';
  const target = `<HTTPTargetConnection><Authentication>${authentication}</Authentication><URL>${upstream.url}</URL></HTTPTargetConnection>`;
  const callout = `<ServiceCallout name="sc"><Response>r</Response>${target}</ServiceCallout>`;
  const files = {
    ...proxy('asks', proxyEndpoint('/asks', route()), targetEndpoint(target)),
    ...proxy('calls', proxyEndpoint('/calls', `${preFlow(step('sc'))}<RouteRule name="none"/>`), callout),
    ...proxy(
      'sets',
      proxyEndpoint('/sets', preFlow(step('set')) + route()),
      targetEndpoint(`<HTTPTargetConnection><URL>${upstream.url}</URL></HTTPTargetConnection>`),
      assign('set', `<Set><Authentication>${authentication}</Authentication></Set>`),
    ),
  };
  const folder = await bundleTree(files);
  const paths = ['/asks', '/calls', '/sets'];

  await t.test('get dummies in dev, and the log says so', async () => {
    const { port, logs, stop } = await startGateway(folder, ['--no-watch'], undefined, 'dev');
    for (const path of paths) {
      assert.equal((await call(port, { path })).status, 200, logs());
      assert.match(String(upstream.seen.at(-1)?.headers.authorization), /^Bearer ya29\.zerohop-stand-in-/);
    }
    assert.match(logs(), /dummy Google access token/);
    assert.doesNotMatch(logs(), /ZH048/);
    await stop();
  });

  await t.test('get none from a server that was not told where they are', async () => {
    const { port, logs, stop } = await startGateway(folder);
    const before = upstream.seen.length;
    for (const path of paths) assert.equal((await call(port, { path })).status, 500);
    const { text } = await call(port, { path: '/asks' });
    assert.match(text, /messaging\.adaptors\.http\.filter\.GoogleTokenGenerationFailure/);
    assert.equal(upstream.seen.length, before, 'nothing goes out without its token');
    assert.match(logs(), /ZH048[\s\S]*--google-tokens/);
    await stop();
  });

  await t.test('get those of a metadata server, one for all', async () => {
    const { port, logs } = await startGateway(folder, ['--google-tokens', metadata.url]);
    const all = await Promise.all([...paths, ...paths].map((path) => call(port, { path })));
    assert.deepEqual(
      all.map(({ status }) => status),
      all.map(() => 200),
      logs(),
    );
    assert.equal(upstream.seen.at(-1)?.headers.authorization, 'Bearer from-metadata');
    assert.equal(metadata.seen.length, 1);
  });
});
