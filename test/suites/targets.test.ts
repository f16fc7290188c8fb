import assert from 'node:assert/strict';
import {
  assign,
  httpTarget,
  loadBalancer,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  setHeaders,
  setPayload,
  setVariable,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { call } from '../support/gateway.ts';
import { suite } from '../support/suite.ts';
import type { Upstream } from '../support/upstream.ts';

const to = (name: string, connection: string, request = '', ...policies: readonly string[]) =>
  proxy(name, proxyEndpoint(`/${name}`, route()), targetEndpoint(preFlow(request) + connection), ...policies);

suite('what the target is asked', {
  files: ({ url }) => ({
    ...to('plain', httpTarget(`${url}/api`)),
    ...to('root', httpTarget(url)),
    ...to('own-query', httpTarget(`${url}/api?own=1`)),
    ...to('slash', httpTarget(`${url}/api/`)),
    ...proxy(
      'template',
      proxyEndpoint('/template', preFlow(step('port')) + route()),
      targetEndpoint(httpTarget('http://127.0.0.1:{port}/{nothing:api}')),
      assign('port', setVariable('port', new URL(url).port)),
    ),
    ...to(
      'copy-none',
      httpTarget(`${url}/api`),
      step('off'),
      assign('off', setVariable('target.copy.pathsuffix', 'false') + setVariable('target.copy.queryparams', 'false')),
    ),
    ...to(
      'own-url',
      httpTarget('http://127.0.0.1:1/'),
      step('url'),
      assign('url', setVariable('target.url', `${url}/whole?x=y`)),
    ),
    ...to(
      'rewrites',
      httpTarget(`${url}/api`),
      step('rewrite'),
      '<AssignMessage name="rewrite"><Remove><Headers><Header name="secret"/></Headers></Remove><Set><Verb>PUT</Verb><Headers><Header name="added">yes</Header></Headers><QueryParams><QueryParam name="q">a=b&amp;c</QueryParam></QueryParams><Payload contentType="application/json">{"was": "{request.content}"}</Payload></Set></AssignMessage>',
    ),
    ...to('retain', httpTarget(`${url}/api`, { 'request.retain.headers': 'kept' })),
  }),
  facts: [
    {
      name: 'path of the target, suffix, query',
      ask: 'GET /plain/x%20y/z?a=1&a=2&b=%26',
      seen: [{ ask: 'GET /api/x%20y/z?a=1&a=2&b=%26' }],
    },
    { name: 'no suffix adds nothing', ask: 'GET /plain', seen: [{ ask: 'GET /api' }] },
    { name: 'a target without a path', ask: 'GET /root/x', seen: [{ ask: 'GET /x' }] },
    { name: 'a query in the target stays', ask: 'GET /own-query/x?a=1', seen: [{ ask: 'GET /api/x?own=1&a=1' }] },
    { name: 'one slash at the joint', ask: 'GET /slash/x', seen: [{ ask: 'GET /api/x' }] },
    { name: 'a template in the URL', ask: 'GET /template/x', seen: [{ ask: 'GET /api/x' }] },
    { name: 'suffix and query can be left out', ask: 'GET /copy-none/x?a=1', seen: [{ ask: 'GET /api' }] },
    { name: 'target.url is used as it is', ask: 'GET /own-url/x?a=1', seen: [{ ask: 'GET /whole?x=y' }] },
    {
      name: 'headers and payload arrive; the connection is its own',
      ask: {
        method: 'POST',
        path: '/plain',
        headers: {
          h: ['1', '2'],
          Connection: 'close, x-hop',
          'X-Hop': 'mine',
          'Proxy-Authorization': 'secret',
          'X-Apigee-Forged': '1',
        },
        body: 'the payload',
      },
      seen: [
        {
          ask: 'POST /api',
          headers: {
            h: '1, 2',
            host: /^127\.0\.0\.1:\d+$/,
            'x-hop': undefined,
            'proxy-authorization': undefined,
            'x-apigee-forged': undefined,
            'content-length': '11',
          },
          body: 'the payload',
        },
      ],
    },
    {
      name: 'policies rewrite verb, headers, query and payload',
      ask: { method: 'POST', path: '/rewrites?q=old&r=1', headers: { secret: 's' }, body: 'old' },
      seen: [
        {
          ask: 'PUT /api?q=a%3Db%26c&r=1',
          headers: { secret: undefined, added: 'yes', 'content-type': 'application/json', 'content-length': '14' },
          body: '{"was": "old"}',
        },
      ],
    },
    {
      name: 'only headers that are to be retained',
      ask: { path: '/retain', headers: { kept: '1', dropped: '1' } },
      seen: [{ headers: { kept: '1', dropped: undefined } }],
    },
    {
      name: 'headers of the answer come back',
      ask: 'GET /plain',
      headers: { 'X-Upstream': 'upstream0', 'Content-Type': 'application/json' },
    },
  ],
});

const servers = (upstreams: readonly Upstream[], ...more: readonly object[]) => ({
  'environments/local/targetservers.json': JSON.stringify([
    ...upstreams.map(({ port }, index) => ({ name: `s${index}`, host: '127.0.0.1', port, isEnabled: true })),
    ...more,
  ]),
});
const picked = assign('picked', setHeaders({ 'X-Picked': '{loadbalancing.targetserver}' }));
const balanced = (name: string, connection: string) =>
  proxy(name, proxyEndpoint(`/${name}`, preFlow('', step('picked')) + route()), targetEndpoint(connection), picked);
const server = (name: string, inner = '') => `<Server name="${name}">${inner}</Server>`;

suite('target servers', {
  upstreams: 2,
  files: (...upstreams) => ({
    ...servers(
      upstreams,
      { name: 'dead', host: '127.0.0.1', port: 1, isEnabled: true },
      { name: 'off', host: '127.0.0.1', port: 1, isEnabled: false },
      { name: 'text', host: '127.0.0.1', port: String(upstreams[0]?.port), isEnabled: 'true' },
    ),
    ...balanced('turns', loadBalancer(server('s0') + server('s1'), '/api')),
    ...balanced(
      'weights',
      loadBalancer(
        server('s0', '<Weight>1</Weight>') + server('s1', '<Weight>2</Weight>'),
        '',
        '<Algorithm>Weighted</Algorithm>',
      ),
    ),
    ...balanced('retries', loadBalancer(server('dead') + server('s1'))),
    ...balanced('no-retry', loadBalancer(server('dead') + server('s1'), '', '<RetryEnabled>false</RetryEnabled>')),
    ...balanced('fallback', loadBalancer(server('off') + server('s1', '<IsFallback>true</IsFallback>'))),
    ...balanced('none', loadBalancer(server('off'))),
    ...balanced('as-text', loadBalancer(server('text'), '/api')),
  }),
  facts: [
    {
      name: 'they take turns: first',
      ask: 'GET /turns/x',
      headers: { 'X-Picked': 's0' },
      seen: [{ ask: 'GET /api/x' }],
    },
    {
      name: 'they take turns: second',
      ask: 'GET /turns/x',
      headers: { 'X-Picked': 's1' },
      seen: [{ ask: 'GET /api/x' }],
    },
    { name: 'they take turns: first again', ask: 'GET /turns/x', headers: { 'X-Picked': 's0' } },
    { name: 'one that is down is passed over', ask: 'GET /retries', headers: { 'X-Picked': 's1' } },
    { name: 'a fallback serves when all others are off', ask: 'GET /fallback', headers: { 'X-Picked': 's1' } },
    { name: 'nobody left', ask: 'GET /none', status: 503, fault: 'messaging.adaptors.http.flow.NoActiveTargets' },
    {
      name: 'port and switch may be texts',
      ask: 'GET /as-text',
      headers: { 'X-Picked': 'text' },
      seen: [{ ask: 'GET /api' }],
    },
  ],
  also: {
    'weights share the calls': async (gateway, upstreams) => {
      for (let index = 0; index < 9; index++) await call(gateway.port, { path: '/weights' });
      assert.deepEqual(
        upstreams.map((upstream) => upstream.seen.length),
        [3, 6],
      );
    },
    'without retry every other call fails': async (gateway) => {
      const statuses: number[] = [];
      for (let index = 0; index < 4; index++) statuses.push((await call(gateway.port, { path: '/no-retry' })).status);
      assert.deepEqual(statuses.sort(), [200, 200, 503, 503]);
    },
  },
});

const megabytes = 32;
const size = megabytes * 1024 * 1024;
const streaming =
  '<Property name="request.streaming.enabled">true</Property><Property name="response.streaming.enabled">true</Property>';

suite('payloads', {
  files: ({ url }) => ({
    ...to('limited', httpTarget(url)),
    'streamed/apiproxy/streamed.xml': '<APIProxy name="streamed"/>',
    'streamed/apiproxy/proxies/default.xml': `<ProxyEndpoint name="default"><HTTPProxyConnection><BasePath>/streamed</BasePath><Properties>${streaming}</Properties></HTTPProxyConnection>${route()}</ProxyEndpoint>`,
    'streamed/apiproxy/targets/default.xml': targetEndpoint(
      `<HTTPTargetConnection><URL>${url}</URL><Properties>${streaming}</Properties></HTTPTargetConnection>`,
    ),
    ...proxy(
      'reads',
      proxyEndpoint('/reads', preFlow(step('length'), step('answer')) + route()),
      targetEndpoint(httpTarget(url)),
      assign('length', setVariable('sent', '{request.content}')),
      assign('answer', setPayload('sent {sent}')),
    ),
  }),
  facts: [
    {
      name: 'an answer beyond the limit is refused',
      ask: `GET /limited/sized/${11 * 1024 * 1024}`,
      status: 502,
      fault: ['protocol.http.TooBigBody', 'Body buffer overflow'],
    },
    {
      name: 'a request beyond the limit is refused',
      ask: { method: 'POST', path: '/limited', body: Buffer.alloc(11 * 1024 * 1024) },
      status: 413,
      fault: ['protocol.http.TooBigBody', 'Body buffer overflow'],
    },
    {
      name: 'a payload that a policy reads still reaches the target',
      ask: { method: 'POST', path: '/reads', body: 'Grüße' },
      body: 'sent Grüße',
      seen: [{ body: 'Grüße' }],
    },
    { name: 'an empty answer', ask: 'GET /limited/status/204', status: 204, body: '' },
    { name: 'HEAD has no payload', ask: 'HEAD /limited/x', body: '', seen: [{ ask: 'HEAD /x' }] },
  ],
  also: {
    'an answer that grows beyond the limit is cut off, never ended as if it were whole': async (gateway) => {
      await assert.rejects(
        call(gateway.port, { path: `/limited/bytes/${11 * 1024 * 1024}` }),
        /aborted|hang up|ECONNRESET/,
      );
    },
    [`an answer of ${megabytes} MB streams through whole`]: async (gateway) => {
      const answer = await call(gateway.port, { path: `/streamed/bytes/${size}` });
      assert.equal(answer.status, 200);
      assert.equal(answer.body.length, size);
    },
    [`a request of ${megabytes} MB streams through whole`]: async (gateway) => {
      const answer = await call(gateway.port, { method: 'POST', path: '/streamed/up', body: Buffer.alloc(size, 'y') });
      assert.equal(answer.status, 200);
      assert.equal(JSON.parse(answer.text).body, size);
    },
  },
});

suite('a target that fails', {
  files: ({ url }) => ({
    ...to('refused', httpTarget('http://127.0.0.1:1')),
    ...to('unknown-host', httpTarget('http://no-such-host.invalid')),
    ...to('cut', httpTarget(`${url}/close`)),
    ...to('slow', httpTarget(`${url}/slow`, { 'io.timeout.millis': '200' })),
  }),
  facts: [
    {
      name: 'refuses the connection',
      ask: 'GET /refused',
      status: 503,
      fault: ['messaging.adaptors.http.flow.ServiceUnavailable', 'The Service is temporarily unavailable'],
    },
    { name: 'is not to be found', ask: 'GET /unknown-host', status: 503 },
    {
      name: 'closes without an answer',
      ask: 'GET /cut',
      status: 502,
      fault: ['messaging.adaptors.http.flow.UnexpectedEOFAtTarget', 'Unexpected EOF at target'],
    },
    {
      name: 'takes too long',
      ask: 'GET /slow/3000',
      status: 504,
      fault: ['messaging.adaptors.http.flow.GatewayTimeout', 'Gateway Timeout'],
    },
    { name: 'and is asked again', ask: 'GET /slow/0' },
  ],
});
