import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { GraphQL } from '../../runtime/policies/GraphQL.ts';
import { loadGraphql } from '../../runtime/policies/graphql-engine.ts';
import { listed } from '../support/diagnostics.ts';
import { type ExchangeOptions, exchangeOf } from '../support/exchange.ts';
import { deepJson, hostileJson } from '../support/hostile.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const graphql = await loadGraphql();

const resources = {
  'graphql://shop.graphql': 'type Query { employee(id: Int!): Employee } type Employee { id: Int, boss: Employee }',
  'graphql://broken.graphql': 'type Query {',
  'graphql://loose.graphql': 'type Query { a: Nowhere }',
};

function policyOf(inner: string) {
  return compilePolicy(GraphQL, `<GraphQL name="GQ-1">${inner}</GraphQL>`, { resources, compiler: { graphql } });
}

const plain = { 'Content-Type': 'application/graphql' };
const json = { 'Content-Type': 'application/json' };
const post = (body: string | Buffer, headers: Readonly<Record<string, string>> = plain): ExchangeOptions => ({
  verb: 'POST',
  headers,
  body,
});

function variables(before: ExchangeOptions, inner = ''): Record<string, unknown> {
  const exchange = exchangeOf(before);
  policyOf(inner).step(exchange);
  const found = [...(exchange.variables ?? [])].filter(([name]) => name.startsWith('graphql.'));
  return Object.fromEntries(found.map(([name, value]) => [name.replace('graphql.operation.', ''), value]));
}

/** Query, some of the variables. */
const facts: readonly [string, Readonly<Record<string, unknown>>][] = [
  [
    'query Q { employee(id: 123) { id, first: firstName @skip(if: $s) } }',
    {
      operationType: 'QUERY',
      name: 'Q',
      'selectionSet.count': 1,
      'selectionSet.1.name': 'employee',
      'selectionSet.1.argument.count': 1,
      'selectionSet.1.argument.1.name': 'id',
      'selectionSet.1.argument.1.value': 'IntValue{value=123}',
      'selectionSet.1.selectionSet.count': 2,
      'selectionSet.1.selectionSet.2.name': 'firstName',
      'selectionSet.1.selectionSet.2.alias': 'first',
      'selectionSet.1.selectionSet.2.directive.count': 1,
      'selectionSet.1.selectionSet.2.directive.1.name': 'skip',
      'selectionSet.1.selectionSet.2.directive.1.argument.1.value': "VariableReference{name='s'}",
      'graphql.fragment.count': 0,
    },
  ],
  [
    'query ($e: Episode, $l: [Int!]!) { a(r: ADMIN, s: "x", f: 1.5, n: null, b: true, l: [1, 2], o: {k: 1}) }',
    {
      'variableDefinitions.count': 2,
      'variableDefinitions.1.name': 'e',
      'variableDefinitions.1.type': "TypeName{name='Episode'}",
      'variableDefinitions.2.type': "NonNullType{type=ListType{type=NonNullType{type=TypeName{name='Int'}}}}",
      'selectionSet.1.argument.1.value': "EnumValue{name='ADMIN'}",
      'selectionSet.1.argument.2.value': "StringValue{value='x'}",
      'selectionSet.1.argument.3.value': 'FloatValue{value=1.5}',
      'selectionSet.1.argument.4.value': 'NullValue{}',
      'selectionSet.1.argument.5.value': 'BooleanValue{value=true}',
      'selectionSet.1.argument.6.value': 'ArrayValue{values=[IntValue{value=1}, IntValue{value=2}]}',
      'selectionSet.1.argument.7.value': "ObjectValue{objectFields=[ObjectField{name='k', value=IntValue{value=1}}]}",
    },
  ],
  [
    '{ ...F ... on T { __proto__ } } fragment F on T { a }',
    { 'graphql.fragment.count': 1, 'selectionSet.1.name': 'F', 'selectionSet.2.selectionSet.1.name': '__proto__' },
  ],
];

describe('GraphQL', () => {
  for (const [query, expected] of facts) {
    it(query, () => {
      const found = variables(post(query));
      for (const [name, value] of Object.entries(expected)) assert.equal(found[name], value, name);
    });
  }

  it('a query in JSON, in a parameter, in a text', () => {
    const wrapped = JSON.stringify({ query: 'mutation M { a }', variables: {} });
    const allowed = '<OperationType>all</OperationType>';
    assert.equal(variables(post(wrapped, json), allowed).operationType, 'MUTATION');
    assert.equal(variables({ uri: '/v1?query=%7Bb%7D' })['selectionSet.1.name'], 'b');
    assert.equal(variables({ variables: { q: '{c}' } }, '<Source>q</Source>')['selectionSet.1.name'], 'c');
  });

  it('nothing is left of a document before', () => {
    const exchange = exchangeOf(post('query Q { a b }'));
    const { step } = policyOf('');
    step(exchange);
    exchange.request.content = '{ c }';
    step(exchange);
    assert.equal(exchange.read('graphql.operation.name'), undefined);
    assert.equal(exchange.read('graphql.operation.selectionSet.2.name'), undefined);
  });

  it('a document that fits the schema', () => {
    const inner = '<Action>verify</Action><ResourceURL>graphql://shop.graphql</ResourceURL>';
    assert.equal(variables(post('{ employee(id: 1) { id } }'), inner).operationType, 'QUERY');
  });

  it('takes the payload of the request', () => assert.equal(policyOf('').needs, BodyNeed.request));
});

const verify = '<Action>parse_verify</Action><ResourceURL>graphql://shop.graphql</ResourceURL>';
const fields = (depth: number) => '{a'.repeat(depth) + '}'.repeat(depth);

/** Policy, query, error, reason. */
const faults: readonly [string, string, string, RegExp][] = [
  ['', 'mutation { a }', 'UnsupportedOperationType', /a mutation is not allowed/],
  ['<OperationType>mutation</OperationType>', '{ a }', 'UnsupportedOperationType', /a query/],
  ['<OperationType>query_mutation</OperationType>', 'subscription { a }', 'UnsupportedOperationType', /a subscription/],
  ['', 'query Q { a } mutation M { a }', 'UnsupportedOperationType', /a mutation/],
  ['', fields(11), 'MaxDepthExceeded', /deeper than 10 levels/],
  ['<MaxDepth>2</MaxDepth>', '{ a { ...F } } fragment F on T { b { c } }', 'MaxDepthExceeded', /2/],
  ['', '{ ...F } fragment F on T { a { ...F } }', 'MaxDepthExceeded', /10/],
  ['<MaxCount>1</MaxCount>', '{ a } fragment F on T { a } fragment G on T { a }', 'MaxCountExceeded', /1/],
  ['<MaxPayloadSizeInBytes>4</MaxPayloadSizeInBytes>', '{ a }', 'PayloadTooLarge', /4 bytes/],
  ['', '{ a', 'ParseFailed', /Syntax Error.*line 1/],
  ['', 'fragment F on T { a }', 'ParseFailed', /no operation/],
  ['', 'type T { a: Int }', 'ParseFailed', /no operation/],
  [verify, '{ employee { id } }', 'VerificationFailed', /argument "id" of type "Int!" is required/],
  [verify, '{ employee(id: 1) { none } }', 'VerificationFailed', /Cannot query field "none"/],
];

describe('GraphQL refuses', () => {
  for (const [inner, query, error, reason] of faults) {
    it(`${inner} ${query.slice(0, 80)}`, async () => {
      const fault = await faultOf(policyOf(inner).step, exchangeOf(post(query)));
      assert.deepEqual([fault.code, fault.status], [`steps.graphql.${error}`, 400]);
      assert.match(fault.faultstring, /^GraphQL\[GQ-1\]: /);
      assert.match(fault.faultstring, reason);
    });
  }

  const hostile = [
    { name: '100,000 open braces', payload: '{a'.repeat(100_000) },
    { name: '100,000 nested fields', payload: fields(100_000) },
    { name: '10 MB of brackets', payload: '{'.repeat(10_000_000) },
    { name: '10 MB of blanks and names', payload: `{${'a '.repeat(5_000_000)}}` },
    { name: 'nested lists', payload: `{a(b:${'['.repeat(100_000)}${']'.repeat(100_000)})}` },
    { name: 'bytes that are not UTF-8', payload: Buffer.from('{ a(b: "\xff") }', 'latin1') },
    { name: 'an open string', payload: `{a(b:"${'x'.repeat(1_000_000)}` },
    { name: 'nothing', payload: '' },
  ];
  for (const { name, payload } of hostile) {
    it(name, async () => {
      const fault = await faultOf(policyOf('').step, exchangeOf(post(payload)));
      assert.equal(fault.code, 'steps.graphql.ParseFailed');
    });
  }

  for (const { name, payload } of [
    ...hostileJson,
    ...deepJson,
    { name: 'no query', payload: '{"__proto__":{"query":"{a}"}}' },
  ]) {
    it(`${name} as JSON`, async () => {
      const fault = await faultOf(policyOf('').step, exchangeOf(post(payload, json)));
      assert.equal(fault.code, 'steps.graphql.ParseFailed');
    });
  }

  it('many fields of one name quickly', async () => {
    const query = `{${'a '.repeat(9000)}}`;
    const fault = await faultOf(policyOf(verify).step, exchangeOf(post(query)));
    assert.equal(fault.code, 'steps.graphql.VerificationFailed');
  });
});

describe('GraphQL when the bundle is loaded', () => {
  for (const [inner, expected] of [
    ['<Action>verify</Action>', /error ZH450/],
    ['<Action>verify</Action><ResourceURL>xsd://a</ResourceURL>', /error ZH450/],
    ['<Action>verify</Action><ResourceURL>graphql://shop.gql</ResourceURL>', /error ZH451/],
    ['<Action>verify</Action><ResourceURL>graphql://broken.graphql</ResourceURL>', /error ZH452 .*Syntax Error/],
    ['<Action>verify</Action><ResourceURL>graphql://loose.graphql</ResourceURL>', /error ZH452 .*Nowhere/],
    ['<OperationType>subscription</OperationType>', /error ZH013/],
  ] as const) {
    it(inner, () => assert.match(listed(policyOf(inner).diagnostics)[0] ?? '', expected));
  }
});
