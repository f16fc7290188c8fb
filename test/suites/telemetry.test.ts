import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  bundleTree,
  httpTarget,
  localTarget,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  raiseFault,
  route,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { freePort } from '../support/free-port.ts';
import { call, startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

/** OpenTelemetry, with a receiver of OTLP over HTTP on loopback. */

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string };
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number; readonly message?: string };
}

async function startCollector() {
  const receiver = await startUpstream('collector', (_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
  });
  const bodies = (path: string) => receiver.seen.filter(({ url }) => url === path).map(({ body }) => JSON.parse(body));
  return {
    url: receiver.url,
    seen: receiver.seen,
    spans: (): Span[] =>
      bodies('/v1/traces').flatMap((body) =>
        body.resourceSpans.flatMap((one: { scopeSpans: { spans: Span[] }[] }) =>
          one.scopeSpans.flatMap(({ spans }) => spans),
        ),
      ),
    metrics: (): string[] =>
      bodies('/v1/metrics').flatMap((body) =>
        body.resourceMetrics.flatMap((one: { scopeMetrics: { metrics: { name: string }[] }[] }) =>
          one.scopeMetrics.flatMap(({ metrics }) => metrics.map(({ name }) => name)),
        ),
      ),
  };
}

function chain(backend: string) {
  return {
    ...proxy('one', proxyEndpoint('/one', route()), targetEndpoint(localTarget('two'))),
    ...proxy('two', proxyEndpoint('/two', route()), targetEndpoint(localTarget('three'))),
    ...proxy('three', proxyEndpoint('/three', route()), targetEndpoint(httpTarget(`${backend}/stock`))),
    ...proxy(
      'faulty',
      proxyEndpoint('/faulty', preFlow(step('RF')) + noTarget),
      raiseFault('RF', 503, 'no secret-payload here'),
    ),
  };
}

async function startWith(variables: Readonly<Record<string, string>>, backend: string) {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await startGateway(await bundleTree(chain(backend)));
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

const otlp = (url: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_BSP_SCHEDULE_DELAY: '50',
  OTEL_METRIC_EXPORT_INTERVAL: '200',
  OTEL_SERVICE_NAME: 'shop-gateway',
});

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !what(); tries++) await sleep(25);
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const textOf = (span: Span | undefined, key: string) =>
  span?.attributes.find((one) => one.key === key)?.value.stringValue;

test('a chain of three proxies with a backend is one trace of four spans, which the backend belongs to', async () => {
  const [collector, backend] = [await startCollector(), await startUpstream()];
  const gateway = await startWith(otlp(collector.url), backend.url);
  const headers = { traceparent, tracestate: 'vendor=1', Authorization: 'Bearer planted-secret' };
  const { status } = await call(gateway.port, { path: '/one?token=planted-secret', headers });
  assert.equal(status, 200);
  await until(() => collector.spans().length >= 4);
  const spans = collector.spans();
  assert.equal(spans.length, 4);
  const server = spans.find(({ kind }) => kind === 2);
  const internal = spans.filter(({ kind }) => kind === 1);
  const client = spans.find(({ kind }) => kind === 3);
  const [, traceId, callerId] = traceparent.split('-');
  assert.deepEqual(new Set(spans.map((one) => one.traceId)), new Set([traceId]));
  assert.equal(server?.parentSpanId, callerId);
  assert.equal(server?.name, 'GET /one');
  const two = internal.find(({ name }) => name === 'proxy two');
  const three = internal.find(({ name }) => name === 'proxy three');
  assert.equal(two?.parentSpanId, server?.spanId);
  assert.equal(three?.parentSpanId, two?.spanId);
  assert.equal(client?.parentSpanId, three?.spanId);
  assert.equal(textOf(server, 'apigee.proxy'), 'one');
  assert.equal(textOf(server, 'url.query'), 'token=REDACTED');
  const [seen] = backend.seen;
  assert.equal(seen?.headers.traceparent, `00-${traceId}-${client?.spanId}-01`);
  assert.equal(seen?.headers.tracestate, 'vendor=1');
  assert.doesNotMatch(JSON.stringify(collector.seen), /planted-secret/);
  assert.match(JSON.stringify(collector.seen), /shop-gateway/);
  await until(() => collector.metrics().includes('http.client.request.duration'));
  assert.ok(collector.metrics().includes('http.server.request.duration'));
});

test('a fault is the status of its span, with its policy, and without what it says', async () => {
  const [collector, backend] = [await startCollector(), await startUpstream()];
  const gateway = await startWith(otlp(collector.url), backend.url);
  assert.equal((await call(gateway.port, { path: '/faulty', headers: { traceparent: 'not one' } })).status, 503);
  await until(() => collector.spans().length >= 1);
  const [span] = collector.spans();
  assert.equal(span?.status.code, 2);
  assert.match(span?.status.message ?? '', /^steps\.raisefault\.RaiseFault in RF \(.*RF\.xml:1\)$/);
  assert.equal(textOf(span, 'apigee.policy'), 'RF');
  assert.equal(span?.parentSpanId ?? '', '');
  assert.doesNotMatch(JSON.stringify(collector.seen), /secret-payload/);
});

test('what is not sampled is not exported, and the backend is told so', async () => {
  const [collector, backend] = [await startCollector(), await startUpstream()];
  const sampling = { OTEL_TRACES_SAMPLER: 'always_off', OTEL_METRICS_EXPORTER: 'none' };
  const gateway = await startWith({ ...otlp(collector.url), ...sampling }, backend.url);
  await call(gateway.port, { path: '/one' });
  assert.match(String(backend.seen[0]?.headers.traceparent), /-00$/);
  await gateway.stop();
  assert.deepEqual(collector.seen, []);
});

test('a collector that is down hurts no request, and what is held is sent at the end', async () => {
  const [collector, backend] = [await startCollector(), await startUpstream()];
  const nowhere = await startWith(otlp(`http://127.0.0.1:${await freePort()}`), backend.url);
  for (let count = 0; count < 20; count++) {
    assert.equal((await call(nowhere.port, { path: '/one' })).status, 200);
  }
  await sleep(300);
  assert.equal((await call(nowhere.port, { path: '/one' })).status, 200);
  const late = await startWith({ ...otlp(collector.url), OTEL_BSP_SCHEDULE_DELAY: '60000' }, backend.url);
  await call(late.port, { path: '/one' });
  assert.equal(collector.spans().length, 0);
  assert.equal(await late.stop(), 0);
  assert.equal(collector.spans().length, 4);
});

test('without the variables nothing is traced', async () => {
  const backend = await startUpstream();
  const gateway = await startWith({}, backend.url);
  await call(gateway.port, { path: '/one', headers: { traceparent } });
  assert.equal(backend.seen[0]?.headers.traceparent, traceparent);
});
