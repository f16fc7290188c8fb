import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Fault, flowFaults } from '../../runtime/fault.ts';
import { variableReader } from '../../runtime/language/variables.ts';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import type { Endpoint, Exchange } from '../../runtime/message/exchange.ts';
import { Message } from '../../runtime/message/message.ts';
import type { Callout } from '../../runtime/policies/policy.ts';
import { ServiceCallout } from '../../runtime/policies/ServiceCallout.ts';
import { createConnections } from '../../runtime/target/connections.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { type OriginServer, startOrigin } from '../support/origin-server.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';
import { connectionCompiler } from '../support/target.ts';

let origin: OriginServer;
const connections = createConnections();
before(async () => {
  origin = await startOrigin((request, response, body) => {
    if (request.url === '/silent') return;
    const status = Number(/^\/status\/(\d+)/.exec(request.url ?? '')?.[1] ?? 200);
    response.writeHead(status, { 'X-Upstream': 'yes', 'Set-Cookie': ['a=1', 'b=2'] });
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
  });
});
after(async () => {
  connections.close();
  await origin.close();
});

/** The policy SC-1 with this inside, over real connections. */
function calling(inner: string, attributes = '') {
  const compiler = connectionCompiler();
  const made = compilePolicy(ServiceCallout, `<ServiceCallout name="SC-1"${attributes}>${inner}</ServiceCallout>`, {
    compiler: { callout: (connection, at) => connections.callout('SC-1', connection, at, compiler) },
  });
  return { ...made, connectionDiagnostics: compiler.diagnostics.list };
}

const url = (path: string, more = '') =>
  `<HTTPTargetConnection>${more}<URL>${origin.url}${path}</URL></HTTPTargetConnection>`;

const read = (exchange: Exchange, name: string): unknown => variableReader(name)(exchange);

async function run(inner: string, exchange = exchangeOf()): Promise<Exchange> {
  await calling(inner).step(exchange);
  return exchange;
}

test('the answer is a message variable', async () => {
  const exchange = await run(`<Response>cr</Response>${url('/headers')}`);
  assert.equal(read(exchange, 'cr.status.code'), 200);
  assert.equal(read(exchange, 'cr.header.X-Upstream'), 'yes');
  assert.equal(read(exchange, 'cr.header.Set-Cookie.2'), 'b=2');
  const seen = JSON.parse(String(read(exchange, 'cr.content')));
  assert.deepEqual([seen.method, seen.url, seen.body], ['GET', '/headers', '']);
  assert.equal(seen.headers['cdn-loop'], 'zerohop-test');
  assert.equal(read(exchange, 'servicecallout.SC-1.target.url'), `${origin.url}/headers`);
  assert.equal(read(exchange, 'servicecallout.requesturi'), '/headers');
});

test('Request makes the message that is sent, and leaves the main request alone', async () => {
  const exchange = exchangeOf({ verb: 'PUT', uri: '/v1/sfx?p=abc', headers: { 'x-in': 'v' }, body: 'main' });
  const inner = `<Request variable="mine" clearPayload="false"><Set><Verb>POST</Verb><Path>/echo/{request.queryparam.p}</Path>
    <Headers><Header name="x-h">{request.header.x-in}</Header></Headers><QueryParams><QueryParam name="q">1</QueryParam></QueryParams>
    <Payload contentType="application/json">{"p":"{request.queryparam.p}"}</Payload></Set></Request><Response>cr</Response>${url('?own=0')}`;
  await run(inner, exchange);
  const seen = JSON.parse(String(read(exchange, 'cr.content')));
  assert.deepEqual([seen.method, seen.url, seen.body], ['POST', '/echo/abc?own=0&q=1', '{"p":"abc"}']);
  assert.equal(seen.headers['x-h'], 'v');
  assert.equal(seen.headers['x-in'], undefined);
  assert.equal(seen.headers['content-type'], 'application/json');
  assert.equal(read(exchange, 'mine.content'), '{"p":"abc"}');
  assert.deepEqual(
    [exchange.request.verb, exchange.request.uri, exchange.request.content],
    ['PUT', '/v1/sfx?p=abc', 'main'],
  );
});

test('the payload is cleared after sending, unless it is to be kept', async () => {
  const set = '<Set><Verb>POST</Verb><Payload>x</Payload></Set>';
  const cleared = await run(`<Request variable="mine">${set}</Request><Response>cr</Response>${url('/')}`);
  assert.equal(read(cleared, 'mine.content'), '');
  assert.equal(JSON.parse(String(read(cleared, 'cr.content'))).body, 'x');
});

test('a message made before is sent', async () => {
  const geo = Message.request();
  geo.query.set('address', '1');
  const exchange = await run(
    `<Request variable="geo"/><Response>cr</Response>${url('/geo')}`,
    exchangeOf({ variables: { geo } }),
  );
  assert.equal(JSON.parse(String(read(exchange, 'cr.content'))).url, '/geo?address=1');
});

test('the main request sent as it is brings its headers, query and payload, not its path', async () => {
  const exchange = exchangeOf({ verb: 'POST', uri: '/v1/a?x=1', headers: { Host: 'client', 'X-A': '1' }, body: 'b' });
  await run(`<Request variable="request" clearPayload="false"/><Response>cr</Response>${url('/t')}`, exchange);
  const seen = JSON.parse(String(read(exchange, 'cr.content')));
  assert.deepEqual([seen.url, seen.body, seen.headers['x-a']], ['/t?x=1', 'b', '1']);
  assert.equal(seen.headers.host, `127.0.0.1:${origin.port}`);
  assert.equal(calling(`<Request variable="request"/>${url('/')}`).needs, BodyNeed.request);
});

test('variables that are no request message', async () => {
  const inner = `<Request variable="v"/><Response>cr</Response>${url('/')}`;
  const { step } = calling(inner);
  const text = await faultOf(step, exchangeOf({ variables: { v: '94301' } }));
  assert.equal(text.code, 'steps.servicecallout.RequestVariableNotMessageType');
  assert.equal(text.faultstring, 'ServiceCallout[SC-1]: request variable v value is not of type Message');
  const response = await faultOf(step, exchangeOf({ variables: { v: responseOf() } }));
  assert.equal(response.code, 'steps.servicecallout.RequestVariableNotRequestMessageType');
});

test('failures are ExecutionFailed with a reason', async () => {
  const table: [string, RegExp][] = [
    [url('/status/404'), /^Execution of ServiceCallout SC-1 failed. Reason: ResponseCode 404 is treated as error$/],
    ['<HTTPTargetConnection><URL>http://127.0.0.1:1/</URL></HTTPTargetConnection>', /Reason: Host not reachable$/],
    [`<Timeout>60</Timeout>${url('/silent')}`, /Reason: timeout occurred in SC-1$/],
  ];
  for (const [inner, expected] of table) {
    const fault = await faultOf(calling(`<Response>cr</Response>${inner}`).step, exchangeOf());
    assert.equal(fault.code, 'steps.servicecallout.ExecutionFailed');
    assert.match(fault.faultstring, expected);
  }
});

test('the answer that is an error stays readable; success.codes make it none', async () => {
  const exchange = exchangeOf();
  await faultOf(calling(`<Response>cr</Response>${url('/status/503')}`).step, exchange);
  assert.equal(read(exchange, 'cr.status.code'), 503);
  const codes = '<Properties><Property name="success.codes">2xx,404</Property></Properties>';
  const good = await run(`<Response>cr</Response>${url('/status/404', codes)}`);
  assert.equal(read(good, 'cr.status.code'), 404);
});

test('parts of the URL are templates, and a variable can name another URL', async () => {
  const template = `<Response>cr</Response>${url('/{request.queryparam.a}?w={request.header.x-w}')}`;
  const exchange = exchangeOf({ uri: '/v1?a=seg', headers: { 'x-w': '12' } });
  const { step } = calling(template);
  await step(exchange);
  assert.equal(JSON.parse(String(read(exchange, 'cr.content'))).url, '/seg?w=12');
  exchange.request.query.set('a', 'again');
  await step(exchange);
  assert.equal(JSON.parse(String(read(exchange, 'cr.content'))).url, '/again?w=12');
  exchange.setVariable('servicecallout.SC-1.target.url', `${origin.url}/other`);
  await step(exchange);
  assert.equal(JSON.parse(String(read(exchange, 'cr.content'))).url, '/other');
});

test('without Response the flow goes on at once, whatever becomes of the call', async () => {
  const outcomes = ['http://127.0.0.1:1/nobody', `${origin.url}/silent`, 'http://{nothing}/'].map((target) =>
    calling(`<HTTPTargetConnection><URL>${target}</URL></HTTPTargetConnection>`).step(exchangeOf()),
  );
  assert.deepEqual(outcomes, [undefined, undefined, undefined]);
});

test('unresolved variables are a fault by default', async () => {
  const set = '<Set><Payload>{nothing}</Payload></Set>';
  const inner = (ignore: string) => `<Request>${set}${ignore}</Request><Response>cr</Response>${url('/')}`;
  const fault = await faultOf(calling(inner('')).step, exchangeOf());
  assert.equal(fault.code, 'steps.servicecallout.UnresolvedVariable');
  await run(inner('<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>'));
});

test('the answer may take the place of the request payload', async () => {
  const exchange = exchangeOf({ verb: 'POST', body: 'before', headers: { 'Content-Type': 'text/plain' } });
  await run(`<Response>request</Response>${url('/x')}`, exchange);
  assert.equal(JSON.parse(exchange.request.content).url, '/x');
  assert.equal(exchange.request.headers.has('content-type'), false);
});

/** An endpoint of another proxy that answers with what it was called by. */
function innerEndpoint(answer: (called: Exchange) => Message): Endpoint {
  return {
    ...exchangeOf().endpoint,
    proxy: 'inner',
    basePath: '/inner/v1',
    run: async (called) => {
      called.response = answer(called);
    },
    finish: () => undefined,
  };
}

const local = (inner: string) => `<LocalTargetConnection>${inner}</LocalTargetConnection>`;
const byName = local('<APIProxy>inner</APIProxy><ProxyEndpoint>default</ProxyEndpoint>');

function callerOf(endpoint: Endpoint | undefined, proxyExists = true): Exchange {
  return exchangeOf({
    uri: '/v1/sfx?c=1',
    directory: { endpointByName: () => endpoint, endpointByPath: () => endpoint, proxyExists: () => proxyExists },
  });
}

const describe = (called: Exchange): Message =>
  responseOf({
    body: `${called.request.verb} ${called.request.uri} ${called.pathSuffix} ${called.depth} ${called.request.content}`,
  });

test('a local proxy by name and by path', async () => {
  const request =
    '<Request><Set><Verb>POST</Verb><QueryParams><QueryParam name="q">z</QueryParam></QueryParams><Payload>body</Payload></Set></Request>';
  const named = callerOf(innerEndpoint(describe));
  await run(`${request}<Response>cr</Response>${byName}`, named);
  assert.equal(read(named, 'cr.content'), 'POST /inner/v1?q=z  1 body');
  assert.equal(named.localCalls, 1);
  const pathed = callerOf(innerEndpoint(describe));
  await run(`<Response>cr</Response>${local('<Path>/inner/v1/sub/path?k=1</Path>')}`, pathed);
  assert.equal(read(pathed, 'cr.content'), 'GET /inner/v1/sub/path?k=1 /sub/path 1 ');
  const set = '<Request><Set><Path>/more</Path></Set></Request>';
  const longer = callerOf(innerEndpoint(describe));
  await run(`${set}<Response>cr</Response>${byName}`, longer);
  assert.equal(read(longer, 'cr.content'), 'GET /inner/v1/more /more 1 ');
});

test('failures of local calls', async () => {
  const { step } = calling(`<Response>cr</Response>${byName}`);
  const bad = await faultOf(step, callerOf(innerEndpoint(() => responseOf({ status: 403 }))));
  assert.match(bad.faultstring, /ResponseCode 403 is treated as error/);
  const missing = await faultOf(step, callerOf(undefined, false));
  assert.equal(missing.code, 'steps.servicecallout.ExecutionFailed');
  assert.match(missing.faultstring, /proxy "inner"/);
  const exchange = callerOf(innerEndpoint(describe));
  exchange.localCalls = 1024;
  assert.equal((await faultOf(step, exchange)).code, flowFaults.tooManyCalls.code);
  const loop = { ...exchangeOf().endpoint, basePath: '/v1' };
  const self = exchangeOf({ uri: '/v1', directory: { endpointByName: () => loop } });
  Object.assign(loop, self.endpoint);
  const same = exchangeOf({ uri: '/v1', endpoint: loop, directory: { endpointByName: () => same.endpoint } });
  assert.equal((await faultOf(step, same)).code, flowFaults.loopDetected.code);
  const slow = callerOf({ ...innerEndpoint(describe), run: () => new Promise(() => undefined) });
  const late = await faultOf(calling(`<Timeout>20</Timeout><Response>cr</Response>${byName}`).step, slow);
  assert.match(late.faultstring, /timeout occurred in SC-1$/);
});

test('a callout that answers at once, or throws at once', async () => {
  const of = (send: Callout['send']) => {
    const callout: Callout = { send, url: () => undefined, isError: () => false, needs: BodyNeed.none };
    const xml = `<ServiceCallout name="SC-1"><Response>cr</Response>${byName}</ServiceCallout>`;
    return compilePolicy(ServiceCallout, xml, { compiler: { callout: () => callout } }).step;
  };
  const exchange = exchangeOf();
  assert.equal(of(() => responseOf({ body: 'x' }))(exchange), undefined);
  assert.equal(read(exchange, 'cr.content'), 'x');
  const thrown = of(() => {
    throw new Fault(flowFaults.noActiveTargets);
  });
  assert.match((await faultOf(thrown, exchangeOf())).faultstring, /Host not reachable/);
});

test('mistakes', () => {
  const codes = (inner: string) => {
    const { diagnostics, connectionDiagnostics } = calling(inner);
    return [...diagnostics, ...connectionDiagnostics].map(({ severity, code }) => `${severity} ${code}`);
  };
  assert.deepEqual(codes(''), ['error ZH160']);
  assert.deepEqual(codes(`${url('/')}${byName}`), ['error ZH160']);
  assert.deepEqual(codes('<HTTPTargetConnection/>'), ['error TD014']);
  assert.deepEqual(codes(`<Timeout>0</Timeout>${url('/')}`), ['error ZH161']);
  assert.deepEqual(codes(local('')), ['error ZH030']);
});
