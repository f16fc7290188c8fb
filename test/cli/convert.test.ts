import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundleTree, type Files } from '../support/bundle-tree.ts';
import { call, type Gateway, runCommand, startGateway } from '../support/gateway.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

interface Converted {
  readonly code: number | string;
  readonly stderr: string;
  /** The folder of the bundles. */
  readonly out: string;
}

async function convert(name: string, text: string, before: Files = {}): Promise<Converted> {
  const folder = await bundleTree({ ...before, [name]: text });
  const out = join(folder, 'out');
  const { code, stderr } = await runCommand('convert', 'apisix', join(folder, name), '--out', out);
  return { code, stderr, out };
}

/** Converted without a finding, valid without one, and served. */
async function served(name: string, text: string): Promise<Gateway> {
  const { code, stderr, out } = await convert(name, text);
  assert.equal(code, 0, stderr);
  await assertValid(out);
  return startGateway(out);
}

async function assertValid(out: string): Promise<void> {
  const { code, stdout } = await runCommand('validate', out, '--max-warnings', '0');
  assert.equal(code, 0, stdout);
}

const nodes = ({ port }: Upstream): Readonly<Record<string, number>> => ({ [`127.0.0.1:${port}`]: 1 });

/** The example that the proxy-chain plugin is documented with. */
function checkout(services: Upstream): object {
  return {
    id: 'checkout',
    uri: '/v1/checkout',
    methods: ['POST'],
    plugins: {
      'proxy-chain': {
        services: [{ uri: `${services.url}/customer` }, { uri: `${services.url}/payment`, method: 'POST' }],
        token_header: 'Token',
      },
    },
    upstream: { type: 'roundrobin', nodes: nodes(services) },
  };
}

async function startServices(): Promise<Upstream> {
  return startUpstream('services', (request, response, body) => {
    const answers: Readonly<Record<string, string>> = {
      '/customer': '{"name":"Ada","tier":"gold"}',
      '/payment': '{"paid":true,"tier":"silver"}',
    };
    response.end(answers[request.url ?? ''] ?? body.toString());
  });
}

const asAdminApi = (route: object): string => JSON.stringify({ key: '/apisix/routes/1', value: route }, undefined, 2);

/** JSON is YAML. */
const asStandalone = (route: object): string => `routes:\n  - ${JSON.stringify(route)}\n#END\n`;

const asKubernetes = ({ url }: Upstream): string => `
apiVersion: apisix.apache.org/v2
kind: ApisixRoute
metadata: { name: orders, namespace: shop }
spec:
  http:
    - name: checkout
      match:
        paths: ["/v1/checkout"]
        methods: [POST]
      upstreams: []
      backends:
        - serviceName: backend
          servicePort: 80
      plugins:
        - name: proxy-chain
          enable: true
          config:
            services:
              - uri: ${url}/customer
              - uri: ${url}/payment
            token_header: Token
        - name: key-auth
          enable: false
`;

for (const [form, text] of [
  ['a route of the Admin API', (services: Upstream) => asAdminApi(checkout(services))],
  ['a list', (services: Upstream) => JSON.stringify({ total: 1, list: [{ value: checkout(services) }] })],
  ['a standalone file', (services: Upstream) => asStandalone(checkout(services))],
] as const) {
  test(`${form} with proxy-chain behaves as the plugin does`, async () => {
    const services = await startServices();
    const gateway = await served('route.yaml', text(services));
    const answer = await call(gateway.port, {
      method: 'POST',
      path: '/v1/checkout?coupon=X',
      headers: { Token: 'abc', Host: 'shop.example' },
      body: '{"user_id":7,"coupon":"A"}',
    });
    assert.equal(answer.text, '{"user_id":7,"coupon":"X","name":"Ada","tier":"silver","paid":true}');
    assert.deepEqual(
      services.seen.map((one) => `${one.method} ${one.url} ${one.headers.authorization}`),
      ['POST /customer Bearer abc', 'POST /payment Bearer abc', 'POST /v1/checkout?coupon=X Bearer abc'],
    );
    assert.equal(services.seen[2]?.headers.host, 'shop.example');
    const other = await call(gateway.port, { path: '/v1/checkout' });
    assert.deepEqual([other.status, other.text], [404, '{"error_msg":"404 Route Not Found"}']);
  });
}

test('an ApisixRoute of Kubernetes', async () => {
  const services = await startServices();
  const { code, stderr, out } = await convert('route.yaml', asKubernetes(services));
  assert.equal(code, 0, stderr);
  await assertValid(out);
  const servers: unknown = JSON.parse(readFileSync(join(out, 'environments/local/targetservers.json'), 'utf8'));
  assert.deepEqual(servers, [
    { name: 'backend.shop.svc.cluster.local-80', host: 'backend.shop.svc.cluster.local', port: 80, isEnabled: true },
  ]);
  const chain = readFileSync(join(out, 'orders-checkout/apiproxy/policies/PC-orders-checkout.xml'), 'utf8');
  assert.match(chain, /<ProxyChain name="PC-orders-checkout" compat="apisix">\n {2}<TokenHeader>Token</);
});

test('the same file gives the same bundles', async () => {
  const services = await startServices();
  const text = asAdminApi(checkout(services));
  const [one, other] = [await convert('a.json', text), await convert('a.json', text)];
  const read = ({ out }: Converted): string[] =>
    readdirSync(out, { recursive: true, encoding: 'utf8' })
      .sort()
      .filter((path) => /\.\w+$/.test(path))
      .map((path) => `${path}\n${readFileSync(join(out, path), 'utf8')}`);
  assert.deepEqual(read(one), read(other));
  assert.equal(read(one).length, 7);
});

/** Routes whose paths overlap: which of them takes a request shows in the header that it sets. */
function routes(upstream: Upstream): string {
  const mark = (name: string) => ({ 'proxy-rewrite': { headers: { set: { 'X-Route': name } } } });
  const route = (name: string, more: object) => ({
    name,
    upstream: { nodes: [{ host: '127.0.0.1', port: upstream.port, weight: 1 }] },
    plugins: mark(name),
    ...more,
  });
  return JSON.stringify([
    route('all', { uri: '/api/*' }),
    route('orders', { uris: ['/api/orders', '/api/orders/*'], methods: ['GET', 'PUT'] }),
    route('low', { uri: '/api/same', priority: 1 }),
    route('high', { uri: '/api/same', priority: 2, vars: [['arg_v', '==', '2']] }),
    route('host', { uri: '/api/*', hosts: ['a.example', '*.b.example'] }),
    route('regex', { uri: '/api/re', vars: [['http_x_kind', '~~', '^(a|b)$']] }),
    route('listed', { uri: '/api/in', vars: [['arg_v', 'in', ['1', '2']]] }),
    route('elsewhere', { uri: '/other*' }),
  ]);
}

test('of overlapping routes the one takes a request that takes it in APISIX', async () => {
  const upstream = await startUpstream();
  const gateway = await served('routes.json', routes(upstream));
  const table: [string, string | undefined, Record<string, string>?][] = [
    ['GET /api/x', 'all'],
    ['GET /api/orders', 'orders'],
    ['GET /api/orders/7?a=1', 'orders'],
    ['POST /api/orders/7', 'all'],
    ['GET /api/same', 'low'],
    ['GET /api/same?v=2', 'high'],
    ['GET /api/x', 'host', { Host: 'A.example:8080' }],
    ['GET /api/x', 'host', { Host: 'x.b.example' }],
    ['GET /api/x', 'all', { Host: 'b.example.org' }],
    ['GET /api/re', 'regex', { 'X-Kind': 'a' }],
    ['GET /api/re', 'all', { 'X-Kind': 'ab' }],
    ['GET /api/in?v=2', 'listed'],
    ['GET /api/in?v=3', 'all'],
    ['GET /otherwise/', 'elsewhere'],
    ['GET /api', undefined],
    ['GET /nothing', undefined],
  ];
  for (const [ask, route, headers = {}] of table) {
    upstream.seen.length = 0;
    const [method = '', path = ''] = ask.split(' ');
    const answer = await call(gateway.port, { method, path, headers });
    assert.equal(upstream.seen[0]?.headers['x-route'], route, ask);
    if (route === undefined) assert.equal(answer.status, 404);
    else assert.equal(`${upstream.seen[0]?.method} ${upstream.seen[0]?.url}`, ask);
  }
});

test('plugins that have a policy', async (t) => {
  const upstream = await startUpstream();
  const upstreams = { nodes: nodes(upstream) };
  const one = (name: string, plugins: object, more: object = {}) => ({
    name,
    uri: `/${name}/*`,
    plugins,
    upstream: upstreams,
    ...more,
  });
  const gateway = await served(
    'apisix.yaml',
    JSON.stringify({
      upstreams: [{ id: 'u1', nodes: nodes(upstream), pass_host: 'rewrite', upstream_host: 'inner.example' }],
      services: [{ id: 's1', upstream_id: 'u1', plugins: { mocking: { response_example: 'never' } } }],
      routes: [
        one('static', { 'proxy-rewrite': { uri: '/fixed?x=1', host: 'other.example', method: 'PUT' } }),
        one('regex', {
          'proxy-rewrite': { regex_uri: ['^/regex/(.*)/(.*)', '/$2/$1'], headers: { 'X-A': '$arg_a', 'X-Gone': '' } },
        }),
        one('answer', {
          'response-rewrite': {
            status_code: 418,
            body: '{"a":{tea}}',
            headers: { set: { 'X-B': 'b' }, remove: ['X-Upstream'] },
          },
        }),
        one('moved', { redirect: { uri: '/static$uri', ret_code: 301 } }),
        one('aborted', { 'fault-injection': { abort: { http_status: 503, body: 'no {x}' } } }),
        one('mocked', { mocking: { response_example: '{"m":1}', response_status: 201 } }),
        one('closed', { 'ip-restriction': { whitelist: ['10.0.0.0/8'], message: 'Go away' } }),
        one('open', { 'ip-restriction': { blacklist: ['10.0.0.0/8', '::1'] } }),
        one('identified', { 'request-id': { header_name: 'X-Id' } }),
        one('cors', { cors: { allow_origins: 'http://a.example', allow_credential: true } }),
        { uri: '/service/*', service_id: 's1', plugins: { mocking: { _meta: { disable: true } } } },
      ],
    }),
  );
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    upstream.seen.length = 0;
    return call(gateway.port, { method, path, headers });
  };
  const seen = () => `${upstream.seen[0]?.method} ${upstream.seen[0]?.url} ${upstream.seen[0]?.headers.host}`;

  await t.test('proxy-rewrite', async () => {
    await ask('/static/a?q=2');
    assert.equal(seen(), 'PUT /fixed?x=1&q=2 other.example');
    await ask('/regex/a/b?a=7', { Host: 'h', 'X-Gone': '1' });
    assert.equal(seen(), 'GET /b/a?a=7 h');
    assert.equal(upstream.seen[0]?.headers['x-a'], '7');
    assert.equal(upstream.seen[0]?.headers['x-gone'], undefined);
  });
  await t.test('response-rewrite, whatever the status', async () => {
    const answer = await ask('/answer/x');
    assert.deepEqual([answer.status, answer.text, answer.headers['x-b']], [418, '{"a":{tea}}', 'b']);
    assert.equal(answer.headers['x-upstream'], undefined);
  });
  await t.test('redirect, fault-injection, mocking', async () => {
    const moved = await ask('/moved/x');
    assert.deepEqual([moved.status, moved.headers.location], [301, '/static/moved/x']);
    const aborted = await ask('/aborted/x');
    assert.deepEqual([aborted.status, aborted.text], [503, 'no {x}']);
    const mocked = await ask('/mocked/x');
    assert.deepEqual([mocked.status, mocked.text], [201, '{"m":1}']);
    assert.deepEqual(upstream.seen, []);
  });
  await t.test('ip-restriction', async () => {
    const closed = await ask('/closed/x', { 'X-Forwarded-For': '10.0.0.1' });
    assert.deepEqual([closed.status, closed.text], [403, '{"message":"Go away"}']);
    assert.equal((await ask('/open/x')).status, 200);
  });
  await t.test('request-id', async () => {
    const made = await ask('/identified/x');
    assert.match(String(made.headers['x-id']), /^[\da-f-]{36}$/);
    assert.equal(upstream.seen[0]?.headers['x-id'], made.headers['x-id']);
    assert.equal((await ask('/identified/x', { 'X-Id': '7' })).headers['x-id'], '7');
  });
  await t.test('cors', async () => {
    const answer = await ask('/cors/x', { Origin: 'http://a.example' });
    assert.equal(answer.headers['access-control-allow-origin'], 'http://a.example');
    assert.equal(answer.headers['access-control-allow-credentials'], 'true');
  });
  await t.test('services and upstreams of the same file', async () => {
    await ask('/service/x');
    assert.equal(seen(), 'GET /service/x inner.example');
  });
});

test('several servers, weights, TLS, timeouts', async () => {
  const { code, stderr, out } = await convert(
    'route.json',
    JSON.stringify({
      uri: '/a',
      timeout: { connect: 1, send: 2, read: 2.5 },
      upstream: {
        scheme: 'https',
        retries: 0,
        pass_host: 'node',
        tls: { verify: true },
        nodes: [
          { host: 'x.example', weight: 3 },
          { host: 'y.example', port: 8443, weight: 1, priority: 0 },
          { host: 'z.example', port: 8443, weight: 1, priority: -1 },
          { host: 'off.example', weight: 0 },
        ],
      },
    }),
  );
  assert.equal(code, 0, stderr);
  await assertValid(out);
  const target = readFileSync(join(out, 'a/apiproxy/targets/a.xml'), 'utf8');
  assert.match(target, /<Algorithm>Weighted<[\s\S]*<Server name="x.example-443">\s*<Weight>3</);
  assert.match(target, /<Server name="z.example-8443">\s*<Weight>1<\/Weight>\s*<IsFallback>true</);
  assert.match(target, /<RetryEnabled>false</);
  assert.match(target, /io.timeout.millis">2500</);
  assert.doesNotMatch(target, /AM-Call|off\.example/);
  assert.match(
    readFileSync(join(out, 'environments/local/targetservers.json'), 'utf8'),
    /"sSLInfo":\{"enabled":true\}/,
  );
});

test('what is not converted is told where it stands, and keeps out whom it may have kept out', async () => {
  const upstream = await startUpstream();
  const route = {
    uri: '/a/*',
    enable_websocket: true,
    plugins: { 'key-auth': {}, prometheus: {}, 'limit-count': { count: 2 }, 'proxy-rewrite': { nonsense: 1 } },
    upstream: { nodes: nodes(upstream), type: 'chash', key: 'remote_addr', checks: {}, service_name: 'x' },
    script: 'return true',
  };
  const { code, stderr, out } = await convert('route.json', JSON.stringify(route, undefined, 1));
  assert.equal(code, 1);
  const told = [...stderr.matchAll(/route\.json:(\d+):\d+: (\w+) (ZH\d+): (.*)/g)].map((match) =>
    match.slice(1).join(' '),
  );
  assert.deepEqual(told, [
    '3 error ZH643 An upgrade to WebSocket is not passed on.',
    '5 error ZH641 Plugin key-auth is not converted.',
    '6 warning ZH642 Plugin prometheus is not converted.',
    '7 error ZH641 Plugin limit-count is not converted.',
    '11 error ZH643 "nonsense" of this plugin proxy-rewrite is not converted.',
    '18 warning ZH644 Servers chosen by "chash" are taken in turn here.',
    '20 error ZH643 "checks" of this upstream is not converted.',
    '21 error ZH646 Servers found by service discovery are not converted.',
    '23 error ZH643 "script" of this route is not converted.',
  ]);
  await assertValid(out);
  const gateway = await startGateway(out);
  const answer = await call(gateway.port, { path: '/a/x' });
  assert.deepEqual([answer.status, answer.text], [501, '{"error":"Plugin key-auth was not converted"}']);
  assert.deepEqual(upstream.seen, []);
});

test('a route that no condition can tell is left out', async () => {
  const table: object[] = [
    { uri: '/a/*/b' },
    { uri: 'a' },
    { uri: '/a', remote_addrs: ['10.0.0.0/8'] },
    { uri: '/a', vars: [['geoip', '==', 'x']] },
    { uri: '/a', vars: [['OR', ['arg_a', '==', '1']]] },
  ];
  for (const route of table) {
    const { code, stderr } = await convert(
      'route.json',
      JSON.stringify({ ...route, upstream: { nodes: { 'h:1': 1 } } }),
    );
    assert.equal(code, 1);
    assert.match(stderr, /ZH645: This route is left out/);
    assert.match(stderr, /0 routes, 0 proxies/);
  }
});

test('files that are none, and what is there already', async () => {
  for (const text of ['', '{', '{}', 'a: [', 'kind: Ingress\n', '[1]', '"x"', `${'['.repeat(200)}${']'.repeat(200)}`]) {
    const { code, stderr } = await convert('route.yaml', text);
    assert.equal(code, 1, text);
    assert.match(stderr, /error ZH(?:640|643|645|050|051)/, text);
  }
  const route = JSON.stringify({ name: 'a', uri: '/a', upstream: { nodes: { 'h:1': 1 } } });
  const taken = await convert('route.json', route, { 'out/a/apiproxy/a.xml': '<APIProxy name="a"/>' });
  assert.match(taken.stderr, /is there already and is left as it is/);
  const servers = '[{"name":"h-1","host":"other","port":1}]';
  const other = await convert('route.json', route, { 'out/environments/local/targetservers.json': servers });
  assert.match(other.stderr, /has another target server "h-1" already/);
  assert.equal((await runCommand('convert', 'apisix', 'nowhere.json')).code, 1);
  assert.equal((await runCommand('convert', 'apisix')).code, 2);
});
