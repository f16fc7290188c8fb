import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CORS } from '../../runtime/policies/CORS.ts';
import {
  assign,
  httpTarget,
  postFlow,
  preFlow,
  proxy,
  proxyEndpoint,
  raiseFault,
  route,
  setHeaders,
  sharedFlow,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { listed } from '../support/diagnostics.ts';
import { type ExchangeOptions, exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';
import { suite } from '../support/suite.ts';

const app = 'https://app.example.com';
const listOrigins = `<AllowOrigins>${app}, https://b.example.com</AllowOrigins>`;

function compile(inner: string) {
  const { step: run, diagnostics } = compilePolicy(CORS, `<CORS name="CO">${inner}</CORS>`);
  assert.deepEqual(listed(diagnostics), []);
  return run;
}

function preflight(inner: string, headers: Record<string, string>, options: ExchangeOptions = {}) {
  const exchange = exchangeOf({ ...options, verb: 'OPTIONS', headers });
  compile(inner)(exchange);
  return exchange;
}

function answered(inner: string, headers: Record<string, string>): readonly string[] {
  return preflight(inner, headers).response?.headers.raw ?? [];
}

const ask = { Origin: app, 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'x-a' };

describe('a preflight request', () => {
  test('is answered with what is allowed, defaults included', () => {
    assert.deepEqual(answered(listOrigins, ask), [
      'Access-Control-Allow-Origin',
      app,
      'Vary',
      'Origin',
      'Access-Control-Allow-Methods',
      'GET, POST, HEAD, OPTIONS',
      'Access-Control-Allow-Headers',
      'Origin, Accept, X-Requested-With, Content-Type, Access-Control-Request-Method, Access-Control-Request-Headers',
      'Access-Control-Max-Age',
      '1800',
    ]);
  });

  test('of another origin gets an answer that allows nothing', () => {
    const exchange = preflight(listOrigins, { ...ask, Origin: 'https://evil.example.net' });
    assert.deepEqual(exchange.response?.headers.raw, []);
    assert.equal(exchange.response?.status, 200);
    assert.equal(exchange.skipsToResponse, true);
  });

  for (const origin of ['https://APP.example.com', `${app}:443`, `${app}.evil.net`, 'null', 'http://app.example.com']) {
    test(`${origin} is another origin`, () => {
      assert.deepEqual(answered(listOrigins, { ...ask, Origin: origin }), []);
    });
  }

  test('* and credentials', () => {
    const any = '<AllowOrigins>*</AllowOrigins><AllowMethods>*</AllowMethods><AllowHeaders>*</AllowHeaders>';
    assert.deepEqual(answered(any, ask).slice(0, 6), [
      'Access-Control-Allow-Origin',
      '*',
      'Access-Control-Allow-Methods',
      '*',
      'Access-Control-Allow-Headers',
      '*',
    ]);
    const withCredentials = `${any}<AllowCredentials>true</AllowCredentials><MaxAge>-1</MaxAge>`;
    assert.deepEqual(answered(withCredentials, ask), [
      'Access-Control-Allow-Origin',
      app,
      'Access-Control-Allow-Credentials',
      'true',
      'Vary',
      'Origin',
      'Access-Control-Allow-Methods',
      'PUT',
      'Access-Control-Allow-Headers',
      'x-a',
      'Access-Control-Max-Age',
      '-1',
    ]);
  });

  test('is left to the proxy with GeneratePreflightResponse false, in a response and in a fault rule', () => {
    const off = preflight(`${listOrigins}<GeneratePreflightResponse>false</GeneratePreflightResponse>`, ask);
    assert.equal(off.response, undefined);
    assert.equal(off.finishing, undefined);
    assert.equal(preflight(listOrigins, ask, { phase: 3 }).skipsToResponse, false);
  });
});

describe('variables', () => {
  const of = (inner: string, headers: Record<string, string>, verb = 'OPTIONS') => {
    const exchange = exchangeOf({ verb, headers });
    compile(inner)(exchange);
    return (name: string) => exchange.read(`cross_origin_resource_sharing.${name}`);
  };

  test('of a preflight request', () => {
    const read = of(`${listOrigins}<AllowMethods>PUT</AllowMethods><AllowHeaders>X-A</AllowHeaders>`, ask);
    assert.deepEqual(['allow.origin', 'allow.methods', 'allow.headers', 'allow.credentials', 'max.age'].map(read), [
      app,
      'PUT',
      'X-A',
      false,
      '1800',
    ]);
    assert.equal(read('allow.origins.list'), `${app}, https://b.example.com`);
    assert.deepEqual(['request.method', 'request.headers', 'request.origin', 'request.type'].map(read), [
      'PUT',
      'x-a',
      app,
      'PRE_FLIGHT',
    ]);
    assert.equal(read('preflight.accepted'), true);
  });

  test('preflight.accepted is about origin, method and headers', () => {
    const allowed = `${listOrigins}<AllowMethods>PUT</AllowMethods><AllowHeaders>X-A</AllowHeaders>`;
    for (const change of [
      { Origin: 'https://c.example.com' },
      { 'Access-Control-Request-Method': 'GET' },
      { 'Access-Control-Request-Headers': 'x-a, x-b' },
    ]) {
      assert.equal(of(allowed, { ...ask, ...change })('preflight.accepted'), false);
    }
  });

  test('of other requests', () => {
    assert.equal(of(listOrigins, { Origin: app }, 'GET')('request.type'), 'ACTUAL');
    assert.equal(of(listOrigins, { Origin: 'https://c.example.com' }, 'GET')('allow.origin'), '');
    assert.equal(of(listOrigins, {}, 'GET')('request.type'), undefined);
  });
});

test('an unresolved variable', async () => {
  const inner = '<AllowOrigins>{flow.none}</AllowOrigins>';
  assert.deepEqual(answered(inner, ask), []);
  const strict = `${inner}<IgnoreUnresolvedVariables>false</IgnoreUnresolvedVariables>`;
  const fault = await faultOf(compile(strict), exchangeOf({ headers: ask }));
  assert.equal(fault.code, 'steps.cors.UnresolvedVariable');
  assert.equal(fault.status, 500);
  assert.equal(fault.faultstring, 'CORS[CO]: unable to resolve variable flow.none');
  assert.equal(fault.skipsFaultRules, true);
});

test('a line break from a variable starts no header', async () => {
  const run = compile(`${listOrigins}<AllowHeaders>{v}</AllowHeaders>`);
  const fault = await faultOf(run, exchangeOf({ headers: ask, variables: { v: 'a\r\nSet-Cookie: b' } }));
  assert.equal(fault.code, 'protocol.http.HeaderWithInvalidChar');
});

test('mistakes', () => {
  const found = (inner: string) => {
    return listed(compilePolicy(CORS, `<CORS name="CO">${inner}</CORS>`).diagnostics).map((line) => line.slice(21));
  };
  assert.match(found('')[0] ?? '', /ZH012 <CORS> needs a child <AllowOrigins>/);
  assert.match(found('<AllowOrigins/>')[0] ?? '', /ZH012 <AllowOrigins> is empty/);
  assert.match(found(`${listOrigins}<MaxAge>1h</MaxAge>`)[0] ?? '', /ZH013/);
  assert.match(
    found(`${listOrigins}<AllowMethods>GET, FETCH</AllowMethods>`)[0] ?? '',
    /ZH310 "FETCH" is no HTTP method/,
  );
  const long = 'x-header, '.repeat(1000);
  assert.match(
    found(`${listOrigins}<AllowHeaders>${long}</AllowHeaders>`)[0] ?? '',
    /ZH311 .*AllowHeadersSizeTooLarge/,
  );
  assert.match(found(`${listOrigins}<ExposeHeaders>${long}</ExposeHeaders>`)[0] ?? '', /ZH311/);
});

const cors = `<CORS name="CO">${listOrigins}<ExposeHeaders>x-total</ExposeHeaders></CORS>`;
const mark = (name: string) =>
  assign(name, setHeaders({ [name]: 'yes' }).replace('<Set>', '<AssignTo type="response">response</AssignTo><Set>'));
const rules = (name: string) => `<FaultRules><FaultRule name="any">${step(name)}</FaultRule></FaultRules>`;

suite('in a proxy', {
  files: (upstream) => ({
    ...proxy(
      'a',
      proxyEndpoint(
        '/a',
        preFlow(step('CO') + step('raise', 'request.queryparam.fail = "1"'), step('in-preflow')) +
          postFlow(step('raise', 'request.queryparam.fail = "2"'), step('in-postflow')) +
          route(),
      ),
      targetEndpoint(httpTarget(`${upstream?.url}/up`)),
      cors,
      raiseFault('raise', 409, 'no'),
      mark('in-preflow'),
      mark('in-postflow'),
    ),
    ...proxy(
      'b',
      proxyEndpoint('/b', preFlow(step('call') + step('raise')) + route()),
      targetEndpoint(httpTarget(`${upstream?.url}/up`)),
      '<FlowCallout name="call"><SharedFlowBundle>shared</SharedFlowBundle></FlowCallout>',
      raiseFault('raise', 409, 'no'),
    ),
    ...sharedFlow('shared', step('CO') + step('raise'), cors, raiseFault('raise', 410, 'no')),
    ...proxy(
      'c',
      proxyEndpoint('/c', preFlow(step('CO')) + rules('never') + route()),
      targetEndpoint(httpTarget(`${upstream?.url}/up`)),
      '<CORS name="CO"><AllowOrigins>{none}</AllowOrigins><IgnoreUnresolvedVariables>false</IgnoreUnresolvedVariables></CORS>',
      raiseFault('never', 418, 'never'),
    ),
  }),
  facts: [
    {
      name: 'a preflight request skips the rest of the request and the target, and runs the response flows',
      ask: { method: 'OPTIONS', path: '/a?fail=1', headers: ask },
      headers: { 'access-control-allow-origin': app, 'in-preflow': 'yes', 'in-postflow': 'yes' },
      body: '',
      seen: [],
    },
    {
      name: 'from inside a shared flow too',
      ask: { method: 'OPTIONS', path: '/b', headers: ask },
      headers: { 'access-control-allow-origin': app },
      seen: [],
    },
    {
      name: 'an actual request goes on',
      ask: { method: 'GET', path: '/a', headers: { Origin: app } },
      headers: {
        'access-control-allow-origin': app,
        'access-control-expose-headers': 'x-total',
        'access-control-max-age': undefined,
        vary: 'Origin',
      },
      seen: [{}],
    },
    {
      name: 'its error answer has the headers too',
      ask: { method: 'GET', path: '/a?fail=2', headers: { Origin: app } },
      status: 409,
      headers: { 'access-control-allow-origin': app, 'in-postflow': undefined },
    },
    {
      name: 'another origin gets none',
      ask: { method: 'GET', path: '/a', headers: { Origin: 'https://c.example.com' } },
      headers: { 'access-control-allow-origin': undefined, 'access-control-expose-headers': undefined },
    },
    {
      name: 'a request without Origin is left alone',
      ask: { method: 'OPTIONS', path: '/a' },
      headers: { 'access-control-allow-origin': undefined, vary: undefined },
      seen: [{}],
    },
    {
      name: 'an unresolved variable is answered at once',
      ask: { method: 'GET', path: '/c', headers: { Origin: app } },
      status: 500,
      fault: ['steps.cors.UnresolvedVariable', 'CORS[CO]: unable to resolve variable none'],
    },
  ],
});
