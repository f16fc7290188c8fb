import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JSONToXML } from '../../runtime/policies/JSONToXML.ts';
import { listed } from '../support/diagnostics.ts';
import { type ExchangeOptions, exchangeOf } from '../support/exchange.ts';
import { deepJson, hostileJson } from '../support/hostile.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const json = { 'Content-Type': 'application/json' };
const declaration = '<?xml version="1.0" encoding="UTF-8"?>';

function policyOf(inner: string) {
  return compilePolicy(JSONToXML, `<JSONToXML name="J2X">${inner}</JSONToXML>`);
}

function convert(inner: string, body: string): string {
  const exchange = exchangeOf({ verb: 'POST', headers: json, body });
  assert.equal(policyOf(`<Options>${inner}</Options>`).step(exchange), undefined);
  assert.equal(exchange.request.headers.line('content-type'), 'application/xml');
  return exchange.request.content;
}

const attributes = `<AttributeBlockName>#attrs</AttributeBlockName><AttributePrefix>@</AttributePrefix>
  <TextNodeName>#text</TextNodeName>`;
const namespaces = `<NamespaceBlockName>#ns</NamespaceBlockName><DefaultNamespaceNodeName>$d</DefaultNamespaceNodeName>
  <NamespaceSeparator>::</NamespaceSeparator>`;
const bare = '<OmitXmlDeclaration>true</OmitXmlDeclaration>';

/** Options, JSON, XML without its declaration. */
const facts: readonly [string, string, string][] = [
  ['', '{"a":{"b":"1","c":2,"d":true}}', '<a><b>1</b><c>2</c><d>true</d></a>'],
  ['', '{"a":1,"b":2}', '<Root><a>1</a><b>2</b></Root>'],
  ['', '{}', '<Root></Root>'],
  ['', '{"a":[1,2]}', '<Root><a>1</a><a>2</a></Root>'],
  ['', '{"a":[{"b":1}]}', '<a><b>1</b></a>'],
  ['', '{"a":[]}', '<Root></Root>'],
  ['', '[1,{"a":2},[3]]', '<Array><Item>1</Item><Item><a>2</a></Item><Item><Item>3</Item></Item></Array>'],
  ['', '{"r":{"i":[[1,2],[]]}}', '<r><i><Item>1</Item><Item>2</Item></i><i></i></r>'],
  ['', '{"a":{"n":null,"t":"NULL","e":""}}', '<a><n/><t/><e></e></a>'],
  [
    '',
    '{"a":{"b":12345678901234567890,"c":1.50,"d":"1.50 \\" 2.0","e":-1E5,"f":1.0}}',
    '<a><b>12345678901234567890</b><c>1.50</c><d>1.50 " 2.0</d><e>-1E5</e><f>1.0</f></a>',
  ],
  ['', '{"a":"<&>\\u0000\\r\\ud800"}', '<a>&lt;&amp;&gt;\ufffd&#13;\ufffd</a>'],
  [
    '',
    '{"a":{"First%Name":1,"2nd":2,"":3,"x><y/":4}}',
    '<a><First_Name>1</First_Name><_2nd>2</_2nd><_>3</_><x__y_>4</x__y_></a>',
  ],
  [
    '',
    '{"a":{"__proto__":{"b":1},"constructor":2}}',
    '<a><__proto__><b>1</b></__proto__><constructor>2</constructor></a>',
  ],
  ['<InvalidCharsReplacement>-</InvalidCharsReplacement>', '{"a":{"b c":1," d":2}}', '<a><b-c>1</b-c><_-d>2</_-d></a>'],
  ['<NullValue>nil</NullValue>', '{"a":{"b":"nil","c":"NULL"}}', '<a><b/><c>NULL</c></a>'],
  ['<ObjectRootElementName>o</ObjectRootElementName>', '{"a":1,"b":2}', '<o><a>1</a><b>2</b></o>'],
  [
    '<ArrayRootElementName>l</ArrayRootElementName><ArrayItemElementName>i</ArrayItemElementName>',
    '[1]',
    '<l><i>1</i></l>',
  ],
  [attributes, '{"p":{"#attrs":{"a":"A","@b":1},"l":{"@c":"C","#text":"t"}}}', '<p a="A" b="1"><l c="C">t</l></p>'],
  [attributes, '{"p":{"@a":"\\"<\\n","@o":{"x":1},"#text":["x",1]}}', '<p a="&quot;&lt;&#10;">x1<_o><x>1</x></_o></p>'],
  [attributes, '{"@a":"1"}', '<Root a="1"></Root>'],
  [
    namespaces,
    '{"a":{"#ns":{"$d":"urn:d","p":"urn:p"},"p::b":1}}',
    '<a xmlns="urn:d" xmlns:p="urn:p"><p:b>1</p:b></a>',
  ],
  [
    '<Indent>true</Indent>',
    '{"a":{"b":[1,{"c":"x"}],"d":{}}}',
    '\n<a>\n  <b>1</b>\n  <b>\n    <c>x</c>\n  </b>\n  <d></d>\n</a>',
  ],
];

describe('JSONToXML', () => {
  for (const [inner, body, xml] of facts) {
    it(`${inner.replace(/\s+/g, ' ')} ${body}`, () => assert.equal(convert(inner, body), `${declaration}${xml}`));
  }

  it('the declaration can be left out', () => assert.equal(convert(bare, '{"a":1}'), '<a>1</a>'));

  it('another type of payload is left alone', () => {
    const exchange = exchangeOf({ verb: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"a":1}' });
    policyOf('').step(exchange);
    assert.equal(exchange.request.content, '{"a":1}');
  });

  it('a text goes to a text', () => {
    const exchange = exchangeOf({ variables: { in: '{"a":1}' } });
    policyOf(`<Source>in</Source><OutputVariable>out</OutputVariable><Options>${bare}</Options>`).step(exchange);
    assert.equal(exchange.read('out'), '<a>1</a>');
  });
});

const faults: readonly [string, string, ExchangeOptions, string, RegExp][] = [
  ['a source without value', '<Source>none</Source>', {}, 'SourceUnavailable', /Source none is not available/],
  [
    'text that is no JSON',
    '',
    { headers: json, body: 'nope' },
    'ExecutionFailed',
    /^JSONToXML\[J2X\]: Execution failed due to reason: Expecting \{ or \[ at line 1$/,
  ],
  ['a single value', '', { headers: json, body: '5' }, 'ExecutionFailed', /Expecting/],
  ['malformed JSON', '', { headers: json, body: '{"a":' }, 'ExecutionFailed', /JSON/],
  ['a text without output', '<Source>in</Source>', { variables: { in: '{}' } }, 'OutputVariableIsNotAvailable', /J2X/],
  [
    'a message into a text',
    '<OutputVariable>out</OutputVariable>',
    { headers: json, body: '{}', variables: { out: 'x' } },
    'InCompatibleTypes',
    /out/,
  ],
  ['a number', '<Source>in</Source>', { variables: { in: 1 } }, 'InvalidSourceType', /in/],
];

const longName = `{"${'n'.repeat(100_000)}":[${'1,'.repeat(100_000)}1]}`;

describe('JSONToXML fails on', () => {
  for (const [name, inner, before, error, text] of faults) {
    it(name, async () => {
      const fault = await faultOf(policyOf(inner).step, exchangeOf(before));
      assert.equal(fault.code, `steps.json2xml.${error}`);
      assert.equal(fault.status, 500);
      assert.match(fault.faultstring, text);
    });
  }

  for (const { name, payload } of [
    ...hostileJson,
    ...deepJson,
    { name: 'a long name over a long list', payload: longName },
  ]) {
    it(name, async () => {
      const exchange = exchangeOf({ verb: 'POST', headers: json, body: payload });
      const fault = await faultOf(policyOf('').step, exchange);
      assert.equal(fault.code, 'steps.json2xml.ExecutionFailed');
    });
  }
});

describe('JSONToXML when the bundle is loaded', () => {
  for (const [inner, expected] of [
    [
      '<InvalidCharsReplacement>&lt;</InvalidCharsReplacement>',
      'warning ZH402 "<" cannot stand in the name of an element; "_" is used.',
    ],
    ['<ObjectRootElementName>a b</ObjectRootElementName>', 'error ZH403 "a b" is not the name of an element.'],
  ]) {
    it(inner ?? '', () => {
      const found = listed(policyOf(`<Options>${inner}</Options>`).diagnostics).map((line) =>
        line.replace(/^\S+ /, ''),
      );
      assert.deepEqual(found, [expected]);
    });
  }
});
