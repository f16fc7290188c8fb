import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { ProxyChain } from '../../runtime/policies/ProxyChain.ts';
import {
  assign,
  bundleTree,
  type Files,
  httpTarget,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  setPayload,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { type Answer, type Call, call, type Gateway, runCommand, startGateway } from '../support/gateway.ts';
import { compilePolicy } from '../support/policy.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

/** The plugin's documented example, and a service for each way to answer. */
async function startServices(): Promise<Upstream> {
  return startUpstream('services', (request, response, body) => {
    const path = (request.url ?? '').replace(/\?.*$/, '');
    const send = (status: number, text: string) => sendText(response, status, text);
    const answers: Readonly<Record<string, () => void>> = {
      '/customer': () => send(200, '{"name":"Ada","tier":"gold"}'),
      '/payment': () => send(200, '{"paid":true,"tier":"silver"}'),
      '/address': () => send(200, '{"address":{"city":"London","zip":"N1"}}'),
      '/move': () => send(200, '{"address":{"zip":"N7"}}'),
      '/created': () => send(201, '{"id":9}'),
      '/denied': () => send(403, '{"reason":"no"}'),
      '/nothing': () => send(200, ''),
      '/gone': () => send(204, ''),
      '/html': () => send(200, '<p>no</p>'),
      '/list': () => send(200, '[1,2]'),
      '/null': () => send(200, 'null'),
      '/proto': () => send(200, '{"__proto__":{"admin":true},"constructor":1}'),
      '/cut': () => void request.socket.destroy(),
      '/silent': () => undefined,
    };
    (answers[path] ?? (() => send(200, body.toString())))();
  });
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'X-Service': 'yes' });
  response.end(text);
}

const service = (name: string, uri: string, more = ''): string =>
  `<Service name="${name}"><URI>${uri}</URI>${more}</Service>`;

const chain = (services: string, more = '', attributes = ''): string =>
  `<ProxyChain name="PC-1"${attributes}>${more}<Services>${services}</Services></ProxyChain>`;

/** A proxy at /NAME that runs the chain and then calls `/target` of the services. */
function chained(name: string, url: string, xml: string): Files {
  return proxy(
    name,
    proxyEndpoint(`/${name}`, preFlow(step('PC-1')) + route()),
    targetEndpoint(httpTarget(`${url}/target`)),
    xml,
  );
}

const asApisix = ' compat="apisix"';

interface Run {
  readonly services: Upstream;
  readonly gateway: Gateway;
  /** Sends, with what the services see of it alone. */
  ask(request: Call): Promise<Answer>;
}

async function serve(files: (url: string) => Files): Promise<Run> {
  const services = await startServices();
  const gateway = await startGateway(await bundleTree(files(services.url)));
  const ask = (request: Call): Promise<Answer> => {
    services.seen.length = 0;
    return call(gateway.port, request);
  };
  return { services, gateway, ask };
}

const post = (path: string, body: string, headers: Readonly<Record<string, string>> = {}): Call => ({
  method: 'POST',
  path,
  headers: { 'Content-Type': 'application/json', ...headers },
  body,
});

const order = '{"user_id":7,"coupon":"A"}';

test('the example of the plugin, profile apisix', async (t) => {
  const { services, ask } = await serve((url) => {
    const two = (first: string, second = service('payment', `${url}/payment`)) =>
      chain(service('customer', first) + second, '<TokenHeader>X-Auth-Token</TokenHeader>', asApisix);
    const failing = ['denied', 'created', 'gone', 'html', 'list', 'null', 'cut'];
    return {
      ...chained('v1', url, two(`${url}/customer`)),
      ...chained('plain', url, chain(service('customer', `${url}/customer?own=1`), '', asApisix)),
      ...chained('get', url, two(`${url}/customer`, service('payment', `${url}/payment`, '<Method>GET</Method>'))),
      ...chained('nothing', url, two(`${url}/nothing`)),
      ...chained('down', url, two('http://127.0.0.1:1/x')),
      ...chained('late', url, chain(service('late', `${url}/silent`, '<Timeout>50</Timeout>'), '', asApisix)),
      ...Object.assign({}, ...failing.map((one) => chained(one, url, two(`${url}/${one}`)))),
    };
  });
  const bodies = () => services.seen.map((one) => one.body);

  await t.test('each service gets what the ones before gave, the target all of it', async () => {
    const answer = await ask(post('/v1/checkout?coupon=X', order));
    assert.equal(answer.status, 200);
    assert.deepEqual(bodies(), [
      '{"user_id":7,"coupon":"X"}',
      '{"user_id":7,"coupon":"X","name":"Ada","tier":"gold"}',
      '{"user_id":7,"coupon":"X","name":"Ada","tier":"silver","paid":true}',
    ]);
    assert.deepEqual(
      services.seen.map((one) => `${one.method} ${one.url}`),
      ['POST /customer', 'POST /payment', 'POST /target/checkout?coupon=X'],
    );
    assert.equal(services.seen[2]?.headers['content-type'], 'application/json');
    assert.equal(answer.text, bodies()[2]);
  });

  await t.test('only three headers reach a service, besides those of the protocol and the trace', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await ask(post('/v1', order, { 'X-Mine': '1', Cookie: 'a=b', Authorization: 'Bearer t', traceparent }));
    const { 'cdn-loop': loop, ...headers } = services.seen[0]?.headers ?? {};
    assert.match(String(loop), /zerohop/);
    delete headers.host;
    delete headers.connection;
    delete headers['content-length'];
    assert.deepEqual(headers, {
      'content-type': 'application/json',
      accept: '*/*',
      authorization: 'Bearer t',
      traceparent,
    });
    assert.equal(services.seen[2]?.headers['x-mine'], '1');
  });

  const tokens: [string, Readonly<Record<string, string>>, string | undefined][] = [
    ['the named header', { 'X-Auth-Token': 'abc', Authorization: 'Bearer other' }, 'Bearer abc'],
    ['the named header with its scheme', { 'X-Auth-Token': 'Bearer abc' }, 'Bearer abc'],
    ['Authorization', { Authorization: 'Bearer   abc' }, 'Bearer abc'],
    ['Authorization without a scheme', { Authorization: 'abc' }, 'Bearer abc'],
    ['Basic', { Authorization: 'Basic YTpi' }, 'Basic YTpi'],
    ['none', {}, undefined],
    ['an empty one', { 'X-Auth-Token': '', Authorization: 'Bearer ' }, undefined],
  ];
  for (const [name, headers, expected] of tokens) {
    await t.test(`token: ${name}`, async () => {
      await ask(post('/v1', order, headers));
      const seen = services.seen.map((one) => one.headers.authorization);
      assert.deepEqual(seen.slice(0, 2), [expected, expected]);
      if (expected !== undefined) assert.equal(seen[2], expected);
    });
  }

  await t.test('a repeated argument is a list, one without a value is true', async () => {
    await ask(post('/plain?a=1&b&a=2&c=&d=%C3%A9+x', '{"a":0}'));
    assert.deepEqual(JSON.parse(bodies()[0] ?? ''), { a: ['1', '2'], b: true, c: '', d: 'é x' });
    assert.equal(services.seen[0]?.url, '/customer?own=1');
  });

  await t.test('no more than a hundred arguments', async () => {
    await ask(post(`/plain?${Array.from({ length: 120 }, (_, index) => `p${index}=1`).join('&')}`, ''));
    assert.equal(Object.keys(JSON.parse(bodies()[0] ?? '')).length, 100);
  });

  await t.test('a GET service gets the payload', async () => {
    await ask(post('/get', order));
    assert.equal(services.seen[1]?.method, 'GET');
    assert.equal(bodies()[1], '{"user_id":7,"coupon":"A","name":"Ada","tier":"gold"}');
  });

  await t.test('a GET has a payload for the target too', async () => {
    const answer = await ask({ path: '/v1/x?coupon=X' });
    assert.equal(answer.status, 200);
    assert.equal(`${services.seen[2]?.method} ${services.seen[2]?.url}`, 'GET /target/x?coupon=X');
    assert.equal(bodies()[2], '{"coupon":"X","name":"Ada","tier":"silver","paid":true}');
  });

  await t.test('a payload that is not JSON begins an empty chain', async () => {
    for (const body of ['three teapots', '[1]', '"a"', '', '\ufffd'.repeat(2), '['.repeat(100_000)]) {
      await ask(post('/v1', body));
      assert.equal(bodies()[0], '{}');
    }
  });

  const failures: [string, number, unknown][] = [
    ['denied', 403, { error: 'Service error', body: '{"reason":"no"}' }],
    ['created', 201, { error: 'Service error', body: '{"id":9}' }],
    ['html', 500, { error: `Invalid JSON in response from ${services.url}/html` }],
    ['list', 500, { error: `The JSON in response from ${services.url}/list is not an object` }],
    ['null', 500, { error: `The JSON in response from ${services.url}/null is not an object` }],
    ['cut', 500, { error: `Failed to call service: ${services.url}/cut` }],
    ['down', 500, { error: 'Failed to call service: http://127.0.0.1:1/x' }],
    ['late', 500, { error: `Failed to call service: ${services.url}/silent` }],
  ];
  for (const [name, status, body] of failures) {
    await t.test(`${name} stops the chain`, async () => {
      const answer = await ask(post(`/${name}`, order));
      assert.equal(answer.status, status);
      assert.equal(answer.headers['content-type'], 'application/json');
      assert.equal(answer.headers['x-service'], undefined);
      assert.deepEqual(JSON.parse(answer.text), body);
      const called = services.seen.filter((one) => /payment|target/.test(one.url));
      assert.deepEqual(called, []);
    });
  }

  await t.test('a status that has no payload stops the chain as well', async () => {
    const answer = await ask(post('/gone', order));
    assert.deepEqual([answer.status, answer.text, services.seen.length], [204, '', 1]);
  });

  await t.test('an empty answer changes nothing', async () => {
    await ask(post('/nothing', order));
    assert.deepEqual(bodies().slice(0, 2), [order, order]);
  });
});

test('profile native', async (t) => {
  const { services, ask } = await serve((url) => ({
    ...chained('created', url, chain(service('first', `${url}/created`))),
    ...chained('denied', url, chain(service('first', `${url}/denied`))),
    ...chained('accepted', url, chain(service('first', `${url}/denied`, '<SuccessCodes>2xx,403</SuccessCodes>'))),
    ...chained('html', url, chain(service('first', `${url}/html`))),
    ...chained('late', url, chain(service('first', `${url}/silent`, '<Timeout>50</Timeout>'))),
    ...chained('down', url, chain(service('first', 'http://127.0.0.1:1/'))),
    ...chained('list', url, chain(service('first', `${url}/list`))),
    ...chained('get', url, chain(service('first', `${url}/query`, '<Method>GET</Method>'))),
    ...chained('deep', url, chain(service('a', `${url}/address`) + service('b', `${url}/move`), merge('deep'))),
    ...chained('nest', url, chain(service('a', `${url}/address`) + service('b', `${url}/list`), merge('nest'))),
    ...chained('headers', url, chain(service('a', `${url}/x`, header('X-Tenant', 't-{request.queryparam.t}')))),
    ...chained('unmerged', url, chain(service('a', `${url}/x`), '<MergeQueryParams>false</MergeQueryParams>')),
    ...chained('proto', url, chain(service('a', `${url}/proto`) + service('b', `${url}/x`), merge('deep'))),
    ...chained('conditions', url, chain(conditional(url))),
    ...proxy(
      'told',
      proxyEndpoint('/told', preFlow(step('PC-1') + step('AM-Tell')) + noTarget),
      chain(service('a', `${url}/customer`), '<AssignTo>gathered</AssignTo>'),
      assign('AM-Tell', setPayload(`{gathered}|{proxychain.PC-1.a.status.code}|{proxychain.PC-1.a.content}|${told}`)),
    ),
  }));

  const faults: [string, number, string, RegExp][] = [
    ['denied', 502, 'ServiceErrorResponse', /service first answered with status 403$/],
    ['html', 502, 'InvalidJSON', /service first gave an answer that is not JSON$/],
    ['late', 504, 'ServiceCallFailed', /service first could not be called: timeout occurred in PC-1$/],
    ['down', 502, 'ServiceCallFailed', /service first could not be called: Host not reachable$/],
  ];
  for (const [name, status, code, text] of faults) {
    await t.test(`${name} is a fault`, async () => {
      const answer = await ask(post(`/${name}`, order));
      assert.equal(answer.status, status, answer.text);
      const { fault } = JSON.parse(answer.text) as { fault: { faultstring: string; detail: { errorcode: string } } };
      assert.equal(fault.detail.errorcode, `steps.proxychain.${code}`);
      assert.match(fault.faultstring, text);
    });
  }

  await t.test('a payload that is not a JSON object is a fault', async () => {
    for (const body of ['three teapots', '[1]', '['.repeat(100_000)]) {
      const answer = await ask(post('/created', body));
      assert.equal(answer.status, 400);
      assert.match(answer.text, /"steps\.proxychain\.InvalidJSON"/);
    }
    const deep = await ask(post('/created', `{"a":${'['.repeat(4000)}${']'.repeat(4000)}}`));
    assert.equal(deep.status, 200);
  });

  const merges: [string, Call, unknown][] = [
    ['any 2xx is success', post('/created', '{}'), { id: 9 }],
    ['SuccessCodes', post('/accepted', '{}'), { reason: 'no' }],
    ['a list is kept under the service', post('/list', '{"a":1}'), { a: 1, first: [1, 2] }],
    ['deep', post('/deep', '{"address":{"street":"Elm"}}'), { address: { street: 'Elm', city: 'London', zip: 'N7' } }],
    ['nest', post('/nest', '{"a":0}'), { a: { address: { city: 'London', zip: 'N1' } }, b: [1, 2] }],
    ['without query parameters', post('/unmerged?q=1', '{"a":1}'), { a: 1 }],
  ];
  for (const [name, request, expected] of merges) {
    await t.test(name, async () => {
      const answer = await ask(request);
      assert.deepEqual(JSON.parse(services.seen.at(-1)?.body ?? ''), expected, answer.text);
    });
  }

  await t.test('a GET service gets the data as parameters', async () => {
    await ask(post('/get', '{"a":"x y","n":1,"list":[1,"2"],"o":{"p":null}}'));
    const [seen] = services.seen;
    assert.equal(seen?.url, '/query?a=x+y&n=1&list=1&list=2&o=%7B%22p%22%3Anull%7D');
    assert.equal(seen?.body, '');
    assert.equal(seen?.headers['content-type'], undefined);
  });

  await t.test('headers of its own, templates', async () => {
    await ask(post('/headers?t=7', '{}', { 'X-Request-ID': 'r-1' }));
    assert.equal(services.seen[0]?.headers['x-tenant'], 't-7');
    assert.equal(services.seen[0]?.headers['x-request-id'], 'r-1');
  });

  await t.test('__proto__ is a member like any other', async () => {
    await ask(post('/proto', '{"__proto__":{"a":1},"constructor":{"b":1}}'));
    assert.equal(services.seen.at(-1)?.body, '{"__proto__":{"a":1,"admin":true},"constructor":1}');
  });

  await t.test('a condition may read what a service before it answered', async () => {
    await ask(post('/conditions', '{}'));
    assert.deepEqual(
      services.seen.map((one) => one.url),
      ['/customer', '/payment', '/address', '/move', '/target'],
    );
  });

  await t.test('variables', async () => {
    const answer = await ask(post('/told', '{"a":1}'));
    assert.equal(
      answer.text,
      '{"a":1,"name":"Ada","tier":"gold"}|200|{"name":"Ada","tier":"gold"}|a 200 {"a":1,"name":"Ada","tier":"gold"}',
    );
  });
});

const merge = (mode: string): string => `<Merge mode="${mode}"/>`;
const header = (name: string, value: string): string => `<Headers><Header name="${name}">${value}</Header></Headers>`;
const told = '{proxychain.PC-1.service} {proxychain.PC-1.status.code} {proxychain.PC-1.data}';

function conditional(url: string): string {
  const when = (condition: string): string => `<Condition>${condition}</Condition>`;
  return [
    service('customer', `${url}/customer`),
    service('payment', `${url}/payment`, when('customer.tier = "gold"')),
    service('refused', `${url}/denied`, when('customer.tier = "silver"')),
    service('where', `${url}/address`, when('request.verb = "POST"')),
    service('moved', `${url}/move`, when('where.address.city = "London"')),
  ].join('');
}

test('services in memory', async (t) => {
  const own = (name: string, inner: string): string => `<Service name="${name}">${inner}</Service>`;
  const { services, gateway, ask } = await serve((url) => ({
    ...proxy(
      'tax',
      proxyEndpoint('/tax', preFlow(step('AM-Tax')) + noTarget),
      assign('AM-Tax', setPayload('{"tax":4,"caller":"{client.local}","got":{request.content}}', 'application/json')),
    ),
    ...chained(
      'mixed',
      url,
      chain(
        service('customer', `${url}/customer`) +
          own('tax', '<LocalTarget><APIProxy>tax</APIProxy><ProxyEndpoint>default</ProxyEndpoint></LocalTarget>') +
          own('again', '<Path>/tax/again?by=path</Path>') +
          service('uri', 'local:///tax/uri'),
        merge('nest'),
      ),
    ),
    ...chained('self', url, chain(service('self', 'local:///self'), '', asApisix)),
    ...chained('deeper', url, chain(service('deeper', 'local:///deeper/on'))),
    ...chained('missing', url, chain(service('missing', 'local:///nowhere'))),
  }));

  await t.test('run as proxies of their own, know that they are called locally, and are counted', async () => {
    const answer = await ask(post('/mixed', '{"n":1}'));
    const data = JSON.parse(answer.text) as Record<string, { tax: number; caller: string }>;
    assert.deepEqual(Object.keys(data), ['n', 'customer', 'tax', 'again', 'uri']);
    assert.deepEqual([data.tax?.tax, data.tax?.caller, data.uri?.caller], [4, 'true', 'true']);
    assert.deepEqual(
      services.seen.map((one) => one.url),
      ['/customer', '/target'],
    );
    const metrics = await call(gateway.managementPort, { path: '/metrics' });
    assert.match(metrics.text, /zerohop_proxy_requests_total\{proxy="tax"[^}]*caller="local"\} 3/);
  });

  await t.test('a chain that calls its own proxy is stopped', async () => {
    const same = await ask(post('/self', '{}'));
    assert.equal(same.status, 508);
    assert.match(same.text, /LoopDetected/);
    assert.match(same.text, /self -> self/);
    const further = await ask(post('/deeper', '{}'));
    assert.equal(further.status, 502);
    assert.match(further.text, /service deeper answered with status 508/);
    assert.deepEqual(services.seen, []);
  });

  await t.test('a proxy that is not there', async () => {
    const answer = await ask(post('/missing', '{}'));
    assert.equal(answer.status, 502);
    assert.match(answer.text, /could not be called: Unable to identify proxy/);
  });
});

test('the graph and the checks of a deployment know the proxies that a chain calls', async () => {
  const inner = '<APIProxy>{0}</APIProxy><ProxyEndpoint>default</ProxyEndpoint>';
  const local = (name: string, target: string): string =>
    `<Service name="${name}"><LocalTarget>${inner.replace('{0}', target)}</LocalTarget></Service>`;
  const simple = (name: string, services: string): Files =>
    proxy(name, proxyEndpoint(`/${name}`, preFlow(step('PC-1')) + noTarget), chain(services));
  const folder = await bundleTree({
    ...simple('front', local('a', 'stock') + service('b', 'local:///round/trip')),
    ...simple('round', service('back', 'local:///front')),
    ...simple('lost', local('a', 'stok')),
    ...proxy('stock', proxyEndpoint('/stock', noTarget)),
  });
  const { stdout } = await runCommand('graph', folder, '--format', 'json');
  const { calls } = JSON.parse(stdout) as {
    calls: { from: string; to: string | null; policy: string; loop: boolean }[];
  };
  assert.deepEqual(
    calls.map(({ from, to, policy, loop }) => [from, to, policy, loop]),
    [
      ['front', 'stock', 'PC-1', false],
      ['front', 'round', 'PC-1', true],
      ['lost', null, 'PC-1', false],
      ['round', 'front', 'PC-1', true],
    ],
  );
  const checked = await runCommand('validate', folder);
  assert.equal(checked.code, 0);
  assert.match(checked.stdout, /ZH033.*\n?.*front -> round -> front/);
  assert.match(checked.stdout, /proxy "stok", endpoint "default", which is not deployed/);
});

test('mistakes', () => {
  const table: [string, string][] = [
    [chain(''), 'ZH630'],
    [chain('<Service name="a"/>'), 'ZH630'],
    [chain('<Service name="a"><URI>http://h/</URI><Path>/p</Path></Service>'), 'ZH630'],
    [chain(service('a', '/relative')), 'ZH631'],
    [chain(service('a', 'ftp://h/')), 'ZH631'],
    [chain(service('a', 'http://h/', '<SuccessCodes>200,ok</SuccessCodes>')), 'ZH632'],
    [chain(service('a', 'http://h/') + service('a', 'http://i/')), 'ZH633'],
    [chain(service('a b', 'http://h/')), 'ZH633'],
    [chain('<Service><URI>http://h/</URI></Service>'), 'ZH012'],
    [chain(service('a', 'http://h/', '<Method>HEAD</Method>')), 'ZH013'],
    [chain(service('a', 'http://h/', '<Timeout>0</Timeout>')), 'ZH013'],
    ['<ProxyChain name="PC-1"/>', 'ZH012'],
  ];
  for (const [xml, code] of table) {
    const { diagnostics } = compilePolicy(ProxyChain, xml);
    assert.deepEqual([...new Set(diagnostics.map((one) => one.code))], [code], xml);
  }
});
