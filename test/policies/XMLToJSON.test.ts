import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { Message } from '../../runtime/message/message.ts';
import { XMLToJSON } from '../../runtime/policies/XMLToJSON.ts';
import { listed } from '../support/diagnostics.ts';
import { type ExchangeOptions, exchangeOf, responseOf } from '../support/exchange.ts';
import { hostileXml } from '../support/hostile.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const xml = { 'Content-Type': 'application/xml' };

function policyOf(inner: string) {
  return compilePolicy(XMLToJSON, `<XMLToJSON name="X2J">${inner}</XMLToJSON>`);
}

function convert(inner: string, body: string): string {
  const exchange = exchangeOf({ verb: 'POST', headers: xml, body });
  assert.equal(policyOf(inner).step(exchange), undefined);
  assert.equal(exchange.request.headers.line('content-type'), 'application/json');
  return exchange.request.content;
}

const options = (inner: string) => `<Options>${inner}</Options>`;
const all =
  '<RecognizeNumber>true</RecognizeNumber><RecognizeBoolean>true</RecognizeBoolean><RecognizeNull>true</RecognizeNull>';
const namespaces = `<NamespaceBlockName>#namespaces</NamespaceBlockName>
  <DefaultNamespaceNodeName>&amp;</DefaultNamespaceNodeName><NamespaceSeparator>***</NamespaceSeparator>`;
const array = (path: string, attributes = '') =>
  options(`<TreatAsArray><Path ${attributes}>${path}</Path></TreatAsArray>`);

/** Options, XML, JSON. */
const facts: readonly [string, string, string][] = [
  [options(''), '<a><b>1</b><c/><d>x</d><d>y</d></a>', '{"a":{"b":"1","c":{},"d":["x","y"]}}'],
  [options(''), '<?xml version="1.0"?><!-- c --><a>t</a>', '{"a":"t"}'],
  [options(''), '\ufeff<a>t</a>', '{"a":"t"}'],
  [options(''), '<a>&lt;&#65;&amp;<![CDATA[<b>]]> "q"</a>', '{"a":"<A&<b> \\"q\\""}'],
  [options(''), '<a>one<!-- c -->two</a>', '{"a":"onetwo"}'],
  [options(''), '<a>\n <b>1</b>\n</a>', '{"a":{"b":"1"}}'],
  [options(''), '<a>x<b/>y</a>', '{"a":{"b":{},"#text":["x","y"]}}'],
  [options(''), '<a k="v">t</a>', '{"a":{"k":"v","#text":"t"}}'],
  [options(''), '<a b="1"><b>2</b></a>', '{"a":{"b":["1","2"]}}'],
  [options(''), '<p:a xmlns:p="urn:p" p:k="1"><p:b>x</p:b></p:a>', '{"a":{"k":"1","b":"x"}}'],
  [
    options(''),
    '<a><__proto__>1</__proto__><constructor k="v"/></a>',
    '{"a":{"__proto__":"1","constructor":{"k":"v"}}}',
  ],
  [options(''), '<a __proto__="1"/>', '{"a":{"__proto__":"1"}}'],
  [
    options(all),
    '<a><n>12345678901234567890</n><m> -1.50 </m><o>007</o><t>true</t><e/><z>NULL</z></a>',
    '{"a":{"n":12345678901234567890,"m":-1.50,"o":"007","t":true,"e":null,"z":null}}',
  ],
  [options('<NullValue>nil</NullValue>'), '<a><b>nil</b><c>NULL</c><d/></a>', '{"a":{"b":null,"c":"NULL","d":{}}}'],
  [options('<TextNodeName>TEXT</TextNodeName>'), '<a>x<b/>y</a>', '{"a":{"b":{},"TEXT":["x","y"]}}'],
  [options('<TextAlwaysAsProperty>true</TextAlwaysAsProperty>'), '<a>t</a>', '{"a":{"#text":"t"}}'],
  [
    options('<AttributeBlockName>#attrs</AttributeBlockName><AttributePrefix>@</AttributePrefix>'),
    '<a id="i" k="v">t</a>',
    '{"a":{"#attrs":{"@id":"i","@k":"v"},"#text":"t"}}',
  ],
  [
    options(namespaces),
    '<a xmlns="http://ns.com" xmlns:n="http://n.com" n:k="1"><n:b/></a>',
    '{"a":{"#namespaces":{"&":"http://ns.com","n":"http://n.com"},"n***k":"1","n***b":{}}}',
  ],
  [options('<OutputPrefix>callback(</OutputPrefix><OutputSuffix>)</OutputSuffix>'), '<a/>', 'callback({"a":{}})'],
  [options('<StripLevels>1</StripLevels>'), '<a><b>1</b></a>', '{"b":"1"}'],
  [options('<StripLevels>3</StripLevels>'), '<a><b><c><d>1</d><e/></c></b></a>', '{"d":"1","e":{}}'],
  [options('<StripLevels>3</StripLevels>'), '<a><b>1</b><c>2</c></a>', '{"b":"1","c":"2"}'],
  [options('<StripLevels>2</StripLevels>'), '<a k="v"/>', '{"k":"v"}'],
  [array('a/b'), '<a><b>1</b><c><b>2</b></c></a>', '{"a":{"b":["1"],"c":{"b":"2"}}}'],
  [array('/p:a/b'), '<p:a><x:b>1</x:b></p:a>', '{"a":{"b":["1"]}}'],
  [array('a/b', 'unwrap="true"'), '<a><b>1</b><b>2</b></a>', '{"a":["1","2"]}'],
  [array('a/b', 'unwrap="true"'), '<a><b>1</b><c/></a>', '{"a":{"b":["1"],"c":{}}}'],
  [array('a/b', 'overrideArrayName="list"'), '<a><b>1</b></a>', '{"a":{"list":["1"]}}'],
  ['<Format>xml.com</Format>', '<a k="v">x<e/></a>', '{"a":{"@k":"v","e":null,"#text":"x"}}'],
  ['<Format>YAHOO</Format>', '<a k="v">7</a>', '{"a":{"k":"v","content":7}}'],
  ['<Format>google</Format>', '<p:a xmlns:p="u">x</p:a>', '{"p$a":{"xmlns$p":"u","$t":"x"}}'],
  ['<Format>badgerFish</Format>', '<a xmlns="u" k="v">x</a>', '{"a":{"@xmlns":{"$":"u"},"@k":"v","$":"x"}}'],
];

describe('XMLToJSON', () => {
  for (const [inner, body, json] of facts) {
    it(`${inner.replace(/\s+/g, ' ')} ${body}`, () => assert.equal(convert(inner, body), json));
  }
});

describe('XMLToJSON source and output', () => {
  for (const [type, converts] of [
    ['text/xml; charset=utf-8', true],
    ['application/soap+xml', true],
    ['text/plain', false],
    ['application/json', false],
  ] as const) {
    it(`${type} is ${converts ? 'converted' : 'left alone'}`, () => {
      const exchange = exchangeOf({ verb: 'POST', headers: { 'content-type': type }, body: '<a/>' });
      policyOf('<Options/>').step(exchange);
      assert.equal(exchange.request.content, converts ? '{"a":{}}' : '<a/>');
    });
  }

  it('a text goes to a text', () => {
    const exchange = exchangeOf({ variables: { in: '<a>1</a>' } });
    policyOf('<Source>in</Source><OutputVariable>out</OutputVariable><Options/>').step(exchange);
    assert.equal(exchange.read('out'), '{"a":"1"}');
  });

  it('a message goes to another, which is made when there is none', () => {
    const exchange = exchangeOf({ response: responseOf({ headers: xml, body: '<a/>' }) });
    policyOf('<Source>response</Source><OutputVariable>out</OutputVariable><Options/>').step(exchange);
    const made = exchange.read('out');
    assert.ok(made instanceof Message);
    assert.equal(made.content, '{"a":{}}');
    assert.equal(exchange.read('out.header.content-type'), 'application/json');
    assert.equal(exchange.response?.content, '<a/>');
  });

  it('takes the payload of its source alone', () => {
    assert.equal(policyOf('<Source>response</Source><Options/>').needs, BodyNeed.response);
    assert.equal(policyOf('<Options/>').needs, BodyNeed.current);
  });
});

const faults: readonly [string, string, ExchangeOptions, string, RegExp][] = [
  ['a source without value', '<Source>none</Source>', {}, 'SourceUnavailable', /Source none is not available/],
  ['malformed XML', '', { headers: xml, body: '<a><b></a>' }, 'ExecutionFailed', /^XMLToJSON\[X2J\]: .*reason: 1:\d+/],
  ['an empty payload', '', { headers: xml }, 'ExecutionFailed', /empty/],
  [
    'a text without output',
    '<Source>in</Source>',
    { variables: { in: '<a/>' } },
    'OutputVariableIsNotAvailable',
    /X2J/,
  ],
  [
    'a text into a message',
    '<Source>in</Source><OutputVariable>request</OutputVariable>',
    { variables: { in: '<a/>' } },
    'InCompatibleTypes',
    /request/,
  ],
  [
    'a message into a text',
    '<OutputVariable>out</OutputVariable>',
    { headers: xml, body: '<a/>', variables: { out: 'x' } },
    'InCompatibleTypes',
    /out/,
  ],
  ['a number', '<Source>in</Source>', { variables: { in: 1 } }, 'InvalidSourceType', /in/],
  [
    'an output that cannot be set',
    '<Source>in</Source><OutputVariable>in.b</OutputVariable>',
    { variables: { in: '<a/>' } },
    'OutputVariableIsNotAvailable',
    /in\.b/,
  ],
];

describe('XMLToJSON fails on', () => {
  for (const [name, inner, before, error, text] of faults) {
    it(name, async () => {
      const fault = await faultOf(policyOf(`${inner}<Options/>`).step, exchangeOf(before));
      assert.equal(fault.code, `steps.xml2json.${error}`);
      assert.equal(fault.status, 500);
      assert.match(fault.faultstring, text);
    });
  }

  for (const { name, payload } of hostileXml) {
    it(name, async () => {
      const exchange = exchangeOf({ verb: 'POST', headers: xml, body: payload });
      const fault = await faultOf(policyOf('<Options/>').step, exchange);
      assert.equal(fault.code, 'steps.xml2json.ExecutionFailed');
    });
  }
});

describe('XMLToJSON when the bundle is loaded', () => {
  for (const [inner, expected] of [
    ['', 'error ZH400 XMLToJSON has neither <Options> nor <Format> (EitherOptionOrFormat).'],
    ['<Format/>', 'error ZH400 XMLToJSON has neither <Options> nor <Format> (EitherOptionOrFormat).'],
    [
      '<Format>yahoo</Format><Options/>',
      'warning ZH400 XMLToJSON has both <Format> and <Options>; <Options> has no effect.',
    ],
    ['<Format>jaxon</Format>', 'error ZH401 "jaxon" is no format of XMLToJSON (UnknownFormat).'],
  ]) {
    it(inner ?? '', () => {
      const found = listed(policyOf(inner ?? '').diagnostics).map((line) => line.replace(/^\S+ /, ''));
      assert.deepEqual(found, [expected]);
    });
  }
});
