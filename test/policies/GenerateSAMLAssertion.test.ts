import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { GenerateSAMLAssertion } from '../../runtime/policies/GenerateSAMLAssertion.ts';
import { loadSaml } from '../../runtime/policies/saml-engine.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';
import { rsaIdentity, storeOf, withStores } from '../support/saml.ts';

const identity = rsaIdentity('/CN=idp');
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const options = withStores([
  storeOf('keys', {
    idp: identity,
    alone: { cert: identity.cert },
    ec: { key: String(elliptic), cert: identity.cert },
  }),
]);
const engine = await loadSaml();
const xml = { 'Content-Type': 'application/xml' };

const keyStore = '<KeyStore><Name>keys</Name><Alias>idp</Alias></KeyStore>';
const issuer = '<Issuer ref="who">https://idp.example</Issuer>';
const flow = '<OutputVariable><FlowVariable>out</FlowVariable></OutputVariable>';

function policyOf(inner: string, attributes = '') {
  return compilePolicy(
    GenerateSAMLAssertion,
    `<GenerateSAMLAssertion name="GS" ${attributes}>${inner}</GenerateSAMLAssertion>`,
    options,
  );
}

/** The signed text of the assertion that a policy writes to `out`. */
function generated(inner: string, variables: Record<string, unknown> = {}): string {
  const exchange = exchangeOf({ verb: 'POST', headers: xml, body: '<a/>', variables });
  policyOf(`${keyStore}${flow}${inner}`).step(exchange);
  const text = String(exchange.read('out'));
  const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(text)?.[0] ?? '';
  return engine.verify(text, signature, identity.cert) ?? `not valid: ${text}`;
}

describe('GenerateSAMLAssertion', () => {
  it('makes and signs an assertion', () => {
    const signed = generated(`${issuer}<Subject ref="user">nobody</Subject>`, { user: 'a<b&"c"', who: undefined });
    assert.match(signed, /^<saml:Assertion [^>]*ID="_[-0-9a-f]{36}"[^>]* Version="2.0"/);
    assert.match(
      signed,
      /<saml:Issuer>https:\/\/idp\.example<\/saml:Issuer><saml:Subject><saml:NameID>a&lt;b&amp;"c"</,
    );
  });

  it('puts the signature behind the issuer', () => {
    const exchange = exchangeOf({ verb: 'POST', headers: xml, body: '<a/>' });
    policyOf(`${keyStore}${flow}${issuer}<Subject>s</Subject>`).step(exchange);
    assert.match(
      String(exchange.read('out')),
      /<\/saml:Issuer><ds:Signature [\s\S]*<ds:X509Certificate>[\s\S]*<\/ds:Signature><saml:Subject>/,
    );
  });

  for (const [algorithm, uri] of [
    ['', 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'],
    ['<SignatureAlgorithm>SHA256</SignatureAlgorithm>', 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'],
    ['<SignatureAlgorithm>SHA1</SignatureAlgorithm>', 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'],
  ] as const) {
    it(`signs with ${uri}`, () => {
      const exchange = exchangeOf({ verb: 'POST', headers: xml, body: '<a/>' });
      policyOf(`${keyStore}${flow}${issuer}${algorithm}`).step(exchange);
      assert.ok(String(exchange.read('out')).includes(`SignatureMethod Algorithm="${uri}"`));
    });
  }

  it('fills a template', () => {
    const template =
      '<Template><saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_x" Version="2.0"><saml:Issuer>{who}</saml:Issuer></saml:Assertion></Template>';
    assert.match(generated(`${issuer}${template}`, { who: 'me' }), /ID="_x".*<saml:Issuer>me<\/saml:Issuer>/);
  });

  it('fills a template in CDATA of SAML 1.1, and gives it an ID', () => {
    const template =
      '<Template ignoreUnresolvedVariables="true"><![CDATA[<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion" MajorVersion="1" Issuer="{nobody}x"/>]]></Template>';
    assert.match(generated(`${issuer}${template}`), /AssertionID="_[-0-9a-f]{36}".* Issuer="x"/);
  });

  it('goes into an element of a message', () => {
    const body = '<s:Envelope xmlns:s="urn:s"><s:Header>\n<x/></s:Header><s:Body a="&lt;">t</s:Body></s:Envelope>';
    const exchange = exchangeOf({ verb: 'POST', headers: xml, body });
    const place =
      '<OutputVariable><Message name="request"><Namespaces><Namespace prefix="e">urn:s</Namespace></Namespaces><XPath>/e:Envelope/e:Header</XPath></Message></OutputVariable>';
    policyOf(`${keyStore}${issuer}${place}`).step(exchange);
    const { content } = exchange.request;
    assert.match(
      content,
      /^<s:Envelope xmlns:s="urn:s"><s:Header>\n<x\/><saml:Assertion [\s\S]*<\/saml:Assertion><\/s:Header><s:Body a="&lt;">t</,
    );
    const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(content)?.[0] ?? '';
    assert.match(engine.verify(content, signature, identity.cert) ?? '', /^<saml:Assertion/);
  });
});

describe('GenerateSAMLAssertion fails on', () => {
  for (const [name, inner, headers, error, text] of [
    [
      'another Content-Type',
      `${keyStore}${flow}${issuer}`,
      { 'content-type': 'text/plain' },
      'InvalidMediaTpe',
      /^GenerateSAMLAssertion\[GS\]: Invalid media type$/,
    ],
    [
      'a variable without value',
      `${keyStore}${flow}${issuer}<Template>{nobody}</Template>`,
      xml,
      'UnresolvedVariable',
      /nobody/,
    ],
    [
      'a template that is no assertion',
      `${keyStore}${flow}${issuer}<Template><a/></Template>`,
      xml,
      'GenerationFailed',
      /makes no SAML assertion/,
    ],
    [
      'a template that is no XML',
      `${keyStore}${flow}${issuer}<Template>{"a"}</Template>`,
      xml,
      'GenerationFailed',
      /GS/,
    ],
    [
      'a key store that is not there',
      `<KeyStore><Name>none</Name><Alias>idp</Alias></KeyStore>${flow}${issuer}`,
      xml,
      'GenerationFailed',
      /"none" has no key and certificate of the alias "idp"/,
    ],
    [
      'an alias without key',
      `<KeyStore><Name>keys</Name><Alias>alone</Alias></KeyStore>${flow}${issuer}`,
      xml,
      'GenerationFailed',
      /"alone"/,
    ],
    [
      'a key that is no RSA key',
      `<KeyStore><Name>keys</Name><Alias>ec</Alias></KeyStore>${flow}${issuer}`,
      xml,
      'GenerationFailed',
      /is no RSA key/,
    ],
    [
      'an element that is not there',
      `${keyStore}${issuer}<OutputVariable><Message name="request"><XPath>/b</XPath></Message></OutputVariable>`,
      xml,
      'GenerationFailed',
      /no element at \/b/,
    ],
  ] as const) {
    it(name, async () => {
      const fault = await faultOf(policyOf(inner).step, exchangeOf({ verb: 'POST', headers, body: '<a/>' }));
      assert.equal(fault.code, `steps.saml.generate.${error}`);
      assert.match(fault.faultstring, text);
    });
  }

  it('nothing when the Content-Type is to be ignored', () => {
    const exchange = exchangeOf({ verb: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' });
    policyOf(`${keyStore}${flow}${issuer}`, 'ignoreContentType="true"').step(exchange);
    assert.match(String(exchange.read('out')), /^<saml:Assertion/);
  });
});

describe('GenerateSAMLAssertion when the bundle is loaded', () => {
  for (const [inner, code, text] of [
    [`${keyStore}${flow}`, 'ZH600', /NullIssuer/],
    [`${issuer}${flow}`, 'ZH601', /NullKeyStore/],
    [`${issuer}${flow}<KeyStore><Name>keys</Name></KeyStore>`, 'ZH601', /NullKeyStoreAlias/],
    [`${keyStore}${flow}${issuer}<CanonicalizationAlgorithm>urn:x</CanonicalizationAlgorithm>`, 'ZH602', /urn:x/],
    [`${keyStore}${issuer}`, 'ZH603', /where the assertion goes/],
    [`${keyStore}${issuer}<OutputVariable><Message><XPath>/a[</XPath></Message></OutputVariable>`, 'ZH604', /no XPath/],
  ] as const) {
    it(`${code} ${inner}`, () => {
      const found = listed(policyOf(inner).diagnostics).join('\n');
      assert.match(found, new RegExp(`error ${code}`));
      assert.match(found, text);
    });
  }
});
