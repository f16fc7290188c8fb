import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { Phase } from '../../runtime/message/exchange.ts';
import { OASValidation } from '../../runtime/policies/OASValidation.ts';
import { loadOas } from '../../runtime/policies/oas-engine.ts';
import { listed } from '../support/diagnostics.ts';
import { type ExchangeOptions, exchangeOf, responseOf } from '../support/exchange.ts';
import { deepJson, hostileJson } from '../support/hostile.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const oas = await loadOas();

const shop = `openapi: 3.0.3
info: { title: shop, version: '1' }
servers: [{ url: 'https://ignored.example/base' }]
paths:
  /pets/{petId}:
    parameters:
      - { name: petId, in: path, required: true, schema: { type: integer, minimum: 1 } }
    get:
      parameters:
        - { name: limit, in: query, schema: { type: integer, maximum: 10, exclusiveMaximum: true } }
        - { name: tag, in: query, schema: { type: array, items: { type: string, maxLength: 2 }, maxItems: 2 } }
        - { name: ids, in: query, explode: false, schema: { type: array, items: { type: integer } } }
        - { name: near, in: query, style: deepObject, schema: { type: object, properties: { x: { type: number }, y: { type: number } } } }
        - { name: filter, in: query, content: { application/json: { schema: { type: object, required: [a] } } } }
        - { $ref: '#/components/parameters/Trace' }
        - { name: Accept, in: header, schema: { type: integer } }
        - { name: sid, in: cookie, schema: { type: string, pattern: '^[a-z]+$' } }
      responses:
        '200':
          description: ok
          headers: { X-Rate: { required: true, schema: { type: integer } } }
          content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } }
        4XX: { description: no, content: { application/json: { schema: { type: object } } } }
        default: { description: else }
  /pets/mine:
    get: { parameters: [{ name: q, in: query, required: true, schema: { type: string } }], responses: { '200': { description: ok } } }
  /files/{name}.json:
    get: { parameters: [{ name: name, in: path, required: true, schema: { type: string, maxLength: 3 } }], responses: {} }
  /pets:
    post:
      requestBody: { $ref: '#/components/requestBodies/Pet' }
      responses: { '201': { description: made } }
    put: { requestBody: { content: { text/plain: {} } }, responses: {} }
components:
  parameters:
    Trace: { name: X-Trace, in: header, required: false, schema: { type: boolean } }
  requestBodies:
    Pet: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
  securitySchemes:
    key: { type: apiKey, in: query, name: apikey }
  schemas:
    Pet:
      type: object
      additionalProperties: false
      required: [name]
      properties:
        name: { type: string, minLength: 2 }
        age: { type: integer, nullable: true }
        kind: { type: string, enum: [cat, dog], nullable: true }
        born: { type: string, format: date }
        friend: { nullable: true, allOf: [{ $ref: '#/components/schemas/Pet' }] }
        constructor: { type: string }
`;

const modern = JSON.stringify({
  openapi: '3.1.0',
  paths: {
    '/a': {
      post: {
        requestBody: {
          content: { 'application/json': { schema: { type: ['string', 'null'], $defs: { a: true }, minLength: 2 } } },
        },
      },
    },
  },
});

const resources = {
  'oas://shop.yaml': shop,
  'oas://modern.json': modern,
  'oas://swagger.yaml': 'swagger: "2.0"',
  'oas://broken.yaml': 'a: [',
  'oas://bomb.yaml': `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]`,
  'oas://lost.yaml':
    'openapi: 3.0.0\npaths: { /a: { get: { parameters: [{ $ref: "#/components/parameters/None" }] } } }',
  'oas://circle.yaml': 'openapi: 3.0.0\npaths: { /a: { $ref: "#/paths/~1b" }, /b: { $ref: "#/paths/~1a" } }',
  'oas://schema.yaml':
    'openapi: 3.0.0\npaths: { /a: { get: { parameters: [{ name: q, in: query, schema: { $ref: "#/none" } }] } } }',
};

const bodies = '<ValidateMessageBody>true</ValidateMessageBody>';

function policyOf(options = bodies, resource = 'oas://shop.yaml', more = '') {
  const xml = `<OASValidation name="OV-1"><OASResource>${resource}</OASResource><Options>${options}</Options>${more}</OASValidation>`;
  // A template makes all documents ready, and here are faulty ones among them.
  const given = resource.includes('{') ? { 'oas://shop.yaml': shop } : resources;
  return compilePolicy(OASValidation, xml, { resources: given, compiler: { oas } });
}

async function outcome(policy: ReturnType<typeof policyOf>, before: ExchangeOptions): Promise<string> {
  const exchange = exchangeOf(before);
  try {
    await policy.step(exchange);
    return 'valid';
  } catch {
    const fault = await faultOf(policy.step, exchange);
    assert.deepEqual([fault.code, fault.status], ['steps.oasvalidation.Failed', 400]);
    assert.equal(exchange.read('OASValidation.OV-1.fault.cause'), fault.faultstring);
    const shape = /^OASValidation OV-1 with resource "oas:\/\/\S+": failed with reason: "\[ERROR - (.*): \[\]\]"$/s;
    return shape.exec(fault.faultstring)?.[1] ?? fault.faultstring;
  }
}

/** Path and query, headers, outcome. */
const gets: readonly [string, Readonly<Record<string, string>>, string][] = [
  ['/pets/5', {}, 'valid'],
  ['/pets/5/', {}, 'valid'],
  ['/pets/5?other=1', { 'x-other': '1' }, 'valid'],
  ['/none', {}, "No API path found that matches request '/none'."],
  ['/pets', {}, "GET operation not allowed on path '/pets'."],
  ['/pets/abc', {}, "Path parameter 'petId': The value must be integer"],
  ['/pets/0', {}, "Path parameter 'petId': The value must be >= 1"],
  ['/pets/mine', {}, "Query parameter 'q' is required on this operation but not found."],
  ['/pets/mine?q=', {}, 'valid'],
  ['/pets/5?limit=9', {}, 'valid'],
  ['/pets/5?limit=10', {}, "Query parameter 'limit': The value must be < 10"],
  ['/pets/5?limit=0x1', {}, "Query parameter 'limit': The value must be integer"],
  ['/pets/5?tag=1&tag=b', {}, 'valid'],
  ['/pets/5?tag=a&tag=b&tag=c', {}, "Query parameter 'tag': The value must NOT have more than 2 items"],
  ['/pets/5?tag=long', {}, "Query parameter 'tag': [Path '/0'] The value must NOT have more than 2 characters"],
  ['/pets/5?ids=1,2', {}, 'valid'],
  ['/pets/5?ids=1,b', {}, "Query parameter 'ids': [Path '/1'] The value must be integer"],
  ['/pets/5?near%5Bx%5D=1.5', {}, 'valid'],
  ['/pets/5?near%5Bx%5D=b', {}, "Query parameter 'near': [Path '/x'] The value must be number"],
  ['/pets/5?filter=%7B%22a%22%3A1%7D', {}, 'valid'],
  ['/pets/5?filter=%7B%7D', {}, 'Query parameter \'filter\': Object has missing required properties (["a"])'],
  ['/pets/5?filter=%7B', {}, "Query parameter 'filter': The value is not JSON"],
  ['/pets/5', { 'x-trace': 'true', accept: 'text/xml' }, 'valid'],
  ['/pets/5', { 'x-trace': 'yes' }, "Header parameter 'X-Trace': The value must be boolean"],
  ['/pets/5', { cookie: 'a=b; sid=abc' }, 'valid'],
  ['/pets/5', { cookie: 'sid=A1' }, 'Cookie parameter \'sid\': The value must match pattern "^[a-z]+$"'],
  ['/files/abc.json', {}, 'valid'],
  ['/files/abcd.json', {}, "Path parameter 'name': The value must NOT have more than 3 characters"],
  ['/files/a%20b.json', {}, 'valid'],
  ['/files/abc', {}, "No API path found that matches request '/files/abc'."],
];

const json = { 'Content-Type': 'application/json' };

/** Payload for a Pet, outcome. */
const posts: readonly [string, string][] = [
  ['{"name":"Rex","age":null,"kind":null,"born":"2020-02-29","friend":null}', 'valid'],
  ['{"name":"Rex","friend":{"name":"Tom"}}', 'valid'],
  ['{"age":3}', 'Object has missing required properties (["name"])'],
  ['{"name":"R"}', "[Path '/name'] The value must NOT have fewer than 2 characters"],
  ['{"name":"Rex","kind":"cow"}', '[Path \'/kind\'] The value is not one of ["cat","dog",null]'],
  ['{"name":"Rex","x":1}', 'Object has properties which are not allowed (["x"])'],
  ['{"name":"Rex","__proto__":1}', 'Object has properties which are not allowed (["__proto__"])'],
  ['{"name":"Rex","born":"soon"}', '[Path \'/born\'] The value must match format "date"'],
  ['{"name":"Rex","friend":{}}', '[Path \'/friend\'] Object has missing required properties (["name"])'],
  ['', 'A request body is required but none found.'],
];

describe('OASValidation of requests', () => {
  const policy = policyOf();
  for (const [path, headers, expected] of gets) {
    it(`GET ${path} ${JSON.stringify(headers)}`, async () => {
      assert.equal(await outcome(policy, { uri: `/v1${path}`, headers }), expected);
    });
  }

  for (const [body, expected] of posts) {
    it(`POST ${body}`, async () => {
      assert.equal(await outcome(policy, { verb: 'POST', uri: '/v1/pets', headers: json, body }), expected);
    });
  }

  it('another type of payload passes unread, and so does any without the option', async () => {
    const uri = '/v1/pets';
    assert.equal(
      await outcome(policy, { verb: 'POST', uri, headers: { 'Content-Type': 'text/xml' }, body: '<a/>' }),
      'valid',
    );
    assert.equal(await outcome(policyOf(''), { verb: 'POST', uri, headers: json, body: '{}' }), 'valid');
    assert.equal(await outcome(policy, { verb: 'PUT', uri }), 'valid');
  });

  for (const [option, before, expected] of [
    ['Query', { uri: '/v1/pets/5?b=1' }, "Query parameter 'b' is not specified."],
    ['Query', { uri: '/v1/pets/5?limit=1&near%5By%5D=2&apikey=k' }, 'valid'],
    ['Header', { headers: { 'x-b': '1' } }, "Header parameter 'x-b' is not specified."],
    ['Header', { headers: { 'x-trace': 'true', host: 'h', 'user-agent': 'u', 'x-forwarded-for': 'f' } }, 'valid'],
    ['Cookie', { headers: { cookie: 'sid=a; b=c' } }, "Cookie parameter 'b' is not specified."],
  ] as const) {
    it(`${option} parameters that are not specified: ${JSON.stringify(before)}`, async () => {
      const policy = policyOf(`<AllowUnspecifiedParameters><${option}>false</${option}></AllowUnspecifiedParameters>`);
      assert.equal(await outcome(policy, { uri: '/v1/pets/5', ...before }), expected);
    });
  }

  it('OpenAPI 3.1', async () => {
    const policy = policyOf(bodies, 'oas://modern.json');
    const post = (body: string) => outcome(policy, { verb: 'POST', uri: '/v1/a', headers: json, body });
    assert.deepEqual([await post('null'), await post('"ab"')], ['valid', 'valid']);
    assert.equal(await post('"a"'), 'The value must NOT have fewer than 2 characters');
  });

  it('the document can be named by a variable', async () => {
    const policy = policyOf(bodies, 'oas://{f}.yaml');
    assert.equal(await outcome(policy, { uri: '/v1/pets/5', variables: { f: 'shop' } }), 'valid');
    assert.equal(await outcome(policy, { uri: '/v1/pets/5', variables: { f: 'x' } }), 'The resource does not exist');
  });

  it('takes the payload of its source', () => {
    assert.equal(policyOf(bodies, 'oas://shop.yaml', '<Source>request</Source>').needs, BodyNeed.request);
  });

  for (const { name, payload } of [...hostileJson, ...deepJson]) {
    it(`refuses ${name}`, async () => {
      const before = { verb: 'POST', uri: '/v1/pets', headers: json, body: payload };
      assert.notEqual(await outcome(policy, before), 'valid');
    });
  }
});

describe('OASValidation of responses', () => {
  const policy = policyOf();
  for (const [response, expected] of [
    [responseOf({ headers: { ...json, 'X-Rate': '1' }, body: '{"name":"Rex"}' }), 'valid'],
    [
      responseOf({ headers: json, body: '{"name":"Rex"}' }),
      "Header parameter 'X-Rate' is required on this operation but not found.",
    ],
    [
      responseOf({ headers: { ...json, 'X-Rate': 'a' }, body: '{"name":"Rex"}' }),
      "Header parameter 'X-Rate': The value must be integer",
    ],
    [
      responseOf({ headers: { ...json, 'X-Rate': '1' }, body: '{}' }),
      'Object has missing required properties (["name"])',
    ],
    [responseOf({ headers: { 'X-Rate': '1' } }), 'A response body is required but none found.'],
    [responseOf({ status: 404, headers: json, body: '[]' }), 'The value must be object'],
    [responseOf({ status: 500 }), 'valid'],
  ] as const) {
    it(expected, async () => {
      assert.equal(await outcome(policy, { uri: '/v1/pets/5', phase: Phase.targetResponse, response }), expected);
    });
  }
});

describe('OASValidation fails on', () => {
  for (const [source, code] of [
    ['none', 'SourceMessageNotAvailable'],
    ['v', 'NonMessageVariable'],
  ]) {
    it(`the source ${source}`, async () => {
      const { step } = policyOf(bodies, 'oas://shop.yaml', `<Source>${source}</Source>`);
      const fault = await faultOf(step, exchangeOf({ variables: { v: 'x' } }));
      assert.deepEqual([fault.code, fault.status], [`steps.oasvalidation.${code}`, 500]);
    });
  }
});

describe('OASValidation when the bundle is loaded', () => {
  for (const [resource, expected] of [
    ['', /error ZH440 .*BadResourceURL/],
    ['jsc://a.js', /error ZH440 .*BadResourceURL/],
    ['oas://shop.yml', /error ZH441 .*ResourceDoesNotExist/],
    ['oas://swagger.yaml', /error ZH442 .*version is 2\.0/],
    ['oas://broken.yaml', /error ZH442 .*ResourceCompileFailed/],
    ['oas://bomb.yaml', /error ZH442/],
    ['oas://lost.yaml', /error ZH442 .*None" leads nowhere/],
    ['oas://circle.yaml', /error ZH442 .*circles/],
    ['oas://schema.yaml', /error ZH442 .*#\/none/],
  ] as const) {
    it(resource, () => {
      const [found = ''] = listed(policyOf('', resource).diagnostics);
      assert.match(found, expected);
    });
  }
});
