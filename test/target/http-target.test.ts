import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { flowFaults } from '../../runtime/fault.ts';
import { variableReader, variableWriter } from '../../runtime/language/variables.ts';
import { Body, type BodySink } from '../../runtime/message/body.ts';
import { type OriginServer, startOrigin } from '../support/origin-server.ts';
import { callTarget, compileTarget, faultOfCall, http, targetOf, textOf } from '../support/target.ts';

let origin: OriginServer;
before(async () => {
  origin = await startOrigin();
});
after(() => origin.close());

/** What the target was asked by a call with these. */
async function asked(
  inner: string,
  options: Parameters<typeof callTarget>[1] = {},
  prepare?: Parameters<typeof callTarget>[2],
) {
  const { target, connections } = targetOf(inner);
  const exchange = await callTarget(target, options, prepare);
  connections.close();
  const last = origin.received.at(-1);
  assert.ok(last !== undefined);
  return { ...last, exchange };
}

const write = (name: string, value: unknown) => (exchange: Parameters<ReturnType<typeof variableWriter>>[0]) =>
  variableWriter(name)(exchange, value);

test('target path is the URL path, the suffix and the query', async () => {
  const table: [string, string, string][] = [
    ['/echo', '/v1/a/b?x=1&y=2&x=3', '/echo/a/b?x=1&y=2&x=3'],
    ['/echo', '/v1', '/echo'],
    ['', '/v1/echo/z', '/echo/z'],
    ['', '/v1', '/'],
    ['/echo/', '/v1/a', '/echo/a'],
    ['/echo?fixed=1', '/v1/a?x=1', '/echo/a?fixed=1&x=1'],
    ['/echo?fixed=1', '/v1/a', '/echo/a?fixed=1'],
    ['/echo', '/v1/a%2Fb%20c?q=%C3%A9', '/echo/a%2Fb%20c?q=%C3%A9'],
  ];
  for (const [path, uri, expected] of table) {
    assert.equal((await asked(http(`${origin.url}${path}`), { uri })).url, expected);
  }
});

test('copies are switched off by variables', async () => {
  const inner = http(`${origin.url}/only`);
  const both = await asked(inner, { uri: '/v1/a?x=1' }, (exchange) => {
    write('target.copy.pathsuffix', 'false')(exchange);
    write('target.copy.queryparams', false)(exchange);
  });
  assert.equal(both.url, '/only');
  assert.equal((await asked(inner, { uri: '/v1/a?x=1' }, write('target.copy.pathsuffix', 'false'))).url, '/only?x=1');
  assert.equal((await asked(inner, { uri: '/v1/a?x=1' }, write('target.copy.queryparams', 'false'))).url, '/only/a');
});

test('target.url set in the target flow is used as it is, with parameters set after it', async () => {
  const inner = http('http://127.0.0.1:1/unused');
  const plain = await asked(inner, { uri: '/v1/a?dropped=1' }, write('target.url', `${origin.url}/dynamic?made=here`));
  assert.equal(plain.url, '/dynamic?made=here');
  const added = await asked(inner, { uri: '/v1/a?dropped=1' }, (exchange) => {
    write('target.url', `${origin.url}/dynamic`)(exchange);
    write('request.queryparam.more', '1')(exchange);
  });
  assert.equal(added.url, '/dynamic?more=1');
});

test('URL is a template, and what it gives is made fit for a request line', async () => {
  const inner = http(`${origin.url}/{tenant:nobody}/x`);
  assert.equal((await asked(inner)).url, '/nobody/x');
  assert.equal((await asked(inner, { variables: { tenant: 'a b é' } })).url, '/a%20b%20%C3%A9/x');
});

test('request variables are those of the sent request afterwards', async () => {
  const { exchange } = await asked(http(`${origin.url}/echo`), { uri: '/v1/a?x=1' });
  const read = (name: string) => variableReader(name)(exchange);
  assert.equal(read('request.path'), '/echo/a');
  assert.equal(read('request.uri'), '/echo/a?x=1');
  assert.equal(read('request.url'), 'http://127.0.0.1/echo/a?x=1');
  assert.equal(read('target.host'), '127.0.0.1');
  assert.equal(read('target.ip'), '127.0.0.1');
  assert.equal(read('target.port'), origin.port);
  assert.equal(read('target.scheme'), 'http');
  assert.ok(Number(read('target.sent.start.timestamp')) > 0);
  assert.ok(Number(read('target.received.end.timestamp')) >= Number(read('target.sent.end.timestamp')));
});

test('headers go out as they are, without those of the connection', async () => {
  const headers = [
    ...['Host', 'client.example', 'X-One', '1', 'x-one', '2', 'Connection', 'keep-alive, X-Hop', 'X-Hop', 'h'],
    ...['TE', 'trailers', 'Upgrade', 'h2c', 'HTTP2-Settings', 'x', 'Proxy-Authorization', 'p', 'Trailer', 'X-T'],
    ...['Transfer-Encoding', 'chunked', 'Content-Length', '99', 'Expect', '100-continue', 'Keep-Alive', 'timeout=1'],
  ];
  const { rawHeaders } = await asked(http(origin.url), { headers });
  assert.deepEqual(rawHeaders, [
    ...['host', `127.0.0.1:${origin.port}`, 'connection', 'keep-alive'],
    ...['X-One', '1', 'x-one', '2', 'CDN-Loop', 'zerohop-test'],
  ]);
});

test('target.header.host is the Host field', async () => {
  const { rawHeaders } = await asked(http(origin.url), {}, write('target.header.host', 'api.example.org'));
  assert.equal(rawHeaders[1], 'api.example.org');
});

test('CDN-Loop is what came and our own, whatever policies do to it', async () => {
  const came = 'other; a=b, zerohop-test';
  const options = { headers: { 'CDN-Loop': came }, client: { cdnLoop: came } };
  const { rawHeaders } = await asked(http(origin.url), options, (exchange) => {
    exchange.request.headers.set('cdn-loop', 'forged');
  });
  const values = rawHeaders.filter((_, at) => rawHeaders[at - 1]?.toLowerCase() === 'cdn-loop');
  assert.deepEqual(values, ['other; a=b, zerohop-test, zerohop-test']);
});

test('retain properties drop headers and query parameters but for a list', async () => {
  const kept = { 'request.retain.headers.enabled': 'false', 'request.retain.headers': 'X-Keep, user-agent' };
  const headers = { 'X-Keep': 'k', 'X-Drop': 'd', 'User-Agent': 'ua' };
  const first = await asked(http(origin.url, kept), { headers });
  assert.deepEqual(first.rawHeaders.slice(4), ['X-Keep', 'k', 'User-Agent', 'ua', 'CDN-Loop', 'zerohop-test']);
  const query = { 'retain.queryparams.enabled': 'false', 'retain.queryparams': 'apikey,env' };
  assert.equal((await asked(http(origin.url, query), { uri: '/v1/a?apikey=k&x=1&env=e' })).url, '/a?apikey=k&env=e');
  assert.equal((await asked(http(origin.url, { 'retain.queryparams.enabled': 'false' }), { uri: '/v1?x=1' })).url, '/');
  const response = { 'response.retain.headers.enabled': 'false', 'response.retain.headers': 'content-type' };
  const { exchange } = await asked(http(origin.url, response));
  assert.deepEqual(exchange.response.headers.names(), ['Content-Type']);
});

test('payloads in memory go out with their length, for every verb', async () => {
  for (const verb of ['POST', 'PUT', 'PATCH', 'DELETE', 'GET']) {
    const { body, rawHeaders } = await asked(http(origin.url), { verb, body: 'päy' });
    assert.equal(body, 'päy');
    assert.ok(rawHeaders.join(' ').includes('content-length 4'), verb);
  }
  const empty = await asked(http(origin.url), { verb: 'POST', body: '' });
  assert.ok(empty.rawHeaders.join(' ').includes('content-length 0'));
});

/** A source of chunks that notes what is done to it. */
function sourceOf(chunks: readonly string[], declaredLength: number | undefined, end: 'end' | 'error' = 'end') {
  const seen = { cancelled: false, mostAhead: 0 };
  let sink: BodySink | undefined;
  let paused = false;
  let at = 0;
  const pump = (): void => {
    while (!paused && sink !== undefined) {
      const chunk = chunks[at++];
      if (chunk !== undefined) sink.data(Buffer.from(chunk));
      else {
        const last = sink;
        sink = undefined;
        if (end === 'end') last.end();
        else last.error(new Error('client went away'));
      }
    }
  };
  const source = {
    declaredLength,
    start: (given: BodySink) => {
      sink = given;
      setImmediate(pump);
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      setImmediate(pump);
    },
    cancel: () => {
      seen.cancelled = true;
      sink = undefined;
    },
  };
  return { body: Body.ofSource(source, { bytes: 1e6, tooBig: flowFaults.requestTooBig }), seen };
}

test('a payload that arrives goes on as it comes, with its length or chunked', async () => {
  const known = await asked(http(origin.url), { verb: 'POST', body: sourceOf(['abc', 'def'], 6).body });
  assert.equal(known.body, 'abcdef');
  assert.ok(known.rawHeaders.join(' ').toLowerCase().includes('content-length 6'));
  const unknown = await asked(http(origin.url), { verb: 'POST', body: sourceOf(['abc', 'def'], undefined).body });
  assert.equal(unknown.body, 'abcdef');
  assert.ok(unknown.rawHeaders.join(' ').toLowerCase().includes('transfer-encoding chunked'));
});

test('a client that breaks off gives a fault, and nothing complete to the target', async () => {
  const before = origin.received.length;
  for (const declared of [20, undefined]) {
    const { target, connections } = targetOf(http(origin.url));
    const { body } = sourceOf(['abc'], declared, 'error');
    const fault = await faultOfCall(callTarget(target, { verb: 'POST', body }));
    assert.equal(fault.code, 'messaging.adaptors.http.flow.UnexpectedEOF');
    connections.close();
  }
  assert.equal(origin.received.length, before);
});

test('a payload that arrives may not be larger than its limit', async () => {
  for (const declared of [undefined, 2_000_000]) {
    const { target, connections } = targetOf(http(origin.url));
    const { body, seen } = sourceOf(
      Array.from({ length: 200 }, () => 'x'.repeat(10_000)),
      declared,
    );
    const fault = await faultOfCall(callTarget(target, { verb: 'POST', body }));
    assert.deepEqual([fault.code, fault.status], ['protocol.http.TooBigBody', 413]);
    assert.equal(seen.cancelled, true);
    connections.close();
  }
});

test('a refused connection lets go of the payload', async () => {
  const { target } = targetOf(http('http://127.0.0.1:1/'));
  const { body, seen } = sourceOf(['abc'], 3);
  const fault = await faultOfCall(callTarget(target, { verb: 'POST', body }));
  assert.equal(fault.code, 'messaging.adaptors.http.flow.ServiceUnavailable');
  assert.equal(seen.cancelled, true);
});

test('compression.algorithm encodes what goes out', async () => {
  const server = await startOrigin((request, response) => {
    response.setHeader('X-Encoding', request.headers['content-encoding'] ?? 'plain');
    response.end();
  });
  const inner = (algorithm: string) => http(server.url, { 'compression.algorithm': algorithm });
  const { target } = targetOf(inner('gzip'));
  const zipped = await callTarget(target, { verb: 'POST', body: 'text' });
  assert.equal(zipped.response.headers.line('x-encoding'), 'gzip');
  const none = targetOf(inner('none'));
  const headers = { 'Content-Encoding': 'gzip' };
  const unzipped = await callTarget(none.target, { verb: 'POST', body: gzipSync('text'), headers });
  assert.equal(unzipped.response.headers.line('x-encoding'), 'plain');
  assert.equal(server.received[1]?.body, 'text');
  await server.close();
});

test('a connection is used again', async () => {
  const server = await startOrigin();
  const { target, connections } = targetOf(http(server.url));
  for (let round = 0; round < 5; round++) await textOf((await callTarget(target)).response);
  assert.equal(server.connections(), 1);
  connections.close();
  await server.close();
});

test('mistakes in a connection are reported', () => {
  const codes = (inner: string) => compileTarget(inner).diagnostics.map(({ code, severity }) => `${severity} ${code}`);
  assert.deepEqual(codes(''), ['error ZH037']);
  assert.deepEqual(codes('<HTTPTargetConnection/>'), ['error TD014']);
  assert.deepEqual(codes(http('ftp://x')), ['warning ZH035']);
  assert.deepEqual(codes(`${http('http://x')}<LocalTargetConnection><Path>/a</Path></LocalTargetConnection>`), [
    'error ZH037',
  ]);
  assert.deepEqual(codes(http('http://x', {}, '<LoadBalancer><Server name="a"/></LoadBalancer>')), ['error TD014']);
  assert.deepEqual(codes(http('http://x', {}, '<Path>/a</Path>')), ['warning ZH036']);
  assert.deepEqual(codes('<HostedTarget/>'), ['warning ZH038']);
  const [unknown] = compileTarget(http('http://x', { 'io.timout.millis': '5' })).diagnostics;
  assert.equal(unknown?.hint, 'Did you mean "io.timeout.millis"?');
});

test('targets that are not run, or ask for tokens, fail clearly', async () => {
  const hosted = await faultOfCall(callTarget(targetOf('<HostedTarget/>').target));
  assert.equal(hosted.faultstring, 'HostedTarget is not supported');
  const token =
    '<Authentication><GoogleAccessToken><Scopes><Scope>s</Scope></Scopes></GoogleAccessToken></Authentication>';
  const { target, diagnostics } = targetOf(http(origin.url, {}, token));
  assert.equal(diagnostics[0]?.code, 'ZH048');
  const before = origin.received.length;
  const fault = await faultOfCall(callTarget(target));
  assert.equal(fault.code, 'messaging.adaptors.http.filter.GoogleTokenGenerationFailure');
  assert.equal(origin.received.length, before);
});
