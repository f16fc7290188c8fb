import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { ExternalCallout } from '../../runtime/policies/ExternalCallout.ts';
import {
  assign,
  bundleTree,
  type Files,
  faultRule,
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
import { createAuthority } from '../support/certificates.ts';
import { call, type Gateway, runCommand, startGateway } from '../support/gateway.ts';
import { type Context, type GrpcServer, startGrpcServer } from '../support/grpc-server.ts';
import { closedPort } from '../support/origin-server.ts';
import { compilePolicy } from '../support/policy.ts';
import { startUpstream } from '../support/upstream.ts';

const all = ['request.content', 'request.headers', 'response.content', 'response.headers'];

function callout(server: string, sent: readonly string[] = all, more = '', attributes = '', connection = ''): string {
  const properties = sent.map((one) => `<Property name="with.${one}">true</Property>`).join('');
  return `<ExternalCallout name="EC-1"${attributes}><TimeoutMs>2000</TimeoutMs>
    <GrpcConnection><Server name="${server}"/>${connection}</GrpcConnection>
    <Configurations>${properties}${more}</Configurations></ExternalCallout>`;
}

/** Fails within the time that a test takes to fail. */
const hasty = (xml: string): string => xml.replace('2000', '100');

const flowVariable = (name: string): string => `<FlowVariable>${name}</FlowVariable>`;

/** Runs the callout in the request, and answers with what `template` says afterwards. */
function told(name: string, xml: string, template: string, rules = ''): Files {
  return proxy(
    name,
    proxyEndpoint(`/${name}`, preFlow(step('AM-Before') + step('EC-1') + step('AM-Tell')) + rules + noTarget),
    xml,
    assign('AM-Before', before),
    assign('AM-Tell', setPayload(template)),
    assign('AM-Fault', setPayload('{fault.name}|{externalcallout.EC-1.failed}')),
  );
}

const variable = (name: string, value: string): string =>
  `<AssignVariable><Name>${name}</Name><Value>${value}</Value></AssignVariable>`;
const before = variable('a.b.c', 'one') + variable('a.b.d', 'two') + variable('a.bc', 'three') + variable('old.x', '1');

const server = (name: string, port: number, more: object = {}): object => {
  return { name, host: '127.0.0.1', port, isEnabled: true, protocol: 'GRPC', ...more };
};

async function serve(
  files: Files,
  servers: readonly object[],
  more: Files = {},
  options: readonly string[] = [],
): Promise<Gateway> {
  const environment = { 'environments/test/targetservers.json': JSON.stringify(servers) };
  return startGateway(await bundleTree({ ...files, ...environment, ...more }), options);
}

const post = (path: string, body: string, headers: Readonly<Record<string, string>> = {}) => ({
  method: 'POST',
  path,
  body,
  headers,
});

test('the server sees the message and the variables, and what it changes is changed', async (t) => {
  const grpc = await startGrpcServer();
  const upstream = await startUpstream();
  const seen = (): Context => grpc.calls.at(-1)?.context ?? {};
  const gateway = await serve(
    {
      ...told(
        'told',
        callout('grpc', all, flowVariable('a.b')),
        '{request.content}|{a.b}|{a.b.c}|{new.n}|{new.t}|{old.x}',
      ),
      ...told('bare', callout('grpc', []), '{request.content}'),
      ...proxy(
        'through',
        proxyEndpoint('/through', preFlow(step('EC-1'), step('EC-1')) + route()),
        targetEndpoint(httpTarget(`${upstream.url}/target`)),
        callout('grpc'),
      ),
      ...proxy(
        'redirected',
        proxyEndpoint('/redirected', route()),
        targetEndpoint(preFlow(step('EC-1')) + httpTarget(`${upstream.url}/target`)),
        callout('grpc'),
      ),
    },
    [server('grpc', grpc.port)],
  );
  t.after(() => grpc.close());

  await t.test('what is sent', async () => {
    await call(
      gateway.port,
      post('/told/x?q=1&q=2', 'f=1&f=2', { 'X-A': '1', 'Content-Type': 'application/x-www-form-urlencoded' }),
    );
    const { request, proxy: own, api_proxy: api, client, target } = seen() as Record<string, Record<string, unknown>>;
    const sent = { uri: request?.uri, verb: request?.verb, version: request?.http_version, content: request?.content };
    assert.deepEqual(sent, { uri: '/told/x?q=1&q=2', verb: 'POST', version: '1.1', content: 'f=1&f=2' });
    assert.deepEqual(request?.query_params, { q: { strings: ['1', '2'] } });
    assert.deepEqual(request?.form_params, { f: { strings: ['1', '2'] } });
    assert.deepEqual(((request?.headers ?? {}) as Record<string, unknown>)['X-A'], { strings: ['1'] });
    assert.deepEqual({ ...own }, { endpoint_name: 'default', base_path: '/told', path_suffix: '/x' });
    assert.equal(api?.name, 'told');
    assert.equal(client?.ip, '127.0.0.1');
    assert.equal(target, undefined);
    assert.equal(seen().environment_name, 'test');
    assert.deepEqual(seen().additional_flow_variables, {
      'a.b.c': { string: 'one', value: 'string' },
      'a.b.d': { string: 'two', value: 'string' },
    });
    assert.match(String(grpc.calls.at(-1)?.metadata['cdn-loop']), /zerohop/);
  });

  await t.test('nothing that was not asked for', async () => {
    const answer = await call(gateway.port, post('/bare', 'body', { 'X-A': '1' }));
    const { headers, content, form_params: form } = seen().request ?? {};
    assert.deepEqual([headers, content, form], [undefined, undefined, undefined]);
    assert.equal(answer.text, 'body');
  });

  await t.test('variables and content come back', async () => {
    grpc.answer = (context) => {
      if (context.request !== undefined) context.request.content = 'changed';
      context.additional_flow_variables = {
        'a.b': { string: 'other' },
        'new.n': { int64: 4_294_967_296 },
        'new.t': { bool: true },
        old: {},
      };
      return context;
    };
    const answer = await call(gateway.port, post('/told', 'body'));
    assert.equal(answer.text, 'changed|other||4294967296|true|');
  });

  await t.test('headers, parameters and payloads of both directions', async () => {
    grpc.answer = (context) => {
      const part = context.request ?? context.response ?? {};
      part.headers = { ...part.headers, 'X-Made': { strings: ['a', 'b'] }, 'X-Gone': {} };
      if (context.request !== undefined) part.query_params = { added: { strings: ['1'] }, gone: {} };
      part.content = context.request === undefined ? 'answer' : '';
      return context;
    };
    const answer = await call(
      gateway.port,
      post('/through/x?gone=1&stays=2', 'body', { 'X-Gone': '1', 'X-Stays': '2' }),
    );
    const [arrived] = upstream.seen;
    assert.equal(arrived?.url, '/target/x?stays=2&added=1');
    assert.equal(arrived?.body, '');
    const { 'x-made': made, 'x-gone': gone, 'x-stays': stays } = arrived?.headers ?? {};
    assert.deepEqual([made, gone, stays], ['a, b', undefined, '2']);
    assert.deepEqual([answer.status, answer.text, answer.headers['x-made']], [200, 'answer', 'a, b']);
    assert.equal(seen().response?.status_code, 200);
    assert.equal(seen().request, undefined);
  });

  await t.test("the target is the server's to choose", async () => {
    grpc.answer = (context) => ({ ...context, target: { ...context.target, url: `${upstream.url}/elsewhere` } });
    await call(gateway.port, { path: '/redirected/x' });
    assert.equal(upstream.seen.at(-1)?.url, '/elsewhere');
    assert.equal(seen().target?.name, 'default');
  });
});

test('failures', async (t) => {
  const grpc = await startGrpcServer();
  const rules = `<FaultRules>${faultRule('f', 'fault.name = "TooYoung"', step('AM-Fault'))}</FaultRules>`;
  const gateway = await serve(
    {
      ...told('asked', callout('grpc'), 'on'),
      ...told('ruled', callout('grpc', [], '', ' continueOnError="true"'), 'on', rules),
      ...told('late', hasty(callout('grpc')), 'on'),
      ...told('down', callout('down'), 'on'),
      ...told('missing', callout('nowhere'), 'on'),
      ...told('continuing', callout('down', [], '', ' continueOnError="true"'), 'on {externalcallout.EC-1.failed}'),
    },
    [server('grpc', grpc.port), server('down', await closedPort())],
  );
  t.after(() => grpc.close());
  const faultOf = async (name: string): Promise<[number, string, string]> => {
    const answer = await call(gateway.port, post(`/${name}`, ''));
    const { fault } = JSON.parse(answer.text) as { fault: { faultstring: string; detail: { errorcode: string } } };
    return [answer.status, fault.detail.errorcode, fault.faultstring];
  };
  const sending = 'Encountered the following exception while sending the gRPC request or processing the response: ';

  await t.test('a fault of the server, whether the policy is to go on or not', async () => {
    grpc.answer = () => ({ fault: { name: 'TooYoung', fault_string: 'Come back later' } });
    assert.deepEqual(await faultOf('asked'), [500, 'steps.externalcallout.TooYoung', 'Come back later']);
    assert.equal((await call(gateway.port, post('/ruled', ''))).text, 'TooYoung|true');
  });

  await t.test('a status', async () => {
    grpc.answer = () => {
      throw Object.assign(new Error('not you'), { code: status.PERMISSION_DENIED });
    };
    const [code, name, text] = await faultOf('asked');
    assert.deepEqual([code, name], [500, 'steps.externalcallout.ExecutionError']);
    assert.equal(text, `${sending}[io.grpc.StatusRuntimeException: PERMISSION_DENIED: not you].`);
  });

  await t.test('no answer, nobody there, no such server', async () => {
    grpc.answer = () => undefined;
    const table: [string, RegExp][] = [
      ['late', /DEADLINE_EXCEEDED: deadline exceeded after 100 ms\]\.$/],
      ['down', /UNAVAILABLE: io exception\]\.$/],
      ['missing', /UNAVAILABLE: there is no target server nowhere\]\.$/],
    ];
    for (const [name, text] of table) {
      const [code, errorcode, faultstring] = await faultOf(name);
      assert.deepEqual([code, errorcode], [500, 'steps.externalcallout.ExecutionError']);
      assert.match(faultstring, text);
    }
    assert.equal((await call(gateway.port, post('/continuing', ''))).text, 'on true');
  });
});

test('TLS, by the settings of the target server', async (t) => {
  const authority = createAuthority();
  const identity = authority.issue('/CN=grpc', 'IP:127.0.0.1');
  const grpc: GrpcServer = await startGrpcServer(identity);
  t.after(() => {
    grpc.close();
    authority.close();
  });
  const names = ['trusting', 'careless', 'suspicious', 'storeless'];
  const tls: Readonly<Record<string, object>> = {
    trusting: { enabled: true, trustStore: 'trusted' },
    careless: { enabled: true, ignoreValidationErrors: true },
    suspicious: { enabled: true },
    storeless: { enabled: true, trustStore: 'empty' },
  };
  const stores = [
    { name: 'trusted', aliases: [{ alias: 'ca', format: 'pem', cert: authority.ca }] },
    { name: 'empty', aliases: [] },
  ];
  const gateway = await serve(
    Object.assign({}, ...names.map((name) => told(name, callout(name), 'ok'))),
    names.map((name) => server(name, grpc.port, { sSLInfo: tls[name] })),
    { 'environments/test/keystores.json': JSON.stringify(stores) },
  );
  const textOf = async (name: string): Promise<string> => (await call(gateway.port, post(`/${name}`, ''))).text;
  assert.equal(await textOf('trusting'), 'ok');
  assert.equal(await textOf('careless'), 'ok');
  assert.match(await textOf('suspicious'), /"steps\.externalcallout\.ExecutionError"/);
  assert.match(await textOf('storeless'), /"GrpcTlsInitFailed"/);
});

test('an ID token goes along', async (t) => {
  const grpc = await startGrpcServer();
  t.after(() => grpc.close());
  const id =
    '<Authentication><HeaderName>X-Serverless-Authorization</HeaderName><GoogleIDToken><Audience useTargetUrl="true"/></GoogleIDToken></Authentication>';
  const gateway = await serve(
    told('authenticated', callout('grpc', [], '', '', id), 'ok'),
    [server('grpc', grpc.port)],
    {},
    ['--google-tokens', 'stand-in'],
  );
  assert.equal((await call(gateway.port, post('/authenticated', ''))).text, 'ok');
  assert.match(String(grpc.calls[0]?.metadata['x-serverless-authorization']), /^Bearer \S+/);
});

test('mistakes', async () => {
  const table: [string, string][] = [
    ['<ExternalCallout name="E"><GrpcConnection><Server name="a"/></GrpcConnection></ExternalCallout>', 'ZH012'],
    ['<ExternalCallout name="E"><TimeoutMs>5</TimeoutMs></ExternalCallout>', 'ZH012'],
    [callout('a').replace('2000', '0'), 'ZH013 ZH012'],
    [callout('a', ['everything']), 'ZH635'],
    [
      callout(
        'a',
        [],
        '',
        '',
        '<Authentication><GoogleIDToken><Audience>a</Audience></GoogleIDToken></Authentication>',
      ),
      'ZH104',
    ],
  ];
  const grpc = () => ({
    audience: undefined,
    prepare: () => undefined,
    call: () => Promise.reject(new Error('never')),
  });
  for (const [xml, code] of table) {
    const { diagnostics } = compilePolicy(ExternalCallout, xml, { compiler: { grpc } });
    assert.equal([...new Set(diagnostics.map((one) => one.code))].join(' '), code, xml);
  }
  const files = { ...told('a', callout('grpcc'), ''), ...told('b', callout('plain'), '') };
  const servers = JSON.stringify([server('grpc', 1), { name: 'plain', host: 'h', port: 1 }]);
  const folder = await bundleTree({ ...files, 'environments/test/targetservers.json': servers });
  const { stdout } = await runCommand('validate', folder);
  assert.match(stdout, /ZH634: There is no target server "grpcc"[\s\S]*Did you mean "grpc"\?/);
  assert.match(stdout, /ZH634: Target server "plain" has the protocol HTTP/);
});
