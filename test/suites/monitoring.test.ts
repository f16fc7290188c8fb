import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import {
  bundleTree,
  httpTarget,
  localTarget,
  proxy,
  proxyEndpoint,
  route,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { call, startGateway } from '../support/gateway.ts';
import { repository } from '../support/source-code.ts';
import { startUpstream } from '../support/upstream.ts';

/** What /metrics has, and that the dashboard and the alerts ask for nothing else. */

async function metricsAfterCalls(): Promise<string> {
  const backend = await startUpstream();
  const gateway = await startGateway(
    await bundleTree({
      ...proxy('shop', proxyEndpoint('/shop', route()), targetEndpoint(localTarget('stock'))),
      ...proxy('stock', proxyEndpoint('/stock', route()), targetEndpoint(httpTarget(backend.url))),
    }),
  );
  for (const path of ['/shop', '/shop/status/404', '/shop/close', '/nowhere']) await call(gateway.port, { path });
  return (await call(gateway.managementPort, { path: '/metrics' })).text;
}

test('durations of requests and targets, with the buckets of the conventions', async () => {
  const text = await metricsAfterCalls();
  const value = (series: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1];
  const served = 'http_server_request_duration_seconds';
  assert.equal(value(`${served}_count{proxy="shop",endpoint="default",status_class="2xx"}`), '1');
  assert.equal(value(`${served}_count{proxy="shop",endpoint="default",status_class="4xx"}`), '1');
  assert.equal(value(`${served}_bucket{le="+Inf",proxy="shop",endpoint="default",status_class="2xx"}`), '1');
  assert.equal(value(`${served}_bucket{le="10",proxy="shop",endpoint="default",status_class="2xx"}`), '1');
  assert.doesNotMatch(text, /http_server_request_duration_seconds_count\{proxy="stock"/, 'only outside requests');
  assert.equal(
    value('http_client_request_duration_seconds_count{proxy="stock",target="default",status_class="2xx"}'),
    '1',
  );
  assert.match(
    text,
    /http_client_request_duration_seconds_count\{proxy="stock",target="default",status_class="none"\} [1-9]/,
  );
  assert.equal(value('http_server_active_requests'), '0');
});

test('the dashboard and the alerts query metrics that there are', async () => {
  const text = await metricsAfterCalls();
  const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]));
  const dashboard = JSON.parse(readFileSync(join(repository, 'deploy/grafana-dashboard.json'), 'utf8'));
  const queries: string[] = dashboard.panels.flatMap((panel: { targets: { expr: string }[] }) =>
    panel.targets.map(({ expr }) => expr),
  );
  const alerts = parse(readFileSync(join(repository, 'deploy/alerts.yml'), 'utf8'));
  for (const { rules } of alerts.groups) queries.push(...rules.map(({ expr }: { expr: string }) => expr));
  assert.ok(queries.length > 10);
  for (const query of queries) {
    const names = [...query.matchAll(/\b(?:zerohop|http|nodejs|process)_\w+/g)].map((match) => match[0]);
    assert.ok(names.length > 0, query);
    for (const name of names) assert.ok(known.has(name.replace(/_(?:bucket|sum|count)$/, '')), `${name} in ${query}`);
  }
});
