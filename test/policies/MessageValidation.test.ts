import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadXsd } from '../../runtime/language/xsd.ts';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { MessageValidation } from '../../runtime/policies/MessageValidation.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { deepJson, hostileJson, hostileXml } from '../support/hostile.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const xsd = await loadXsd();

const schema = (inner: string, target = 'urn:po') =>
  `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="${target}" xmlns="${target}" xmlns:t="urn:t"
    elementFormDefault="qualified">${inner}</xs:schema>`;

const order = `<xs:element name="order"><xs:complexType><xs:sequence>
  <xs:element name="qty" type="xs:positiveInteger"/></xs:sequence></xs:complexType></xs:element>
  <xs:element name="note" type="xs:string"/>`;

const types = schema(
  '<xs:simpleType name="Size"><xs:restriction base="xs:string"><xs:length value="1"/></xs:restriction></xs:simpleType>',
  'urn:t',
);

const definitions = (inner: string) =>
  `<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:po="urn:po" xmlns:t="urn:t" targetNamespace="urn:po">${inner}</w:definitions>`;

const resources = {
  'xsd://po.xsd': schema(order),
  'xsd://parts/main.xsd': schema('<xs:include schemaLocation="../po.xsd"/><xs:element name="box" type="xs:int"/>'),
  'xsd://shirt.xsd': schema(
    '<xs:import namespace="urn:t" schemaLocation="xsd://types.xsd"/><xs:element name="shirt" type="t:Size"/>',
  ),
  'xsd://types.xsd': types,
  'xsd://lost.xsd': schema('<xs:include schemaLocation="nowhere.xsd"/>'),
  'xsd://net.xsd': schema('<xs:include schemaLocation="http://127.0.0.1:1/x.xsd"/>'),
  'xsd://broken.xsd': '<xs:schema',
  'wsdl://po.wsdl': definitions(
    `<w:import namespace="urn:t" location="more.wsdl"/>
     <w:types>${schema('<xs:import namespace="urn:t"/><xs:element name="shirt" type="t:Size"/>')}<xs:schema targetNamespace="urn:po">
       <xs:element name="cap" type="xs:int"/></xs:schema></w:types>
     <w:message name="in"><w:part name="p" element="po:shirt"/></w:message>
     <w:message name="other"><w:part name="p" element="po:cap"/></w:message>`,
  ),
  'wsdl://more.wsdl': definitions(`<w:types>${types}</w:types>`),
  'wsdl://rpc.wsdl': definitions(
    `<w:message name="in"><w:part name="p" type="xs:int"/></w:message>
     <w:portType name="p"><w:operation name="getPrice"/></w:portType>`,
  ),
  'wsdl://loop.wsdl': definitions(
    '<w:import location="loop.wsdl"/><w:message name="m"><w:part name="p" element="po:x"/></w:message>',
  ),
  'wsdl://none.wsdl': '<definitions/>',
};

function policyOf(inner: string) {
  const xml = `<MessageValidation name="MV-1">${inner}</MessageValidation>`;
  return compilePolicy(MessageValidation, xml, { resources, compiler: { xsd } });
}

async function outcome(inner: string, type: string, body: string | Buffer): Promise<string> {
  const exchange = exchangeOf({ verb: 'POST', headers: { 'Content-Type': type }, body });
  const { step } = policyOf(inner);
  try {
    await step(exchange);
    return 'valid';
  } catch {
    const fault = await faultOf(step, exchange);
    assert.deepEqual([fault.code, fault.status], ['steps.messagevalidation.Failed', 500]);
    const text = /^MessageValidation MV-1 failed with reason: "(.*)"$/s.exec(fault.faultstring)?.[1];
    assert.ok(text !== undefined);
    return text;
  }
}

const po = '<ResourceURL>xsd://po.xsd</ResourceURL>';
const soap = (body: string, namespace = 'http://schemas.xmlsoap.org/soap/envelope/') =>
  `<s:Envelope xmlns:s="${namespace}" xmlns:p="urn:po"><s:Body>${body}</s:Body></s:Envelope>`;
const soap12 = 'http://www.w3.org/2003/05/soap-envelope';
const good = '<order xmlns="urn:po"><qty>1</qty></order>';
const wsdl = '<ResourceURL>wsdl://po.wsdl</ResourceURL>';

/** Policy, Content-Type, payload, outcome. */
const facts: readonly [string, string, string, RegExp][] = [
  ['', 'application/json', '{"a":[1]}', /^valid$/],
  ['', 'application/problem+json', '{"a":', /line 1/],
  ['', 'text/xml', '<a><b/></a>', /^valid$/],
  ['', 'application/soap+xml', '<a><b></a>', /unexpected close tag/],
  ['', 'text/plain', '<a>', /^valid$/],
  [po, 'text/xml', good, /^valid$/],
  [po, 'text/plain', '<order xmlns="urn:po"><qty>0</qty></order>', /qty.*'0'/],
  [po, 'text/xml', '<order><qty>1</qty></order>', /order/],
  [po, 'text/xml', '<order', /order/],
  [po, 'text/xml', '', /./],
  [`${po}<Element namespace="urn:po">order</Element>`, 'text/xml', good, /^valid$/],
  [
    `${po}<Element namespace="urn:po">order</Element>`,
    'text/xml',
    '<note xmlns="urn:po">x</note>',
    /^The element is \{urn:po\}note, expected \{urn:po\}order$/,
  ],
  ['<ResourceURL>xsd://parts/main.xsd</ResourceURL>', 'text/xml', good, /^valid$/],
  ['<ResourceURL>xsd://shirt.xsd</ResourceURL>', 'text/xml', '<shirt xmlns="urn:po">XL</shirt>', /shirt.*length/],
  [`${po}<SOAPMessage/>`, 'text/xml', soap('<p:order><p:qty>1</p:qty></p:order>'), /^valid$/],
  [`${po}<SOAPMessage/>`, 'text/xml', soap('<p:order><p:qty>a</p:qty></p:order>'), /qty/],
  [`${po}<SOAPMessage/>`, 'text/xml', soap('<s:Fault><faultcode/></s:Fault>'), /^valid$/],
  [`${po}<SOAPMessage/>`, 'text/xml', soap(''), /Body of the Envelope is empty/],
  [`${po}<SOAPMessage/>`, 'text/xml', good, /not the Envelope/],
  [`${po}<SOAPMessage version="1.2"/>`, 'text/xml', soap('<p:note/>'), /not the Envelope/],
  [`${po}<SOAPMessage version="1.1/1.2"/>`, 'text/xml', soap('<p:note/>', soap12), /^valid$/],
  ['<SOAPMessage/>', 'text/xml', soap('<any/>'), /^valid$/],
  ['<SOAPMessage/>', 'text/xml', '<Envelope/>', /not the Envelope/],
  [wsdl, 'text/xml', soap('<p:shirt>L</p:shirt>'), /^valid$/],
  [wsdl, 'text/xml', soap('<p:shirt>XL</p:shirt>'), /shirt/],
  [wsdl, 'text/xml', soap('<p:cap>1</p:cap>'), /^valid$/],
  [wsdl, 'text/xml', soap('<p:order/>'), /expected \{urn:po\}shirt or \{urn:po\}cap/],
  [
    '<ResourceURL>wsdl://rpc.wsdl</ResourceURL>',
    'text/xml',
    soap('<p:getPriceResponse><x/></p:getPriceResponse>'),
    /^valid$/,
  ],
];

describe('MessageValidation', () => {
  for (const [inner, type, body, expected] of facts) {
    it(`${inner} ${type} ${body}`, async () => assert.match(await outcome(inner, type, body), expected));
  }

  it('takes the payload of its source', () => {
    assert.equal(policyOf('<Source>response</Source>').needs, BodyNeed.response);
  });

  for (const [source, code, text] of [
    ['none', 'SourceMessageNotAvailable', 'none message is not available for MessageValidation: MV-1'],
    ['v', 'NonMessageVariable', 'Variable v does not resolve to a Message'],
  ]) {
    it(`the source ${source}`, async () => {
      const fault = await faultOf(
        policyOf(`<Source>${source}</Source>`).step,
        exchangeOf({ variables: { v: '<a/>' } }),
      );
      assert.deepEqual([fault.code, fault.faultstring], [`steps.messagevalidation.${code}`, text]);
    });
  }
});

describe('MessageValidation refuses', () => {
  for (const { name, payload } of hostileXml) {
    it(`${name} as XML`, async () => assert.notEqual(await outcome('', 'text/xml', payload), 'valid'));
    it(`${name} by a schema`, async () => assert.notEqual(await outcome(po, 'text/xml', payload), 'valid'));
    it(`${name} as SOAP`, async () =>
      assert.notEqual(await outcome(`${po}<SOAPMessage/>`, 'text/xml', payload), 'valid'));
  }
  for (const { name, payload } of [...hostileJson, ...deepJson]) {
    it(name, async () => assert.notEqual(await outcome('', 'application/json', payload), 'valid'));
  }
});

describe('MessageValidation when the bundle is loaded', () => {
  for (const [inner, code, text] of [
    ['<ResourceURL>jsc://a.js</ResourceURL>', 'ZH430', /InvalidResourceType/],
    ['<ResourceURL>xsd://pp.xsd</ResourceURL>', 'ZH431', /There is no resource "xsd:\/\/pp\.xsd"/],
    ['<ResourceURL>xsd://lost.xsd</ResourceURL>', 'ZH432', /ResourceCompileFailed.*nowhere\.xsd/],
    ['<ResourceURL>xsd://net.xsd</ResourceURL>', 'ZH432', /ResourceCompileFailed/],
    ['<ResourceURL>xsd://broken.xsd</ResourceURL>', 'ZH432', /ResourceCompileFailed/],
    ['<ResourceURL>wsdl://none.wsdl</ResourceURL>', 'ZH432', /no WSDL 1\.1/],
    ['<ResourceURL>wsdl://loop.wsdl</ResourceURL>', '', /^$/],
    [`${po}<Element/>`, 'ZH433', /RootElementNameUnspecified/],
    [`${po}<Element>a b</Element>`, 'ZH433', /InvalidRootElementName/],
  ] as const) {
    it(inner, () => {
      const [found = ''] = listed(policyOf(inner).diagnostics);
      assert.match(found, text);
      assert.ok(found.includes(code));
    });
  }
});
