import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '../../runtime/fault.ts';
import { defaultError } from '../../runtime/flow/faulted.ts';
import { Body } from '../../runtime/message/body.ts';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { type Exchange, Phase } from '../../runtime/message/exchange.ts';
import { Message } from '../../runtime/message/message.ts';
import { AssignMessage } from '../../runtime/policies/AssignMessage.ts';
import { type ExchangeOptions, exchangeOf, responseOf } from '../support/exchange.ts';
import { compilePolicy, faultOf, type PolicyOptions } from '../support/policy.ts';

function policyOf(inner: string, options?: PolicyOptions) {
  return compilePolicy(AssignMessage, `<AssignMessage name="AM-1">${inner}</AssignMessage>`, options);
}

/** Runs the policy and shows what has become of the request, or the response when there is one. */
function run(inner: string, before: ExchangeOptions = {}, options?: PolicyOptions): Exchange {
  const exchange = exchangeOf(before);
  assert.equal(policyOf(inner, options).step(exchange), undefined);
  return exchange;
}

/** Start line, fields and payload in one text. */
function shown(message: Message): string {
  const start = message.kind === 'request' ? `${message.verb} ${message.uri}` : `${message.status} ${message.reason}`;
  const { raw } = message.headers;
  const fields: string[] = [];
  for (let at = 0; at < raw.length; at += 2) fields.push(`${raw[at]}: ${raw[at + 1]}`);
  return [start, ...fields, ...(message.body.isEmpty ? [] : ['', message.content])].join('\n');
}

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const ignoring = '<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>';

interface Row {
  readonly name: string;
  readonly policy: string;
  readonly before: ExchangeOptions;
  readonly after: string;
}

const requests: readonly Row[] = [
  {
    name: 'Add appends a header, Set replaces it in its place, Remove drops it',
    policy: `<Add><Headers><Header name="x-add">two</Header></Headers></Add>
      <Set><Headers><Header name="X-Set">fresh-{request.verb}</Header></Headers></Set>
      <Remove><Headers><Header name="x-gone"/></Headers></Remove>`,
    before: { headers: { 'x-add': 'one', 'x-set': ['stale', 'older'], 'x-gone': 'bye', 'x-keep': 'k' } },
    after: 'GET /v1\nx-add: one\nx-set: fresh-GET\nx-keep: k\nx-add: two',
  },
  {
    name: 'blanks around a header value are cut off, an empty one is set',
    policy: '<Set><Headers><Header name="a">\n  b\n </Header><Header name="e"/></Headers></Set>',
    before: {},
    after: 'GET /v1\na: b\ne: ',
  },
  {
    name: 'a Header directly below Add counts',
    policy: '<Add><Header name="a">b</Header></Add>',
    before: {},
    after: 'GET /v1\na: b',
  },
  {
    name: 'query parameters are removed, set and added',
    policy: `<Remove><QueryParams><QueryParam name="apikey"/></QueryParams></Remove>
      <Set><QueryParams><QueryParam name="lang">en gb</QueryParam></QueryParams></Set>
      <Add><QueryParams><QueryParam name="tag">b</QueryParam></QueryParams></Add>`,
    before: { uri: '/v1?apikey=s&lang=de&tag=a&lang=fr' },
    after: 'GET /v1?lang=en+gb&tag=a&tag=b',
  },
  {
    name: 'an empty list below Remove means all, the text false none',
    policy: '<Remove><QueryParams/><Headers>false</Headers></Remove>',
    before: { uri: '/v1?a=1&b=2', headers: { a: '1' } },
    after: 'GET /v1\na: 1',
  },
  {
    name: 'Remove with an index drops that value only',
    policy: '<Remove><Headers><Header name="m.2"/><Header name="one.2"/></Headers></Remove>',
    before: { headers: { m: ['first', 'second, third'], one: 'only' } },
    after: 'GET /v1\none: only\nm: first\nm: third',
  },
  {
    name: 'an empty Remove clears headers, parameters and payload',
    policy: '<Remove/>',
    before: { verb: 'POST', uri: '/v1?a=1', headers: { a: '1' }, body: 'text' },
    after: 'POST /v1',
  },
  {
    name: 'Payload below Remove, empty or true, drops the payload with its encoding',
    policy: '<Remove><Payload/></Remove>',
    before: { verb: 'POST', headers: { 'content-encoding': 'gzip', a: '1' }, body: 'text' },
    after: 'POST /v1\na: 1',
  },
  {
    name: 'Payload false below Remove keeps it',
    policy: '<Remove><Payload>false</Payload></Remove>',
    before: { verb: 'POST', body: 'text' },
    after: 'POST /v1\n\ntext',
  },
  {
    name: 'Verb and Payload are templates, other braces stay',
    policy: `<Set><Verb>{request.header.x-verb}</Verb>
      <Payload contentType="application/json">{"user":"{request.queryparam.u}","fixed":{"a":1}}</Payload></Set>`,
    before: { uri: '/v1?u=ada', headers: { 'x-verb': 'PUT' } },
    after: 'PUT /v1?u=ada\nx-verb: PUT\nContent-Type: application/json\n\n{"user":"ada","fixed":{"a":1}}',
  },
  {
    name: 'variablePrefix and variableSuffix replace the braces',
    policy: `<Set><Payload variablePrefix="@" variableSuffix="#">@request.queryparam.u# {request.queryparam.u}</Payload></Set>`,
    before: { uri: '/v1?u=ada' },
    after: 'GET /v1?u=ada\n\nada {request.queryparam.u}',
  },
  {
    name: 'a Payload with child elements is that markup, and a template',
    policy:
      '<Set><Payload contentType="text/xml"><order><id>{request.queryparam.id}</id><k a="1">x</k></order></Payload></Set>',
    before: { uri: '/v1?id=7' },
    after: 'GET /v1?id=7\nContent-Type: text/xml\n\n<order><id>7</id><k a="1">x</k></order>',
  },
  {
    name: 'a Payload keeps its blanks, an empty one empties the message',
    policy:
      '<Set><Payload> a </Payload></Set><Set><Headers><Header name="h">[{request.content}]</Header></Headers><Payload/></Set>',
    before: { body: 'old' },
    after: 'GET /v1\nh: [ a ]',
  },
  {
    name: 'Path takes a query along, Version sheds its protocol',
    policy: '<Set><Path>/p/{request.verb}?q=1</Path><Version>HTTP/1.0</Version></Set>',
    before: { uri: '/v1?a=1' },
    after: 'GET /p/GET?q=1',
  },
  {
    name: 'StatusCode and ReasonPhrase do nothing to a request',
    policy: '<Set><StatusCode>404</StatusCode><ReasonPhrase>No</ReasonPhrase></Set>',
    before: {},
    after: 'GET /v1',
  },
  {
    name: 'Add FormParams extends a form',
    policy: '<Add><FormParams><FormParam name="zip">{request.queryparam.z}</FormParam></FormParams></Add>',
    before: { verb: 'POST', uri: '/v1?z=90210', headers: form, body: 'user=nick' },
    after: 'POST /v1?z=90210\nContent-Type: application/x-www-form-urlencoded\n\nuser=nick&zip=90210',
  },
  {
    name: 'Set FormParams makes another payload a form',
    policy: '<Set><FormParams><FormParam name="t">client &amp; co</FormParam></FormParams></Set>',
    before: { verb: 'PUT', headers: { 'Content-Type': 'text/plain' }, body: 'text' },
    after: 'PUT /v1\nContent-Type: application/x-www-form-urlencoded\n\nt=client+%26+co',
  },
  {
    name: 'a GET gets no form, unless the policy sets another verb anywhere',
    policy: '<Set><FormParams><FormParam name="a">1</FormParam></FormParams></Set>',
    before: {},
    after: 'GET /v1',
  },
  {
    name: 'form parameters may stand before the verb that takes them',
    policy: '<Add><FormParams><FormParam name="a">1</FormParam></FormParams></Add><Set><Verb>POST</Verb></Set>',
    before: {},
    after: 'POST /v1\nContent-Type: application/x-www-form-urlencoded\n\na=1',
  },
  {
    name: 'Remove FormParams by name, by index, and not from another payload',
    policy: '<Remove><FormParams><FormParam name="a"/><FormParam name="b.1"/></FormParams></Remove>',
    before: { verb: 'POST', headers: form, body: 'a=1&b=2&b=3&c=4' },
    after: 'POST /v1\nContent-Type: application/x-www-form-urlencoded\n\nb=3&c=4',
  },
  {
    name: 'Remove FormParams leaves a payload that is no form',
    policy: '<Remove><FormParams/></Remove>',
    before: { verb: 'POST', body: 'a=1' },
    after: 'POST /v1\n\na=1',
  },
  {
    name: 'actions run in document order',
    policy: `<Remove><Headers><Header name="a"/></Headers></Remove><Set><Headers><Header name="a">kept</Header></Headers></Set>
      <Set><Headers><Header name="b">lost</Header></Headers></Set><Remove><Headers><Header name="b"/></Headers></Remove>`,
    before: { headers: { a: '0', b: '0' } },
    after: 'GET /v1\na: kept',
  },
  {
    name: 'AssignVariable takes its turn among the others',
    policy: `<AssignVariable><Name>v</Name><Value>1</Value></AssignVariable>
      <Set><Headers><Header name="a">{v}</Header></Headers></Set>
      <AssignVariable><Name>v</Name><Value>2</Value></AssignVariable>
      <Set><Headers><Header name="b">{v}</Header></Headers></Set>`,
    before: {},
    after: 'GET /v1\na: 1\nb: 2',
  },
  {
    name: 'settings count wherever they stand',
    policy: `<Set><Headers><Header name="a">[{none}]</Header></Headers></Set>${ignoring}`,
    before: {},
    after: 'GET /v1\na: []',
  },
  {
    name: 'createNew without a name replaces the request and keeps its path',
    policy: '<AssignTo createNew="true" type="request"/><Set><Headers><Header name="a">1</Header></Headers></Set>',
    before: { verb: 'POST', uri: '/v1/x?q=1', headers: { b: '2' }, body: 'text' },
    after: 'GET /v1/x\na: 1',
  },
  {
    name: 'createNew false without a name is the ambient message, whatever the type',
    policy:
      '<AssignTo createNew="false" transport="http" type="response"/><Set><Headers><Header name="a">1</Header></Headers></Set>',
    before: {},
    after: 'GET /v1\na: 1',
  },
  {
    name: 'Copy without children takes over everything',
    policy: '<Copy source="saved"/>',
    before: { uri: '/v1?a=1', headers: { h: '0', k: '1' }, variables: { saved: saved() } },
    after: 'PUT /saved?a=1&q=2\nh: 1\nk: 1\nContent-Type: text/plain\n\nsaved',
  },
  {
    name: 'Copy takes named values, indexed values and parts',
    policy: `<Copy source="saved"><Headers><Header name="h.2"/><Header name="none"/></Headers>
      <QueryParams><QueryParam name="q"/></QueryParams><Verb>true</Verb><Path>false</Path></Copy>`,
    before: { headers: { h: '0' }, variables: { saved: saved({ h: ['1', '2'] }) } },
    after: 'PUT /v1?q=2\nh: 2',
  },
  {
    name: 'a copied payload brings its type and encoding',
    policy: '<Copy source="saved"><Payload/></Copy>',
    before: { headers: { 'content-encoding': 'gzip' }, body: 'x', variables: { saved: saved() } },
    after: 'GET /v1\nContent-Type: text/plain\n\nsaved',
  },
  {
    name: 'Copy FormParams needs a form at the source',
    policy: '<Copy source="saved"><FormParams/></Copy>',
    before: { verb: 'POST', body: 'x', variables: { saved: saved() } },
    after: 'POST /v1\n\nx',
  },
  {
    name: 'Copy FormParams makes a form',
    policy: '<Copy source="saved"><FormParams/></Copy>',
    before: { verb: 'POST', variables: { saved: saved(form, 'a=1&b=2') } },
    after: 'POST /v1\nContent-Type: application/x-www-form-urlencoded\n\na=1&b=2',
  },
  {
    name: 'Copy of a message onto itself does nothing',
    policy: '<Copy source="request"/><Copy/>',
    before: { uri: '/v1?a=1', headers: { h: '1' } },
    after: 'GET /v1?a=1\nh: 1',
  },
  {
    name: 'an unresolved source is ignored when unresolved variables are',
    policy: `<Copy source="none"/>${ignoring}`,
    before: {},
    after: 'GET /v1',
  },
];

function saved(headers: Record<string, string | string[]> = { h: '1', 'Content-Type': 'text/plain' }, body = 'saved') {
  return exchangeOf({ verb: 'PUT', uri: '/saved?q=2', headers, body }).request;
}

const responses: readonly Row[] = [
  {
    name: 'the ambient message of a response flow is the response',
    policy: '<Set><StatusCode>201</StatusCode><ReasonPhrase>Made</ReasonPhrase><Payload>p</Payload></Set>',
    before: { response: responseOf({ body: 'old' }) },
    after: '201 Made\n\np',
  },
  {
    name: 'a standard reason phrase goes with its status',
    policy: '<Set><StatusCode>{v}</StatusCode></Set>',
    before: { response: responseOf({ status: 500, reason: 'Internal Server Error' }), variables: { v: 404 } },
    after: '404 Not Found',
  },
  {
    name: 'a reason phrase that is set stays, wherever it stands',
    policy: '<Set><ReasonPhrase>OK</ReasonPhrase><StatusCode>503</StatusCode></Set>',
    before: { response: responseOf() },
    after: '503 OK',
  },
  {
    name: 'a reason phrase stays one line',
    policy: '<Set><ReasonPhrase>{v}</ReasonPhrase></Set>',
    before: { response: responseOf(), variables: { v: 'a\r\nb: c' } },
    after: '200 a b: c',
  },
  {
    name: 'parameters, verb and path do nothing to a response',
    policy: `<Set><Verb>PUT</Verb><Path>/x</Path><QueryParams><QueryParam name="a">1</QueryParam></QueryParams>
      <FormParams><FormParam name="a">1</FormParam></FormParams></Set>`,
    before: { response: responseOf() },
    after: '200 OK',
  },
  {
    name: 'Copy from a request to a response takes headers and payload',
    policy: '<Copy source="request"/>',
    before: { uri: '/v1?a=1', headers: { a: '1' }, body: 'p', response: responseOf({ status: 202 }) },
    after: '202 Accepted\na: 1\n\np',
  },
  {
    name: 'createNew replaces the response',
    policy: '<AssignTo createNew="true" type="response"/><Set><Payload>new</Payload></Set>',
    before: { response: responseOf({ status: 500, headers: { a: '1' }, body: 'old' }) },
    after: '200 OK\n\nnew',
  },
];

describe('AssignMessage on a request', () => {
  for (const { name, policy, before, after } of requests) {
    it(name, () => assert.equal(shown(run(policy, before).request), after));
  }
});

describe('AssignMessage on a response', () => {
  for (const { name, policy, before, after } of responses) {
    it(name, () => {
      const { response } = run(policy, { phase: Phase.targetResponse, ...before });
      assert.equal(response && shown(response), after);
    });
  }

  for (const policy of [
    '<AssignTo createNew="true" type="response"/>',
    '<Set><Payload>new</Payload></Set>',
    '<Remove/>',
    '<Remove><Payload/></Remove>',
    '<Copy source="request"/>',
    '<AssignVariable><Name>response.content</Name><Value>new</Value></AssignVariable>',
  ]) {
    it(`gives up a payload that nobody will read: ${policy}`, () => {
      const { body, cancelled } = arriving();
      run(policy, { phase: Phase.targetResponse, response: responseOf({ body }) });
      assert.equal(cancelled(), 1);
    });
  }

  it('leaves alone a payload that the request has too', () => {
    const { body, cancelled } = arriving();
    const response = responseOf();
    response.adoptBody(body);
    run('<Set><Payload>new</Payload></Set>', { phase: Phase.proxyResponse, response, body });
    run('<AssignTo createNew="true" type="response"/>', { phase: Phase.proxyResponse, response, body });
    assert.equal(cancelled(), 0);
  });
});

/** A payload that has not come yet, and how often it was given up. */
function arriving(): { body: Body; cancelled: () => number } {
  let count = 0;
  const source = {
    declaredLength: undefined,
    start: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    cancel: () => {
      count++;
    },
  };
  const body = Body.ofSource(source, { bytes: 10, tooBig: { code: 'c', status: 502, text: 't' } });
  return { body, cancelled: () => count };
}

describe('AssignMessage in the error flow', () => {
  for (const [name, setting] of [
    ['writes to the pending error', ''],
    ['takes AssignTo response for it', '<AssignTo createNew="false" type="response">response</AssignTo>'],
    ['takes AssignTo request for it', '<AssignTo>request</AssignTo>'],
    ['takes AssignTo error for it', '<AssignTo>error</AssignTo>'],
  ] as const) {
    it(name, () => {
      const exchange = failed();
      policyOf(
        `${setting}<Set><StatusCode>404</StatusCode><Payload contentType="text/plain">gone</Payload></Set>`,
      ).step(exchange);
      assert.equal(exchange.error && shown(exchange.error), '404 Not Found\nContent-Type: text/plain\n\ngone');
      assert.equal(shown(exchange.request), 'GET /v1');
    });
  }

  it('replaces it with createNew', () => {
    const exchange = failed();
    policyOf('<AssignTo createNew="true" type="response">response</AssignTo>').step(exchange);
    assert.equal(exchange.error && shown(exchange.error), '200 OK');
  });
});

function failed(): Exchange {
  const exchange = exchangeOf();
  exchange.fault = new Fault({ code: 'steps.x.Y', status: 401, text: 'no' });
  exchange.error = defaultError(exchange.fault);
  return exchange;
}

describe('AssignTo with a name', () => {
  const set =
    '<Set><Verb>DELETE</Verb><Headers><Header name="a">1</Header></Headers><StatusCode>202</StatusCode></Set>';

  it('makes a message apart from the request', () => {
    const exchange = run(`<AssignTo createNew="true" type="request">my.msg</AssignTo>${set}`);
    assert.equal(shown(messageAt(exchange, 'my.msg')), 'DELETE \na: 1');
    assert.equal(shown(exchange.request), 'GET /v1');
    assert.equal(exchange.read('my.msg.header.a'), '1');
  });

  it('without type makes what the flow is about', () => {
    const before = { response: responseOf(), phase: Phase.proxyResponse };
    assert.equal(messageAt(run(`<AssignTo createNew="true">m</AssignTo>${set}`), 'm').kind, 'request');
    assert.equal(messageAt(run(`<AssignTo createNew="true">m</AssignTo>${set}`, before), 'm').kind, 'response');
  });

  it('replaces a message with createNew, else writes to it', () => {
    const fresh = run(`<AssignTo createNew="true" type="request">m</AssignTo>${set}`, { variables: { m: saved() } });
    assert.equal(shown(messageAt(fresh, 'm')), 'DELETE \na: 1');
    for (const createNew of ['', ' createNew="false"']) {
      const kept = run(`<AssignTo${createNew} type="response">m</AssignTo>${set}`, { variables: { m: saved({}, '') } });
      assert.equal(shown(messageAt(kept, 'm')), 'DELETE /saved?q=2\na: 1');
    }
  });

  it('makes one when there is none and createNew is not said', () => {
    assert.equal(shown(messageAt(run(`<AssignTo type="response">m</AssignTo>${set}`), 'm')), '202 Accepted\na: 1');
    const named =
      '<AssignTo type="request">m</AssignTo><AssignVariable><Name>m.header.b</Name><Value>2</Value></AssignVariable>';
    assert.equal(shown(messageAt(run(named), 'm')), 'GET \nb: 2');
  });

  it('makes a response before there is one', () => {
    const exchange = run(`<AssignTo createNew="true" type="response">response</AssignTo>${set}`);
    assert.equal(exchange.read('response.status.code'), 202);
    assert.equal(exchange.message, exchange.request);
  });

  it('faults with createNew false when there is none', async () => {
    const { step } = policyOf(`<AssignTo createNew="false">m</AssignTo>${set}`);
    const missing = await faultOf(step, exchangeOf());
    assert.equal(missing.code, 'steps.assignmessage.UnresolvedVariable');
    assert.equal(missing.faultstring, 'AssignMessage[AM-1]: unable to resolve variable m');
    const other = await faultOf(step, exchangeOf({ variables: { m: 'text' } }));
    assert.equal(other.code, 'steps.assignmessage.VariableOfNonMsgType');
    assert.equal(other.faultstring, 'AssignMessage[AM-1]: value of variable m is not of type Message');
  });

  it('does not matter to a policy of variables alone', () => {
    const policy =
      '<AssignTo createNew="false">response</AssignTo><AssignVariable><Name>v</Name><Value>1</Value></AssignVariable>';
    assert.equal(run(policy).read('v'), '1');
  });
});

function messageAt(exchange: Exchange, name: string): Message {
  const value = exchange.read(name);
  assert.ok(value instanceof Message);
  return value;
}

describe('AssignVariable', () => {
  const assigned = (sources: string, before: ExchangeOptions = {}, rest = '', options?: PolicyOptions) =>
    run(`<AssignVariable><Name>v</Name>${sources}</AssignVariable>${rest}`, before, options).read('v');
  const options = { resources: { 'jsc://settings.json': '{"mode":"fast"}' } };
  const sets = { endpoint: { properties: new Map([['routes.rule2', 'south']]) } };

  const rows: readonly (readonly [string, string, unknown])[] = [
    ['Value is literal, blanks and braces kept', '<Value> a{request.verb} </Value>', ' a{request.verb} '],
    ['an empty Value is an empty text', '<Value/>', ''],
    ['Ref reads a variable', '<Ref>request.queryparam.a</Ref><Value>unused</Value>', 'A'],
    ['Value steps in for Ref', '<Ref>request.queryparam.none</Ref><Value>fallback</Value>', 'fallback'],
    ['Ref keeps the type', '<Ref>number</Ref>', 7],
    ['Template is rendered', '<Template>{request.verb}-{request.queryparam.a}</Template>', 'GET-A'],
    ['Template before Ref before Value', '<Value>v</Value><Ref>number</Ref><Template>t</Template>', 't'],
    [
      'ResourceURL before Template',
      '<Template>t</Template><ResourceURL>jsc://settings.json</ResourceURL>',
      '{"mode":"fast"}',
    ],
    ['ResourceURL may be a template', '<ResourceURL>jsc://{file}.json</ResourceURL>', '{"mode":"fast"}'],
    ['Template ref gives the template', '<Template ref="tpl">unused</Template>', 'hi A'],
    ['a null Template ref leaves the text', '<Template ref="none">default {number}</Template>', 'default 7'],
    ['PropertySetRef is a template', '<PropertySetRef>routes.{rule}</PropertySetRef>', 'south'],
    ['PropertySetRef comes last', '<PropertySetRef>routes.rule2</PropertySetRef><Value>v</Value>', 'v'],
  ];
  for (const [name, sources, value] of rows) {
    it(name, () => {
      const variables = { number: 7, tpl: 'hi {request.queryparam.a}', rule: 'rule2', file: 'settings' };
      assert.equal(assigned(sources, { uri: '/v1?a=A', variables, ...sets }, '', options), value);
    });
  }

  it('gives null for what is missing when that is ignored', () => {
    for (const source of [
      '<Ref>none</Ref>',
      '<ResourceURL>jsc://none.js</ResourceURL>',
      '<ResourceURL>jsc://{none}</ResourceURL>',
      '<PropertySetRef>a.b</PropertySetRef>',
      '<PropertySetRef>a.{none}</PropertySetRef>',
      '',
    ]) {
      assert.equal(assigned(source, { variables: { v: 'old' } }, ignoring), undefined);
    }
  });

  it('faults for what is missing when it is not', async () => {
    for (const [source, name] of [
      ['<Ref>none</Ref>', 'none'],
      ['<Template>{none}</Template>', 'none'],
      ['<Template ref="tpl"/>', 'gone'],
      ['<ResourceURL>jsc://none.js</ResourceURL>', 'jsc://none.js'],
      ['<PropertySetRef>a.b</PropertySetRef>', 'propertyset.a.b'],
    ]) {
      const { step } = policyOf(`<AssignVariable><Name>v</Name>${source}</AssignVariable>`);
      const fault = await faultOf(step, exchangeOf({ variables: { tpl: '{gone}' } }));
      assert.equal(fault.code, 'steps.assignmessage.UnresolvedVariable');
      assert.equal(fault.faultstring, `AssignMessage[AM-1]: unable to resolve variable ${name}`);
    }
  });

  it('writes parts of messages', () => {
    const exchange =
      run(`<AssignVariable><Name>request.queryparam.w</Name><Ref>request.queryparam.w</Ref><Value>127</Value></AssignVariable>
      <AssignVariable><Name>request.header.a</Name><Value>1</Value></AssignVariable>`);
    assert.equal(shown(exchange.request), 'GET /v1?w=127\na: 1');
  });

  it('keeps a message a message', () => {
    const exchange = run('<AssignVariable><Name>m</Name><Ref>request</Ref></AssignVariable>');
    assert.equal(exchange.read('m'), exchange.request);
  });

  it('faults when the variable cannot be set', async () => {
    const { step } = policyOf('<AssignVariable><Name>a.b.c</Name><Value>1</Value></AssignVariable>');
    const fault = await faultOf(step, exchangeOf({ variables: { 'a.b': 'text' } }));
    assert.equal(fault.code, 'steps.assignmessage.SetVariableFailed');
    assert.match(fault.faultstring, /^AssignMessage\[AM-1\]: .*a\.b\.c/);
  });

  it('compiles templates from variables again when they change', () => {
    const { step } = policyOf('<AssignVariable><Name>v</Name><Template ref="t"/></AssignVariable>');
    const exchange = exchangeOf();
    for (let count = 0; count < 200; count++) {
      exchange.setVariable('t', `${count % 100}{request.verb}`);
      step(exchange);
      assert.equal(exchange.read('v'), `${count % 100}GET`);
    }
  });
});

describe('AssignMessage and Google tokens', () => {
  const set = '<Set><Authentication><GoogleAccessToken/></Authentication><Payload>after</Payload></Set>';
  const authenticating = (token: () => string | Promise<string>) =>
    compilePolicy(AssignMessage, `<AssignMessage name="AM-1">${set}</AssignMessage>`, {
      compiler: { googleTokens: { hasSource: true, token } },
    });

  for (const [name, token] of [
    ['in memory', () => 't-1'],
    ['waited for', () => Promise.resolve('t-1')],
  ] as const) {
    it(`a token that is ${name} replaces the header, then the rest is done`, async () => {
      const exchange = exchangeOf({ headers: { authorization: 'Basic eA==' } });
      const { step, diagnostics } = authenticating(token);
      assert.deepEqual(diagnostics, []);
      await step(exchange);
      assert.equal(exchange.request.headers.line('Authorization'), 'Bearer t-1');
      assert.equal(exchange.request.content, 'after');
    });
  }

  it('without a source it is a fault', async () => {
    const { step } = policyOf(set);
    const { code, status } = await faultOf(step, exchangeOf());
    assert.deepEqual([code, status], ['messaging.adaptors.http.filter.GoogleTokenGenerationFailure', 500]);
  });
});

describe('AssignMessage faults', () => {
  const faults: readonly (readonly [string, string, ExchangeOptions, string])[] = [
    ['an unresolved variable', '<Set><Payload>{none}</Payload></Set>', {}, 'UnresolvedVariable'],
    ['an unresolved source', '<Copy source="none"><Headers/></Copy>', {}, 'UnresolvedVariable'],
    ['a source that is no message', '<Copy source="t"/>', { variables: { t: 'x' } }, 'VariableOfNonMsgType'],
    ['a verb that is none', '<Set><Verb>{t}</Verb></Set>', { variables: { t: 'GET /\r\n' } }, 'SetVariableFailed'],
    ['a path of two lines', '<Set><Path>{t}</Path></Set>', { variables: { t: '/a\nb' } }, 'SetVariableFailed'],
    [
      'a status that is none',
      '<Set><StatusCode>{t}</StatusCode></Set>',
      { response: responseOf(), variables: { t: 'x' } },
      'SetVariableFailed',
    ],
    [
      'a status that is none, written out',
      '<Set><StatusCode>200 OK</StatusCode></Set>',
      { response: responseOf() },
      'SetVariableFailed',
    ],
  ];
  for (const [name, policy, before, code] of faults) {
    it(name, async () => {
      const fault = await faultOf(policyOf(policy).step, exchangeOf(before));
      assert.equal(fault.code, `steps.assignmessage.${code}`);
      assert.equal(fault.status, 500);
      assert.match(fault.faultstring, /^AssignMessage\[AM-1\]: /);
    });
  }

  for (const [name, header] of [
    ['a header value of two lines', '<Header name="a">{t}</Header>'],
    ['a header value of two lines, written out', '<Header name="a">b\nc: d</Header>'],
    ['a header name that is none', '<Header name="a b">c</Header>'],
    ['a header name that is none, with a variable', '<Header name="a b">{request.verb}</Header>'],
  ] as const) {
    for (const action of ['Add', 'Set']) {
      it(`${name}, in ${action}`, async () => {
        const { step } = policyOf(`<${action}><Headers>${header}</Headers></${action}>`);
        const exchange = exchangeOf({ variables: { t: 'a\r\nb: c' } });
        const fault = await faultOf(step, exchange);
        assert.equal(fault.code, 'protocol.http.HeaderWithInvalidChar');
        assert.deepEqual(exchange.request.headers.raw, []);
      });
    }
  }
});

describe('AssignMessage diagnostics', () => {
  const rows: readonly (readonly [string, string, string, string])[] = [
    ['index 0', '<Remove><Headers><Header name="a.0"/></Headers></Remove>', 'error', 'ZH105'],
    [
      'a negative index',
      '<Copy source="m"><QueryParams><QueryParam name="a.-1"/></QueryParams></Copy>',
      'error',
      'ZH105',
    ],
    ['a variable without name', '<AssignVariable><Name> </Name><Value>1</Value></AssignVariable>', 'error', 'PO026'],
    ['a variable without Name', '<AssignVariable><Value>1</Value></AssignVariable>', 'error', 'PO026'],
    [
      'the reserved name',
      '<AssignVariable><Name>ratelimit</Name><Value>1</Value></AssignVariable>',
      'warning',
      'ZH108',
    ],
    ['a status that is none', '<Set><StatusCode>abc</StatusCode></Set>', 'warning', 'ZH103'],
    ['a header outside its list', '<Add><Header name="a">1</Header></Add>', 'warning', 'PO034'],
    ['a header name that is none', '<Add><Headers><Header name="a b">1</Header></Headers></Add>', 'warning', 'ZH102'],
    ['a header value of two lines', '<Add><Headers><Header name="a">b\nc</Header></Headers></Add>', 'warning', 'ZH102'],
    ['authentication', '<Set><Authentication><GoogleAccessToken/></Authentication></Set>', 'warning', 'ZH104'],
    ['a part that cannot be removed', '<Remove><Verb/></Remove>', 'warning', 'PO034'],
    ['no action at all', '<AssignTo>request</AssignTo>', 'warning', 'PO034'],
    ['an empty Set', '<Set/>', 'warning', 'PO034'],
    ['an empty Add', '<Add></Add>', 'warning', 'PO034'],
    ['a variable without value', '<AssignVariable><Name>v</Name></AssignVariable>', 'warning', 'PO026'],
    [
      'a missing resource',
      '<AssignVariable><Name>v</Name><ResourceURL>jsc://a.js</ResourceURL></AssignVariable>',
      'warning',
      'ZH110',
    ],
    ['braces in Ref', '<AssignVariable><Name>v</Name><Ref>{a}</Ref></AssignVariable>', 'warning', 'PO026'],
    [
      'the implied prefix of PropertySetRef',
      '<AssignVariable><Name>v</Name><PropertySetRef>propertyset.a.b</PropertySetRef></AssignVariable>',
      'warning',
      'PO026',
    ],
    [
      'a type that is none',
      '<AssignTo createNew="false" type="message"/><Set><Verb>GET</Verb></Set>',
      'warning',
      'ZH112',
    ],
    ['a type against the name', '<AssignTo createNew="true" type="request">response</AssignTo>', 'warning', 'ZH112'],
  ];
  for (const [name, policy, severity, code] of rows) {
    it(name, () => {
      const found = policyOf(policy).diagnostics.map((one) => [one.severity, one.code]);
      assert.deepEqual(found, [[severity, code]]);
    });
  }

  it('are none for what public bundles carry', () => {
    const policy = `<DisplayName>x</DisplayName><FaultRules/><Properties/>
      <AssignTo createNew="false" transport="http" type="request"/>${ignoring}
      <Copy source="request"><Headers/><QueryParams/><FormParams/><Payload/><Verb/><StatusCode/><Path/></Copy>
      <Set><Headers/><QueryParams/><FormParams/><Payload contentType="" variablePrefix="" variableSuffix=""/><Verb/><Path/><StatusCode/><ReasonPhrase/></Set>`;
    assert.deepEqual(policyOf(policy).diagnostics, []);
  });
});

describe('AssignMessage payload needs', () => {
  const rows: readonly (readonly [string, BodyNeed])[] = [
    ['<Set><Headers><Header name="a">{request.verb}</Header></Headers><Payload>x</Payload></Set>', BodyNeed.none],
    ['<Copy source="request"><Headers/></Copy>', BodyNeed.none],
    ['<Copy source="request"/>', BodyNeed.request],
    ['<Copy><Payload>true</Payload></Copy>', BodyNeed.current],
    ['<Set><Payload>{response.content}</Payload></Set>', BodyNeed.response],
    ['<Add><FormParams><FormParam name="a">1</FormParam></FormParams></Add>', BodyNeed.current],
    ['<AssignTo>request</AssignTo><Remove><FormParams/></Remove>', BodyNeed.request | BodyNeed.error],
    [
      '<AssignTo createNew="true">m</AssignTo><Set><FormParams><FormParam name="a">1</FormParam></FormParams></Set>',
      BodyNeed.none,
    ],
    ['<Remove/>', BodyNeed.none],
  ];
  for (const [policy, needs] of rows) it(policy, () => assert.equal(policyOf(policy).needs, needs));
});
