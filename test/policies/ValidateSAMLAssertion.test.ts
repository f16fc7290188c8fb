import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { exclusive, loadSaml } from '../../runtime/policies/saml-engine.ts';
import { ValidateSAMLAssertion } from '../../runtime/policies/ValidateSAMLAssertion.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { hostileXml } from '../support/hostile.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';
import { rsaIdentity, storeOf, withStores } from '../support/saml.ts';

const idp = rsaIdentity('/CN=idp');
const stranger = rsaIdentity('/CN=stranger');
const options = withStores([
  storeOf('trusted', { other: { cert: stranger.cert }, idp: { cert: idp.cert } }),
  storeOf('strangers', { other: { cert: stranger.cert } }),
  storeOf('empty', {}),
]);
const engine = await loadSaml();
const saml = 'urn:oasis:names:tc:SAML:2.0:assertion';
const xml = { 'Content-Type': 'application/xml' };
const at = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

interface Draft {
  readonly id?: string;
  readonly subject?: string;
  readonly conditions?: string;
  readonly confirmation?: string;
}

function draft({ id = '_a1', subject = 'alice', conditions, confirmation = '' }: Draft = {}): string {
  const between = conditions ?? `NotBefore="${at(-5)}" NotOnOrAfter="${at(5)}"`;
  return (
    `<saml:Assertion xmlns:saml="${saml}" ID="${id}" Version="2.0" IssueInstant="2026-01-01T00:00:00Z">` +
    '<saml:Issuer>https://idp.example</saml:Issuer>' +
    `<saml:Subject><saml:NameID Format="urn:f">${subject}</saml:NameID><saml:SubjectConfirmation Method="urn:m">` +
    `<saml:SubjectConfirmationData Recipient="https://sp" InResponseTo="r1" Address="192.0.2.1" ${confirmation}/></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions ${between}><saml:AudienceRestriction><saml:Audience>https://sp.example</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
    `<saml:AuthnStatement AuthnInstant="2026-01-01T00:00:01Z" SessionIndex="s1"><saml:AuthnContext><saml:AuthnContextClassRef>urn:c</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
    '</saml:Assertion>'
  );
}

function sign(assertion: string, { key, cert } = idp, algorithm: 'SHA1' | 'SHA256' = 'SHA256'): string {
  return engine.sign(assertion, {
    key,
    certificate: cert,
    algorithm,
    canonicalization: exclusive,
    idAttribute: assertion.includes('SAML:1.0') ? 'AssertionID' : 'ID',
    after: assertion.includes('SAML:1.0') ? undefined : "/*/*[local-name(.)='Issuer']",
  });
}

const envelope = (header: string, body = '<data/>'): string =>
  `<s:Envelope xmlns:s="urn:s"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;

const namespaces = `<Namespaces><Namespace prefix="s">urn:s</Namespace><Namespace prefix="saml">${saml}</Namespace></Namespaces>`;
const inHeader = '<AssertionXPath>/s:Envelope/s:Header/saml:Assertion</AssertionXPath>';
const source = `<Source name="request">${namespaces}${inHeader}</Source>`;
const trust = '<TrustStore>trusted</TrustStore>';

function policyOf(inner: string, attributes = '') {
  return compilePolicy(
    ValidateSAMLAssertion,
    `<ValidateSAMLAssertion name="VS" ${attributes}>${inner}</ValidateSAMLAssertion>`,
    options,
  );
}

const post = (body: string | Buffer, variables = {}) => exchangeOf({ verb: 'POST', headers: xml, body, variables });

describe('ValidateSAMLAssertion', () => {
  it('admits a signed assertion, and says what is in it', () => {
    const exchange = post(envelope(sign(draft())));
    policyOf(source + trust).step(exchange);
    const expected = {
      id: '_a1',
      issuer: 'https://idp.example',
      subject: 'alice',
      subjectFormat: 'urn:f',
      valid: 'true',
      issueInstant: '2026-01-01T00:00:00Z',
      scmethod: 'urn:m',
      scdaddress: '192.0.2.1',
      scdinresponse: 'r1',
      scdrcpt: 'https://sp',
      authnContextClassRef: 'urn:c',
      authnInstant: '2026-01-01T00:00:01Z',
      authnSessionIndex: 's1',
      audience: 'https://sp.example',
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(exchange.read(`saml.${name}`), value, name);
    assert.equal(exchange.read('saml.authnSnooa'), undefined);
  });

  it('admits SHA-1, and SAML 1.1', () => {
    policyOf(source + trust).step(post(envelope(sign(draft(), idp, 'SHA1'))));
    const old =
      '<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion" AssertionID="_1" Issuer="i"><AuthenticationStatement AuthenticationInstant="2026-01-01T00:00:00Z"><Subject><NameIdentifier>bob</NameIdentifier></Subject></AuthenticationStatement></Assertion>';
    const exchange = post(sign(old));
    policyOf(`<Source name="request"><AssertionXPath>/*</AssertionXPath></Source>${trust}`).step(exchange);
    assert.equal(exchange.read('saml.subject'), 'bob');
    assert.equal(exchange.read('saml.issuer'), 'i');
  });

  it('admits an assertion within what is signed', () => {
    const whole = `<r ID="_r">${draft({ id: '_in' })}</r>`;
    const signed = engine.sign(whole, {
      key: idp.key,
      certificate: idp.cert,
      algorithm: 'SHA256',
      canonicalization: exclusive,
      idAttribute: 'ID',
      after: undefined,
    });
    const exchange = post(signed);
    const paths = `<AssertionXPath>/r/saml:Assertion</AssertionXPath><SignedElementXPath>/r</SignedElementXPath>`;
    policyOf(`<Source name="request">${namespaces}${paths}</Source>${trust}`).step(exchange);
    assert.equal(exchange.read('saml.subject'), 'alice');
  });

  it('admits a signature whose prefix is declared around it', () => {
    const declaration = ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#"';
    const signed = sign(draft()).replace(declaration, '');
    assert.ok(!signed.includes(declaration));
    const exchange = post(envelope(signed).replace('xmlns:s="urn:s"', `xmlns:s="urn:s"${declaration}`));
    policyOf(source + trust).step(exchange);
    assert.equal(exchange.read('saml.subject'), 'alice');
  });

  it('takes the name of the trust store from a variable', () => {
    policyOf(`${source}<TrustStore ref="store">empty</TrustStore>`).step(
      post(envelope(sign(draft())), { store: 'trusted' }),
    );
  });

  it('removes the assertion', () => {
    const exchange = post(envelope(sign(draft()), 'x &lt; y'));
    policyOf(`${source}${trust}<RemoveAssertion>true</RemoveAssertion>`).step(exchange);
    assert.equal(exchange.request.content, envelope('', 'x &lt; y').replace('<s:Header></s:Header>', '<s:Header/>'));
  });

  it('a comment in a name hides nothing: the name is what was signed', () => {
    const exchange = post(envelope(sign(draft({ subject: 'admin.evil' })).replace('admin.evil', 'admin<!-- -->.evil')));
    policyOf(source + trust).step(exchange);
    assert.equal(exchange.read('saml.subject'), 'admin.evil');
  });

  it('what one assertion leaves out is not that of the one before', () => {
    const exchange = post(envelope(sign(draft())));
    exchange.setVariable('saml.authnSnooa', 'old');
    policyOf(source + trust).step(exchange);
    assert.equal(exchange.read('saml.authnSnooa'), undefined);
  });

  it('takes the payload of its source alone', () => assert.equal(policyOf(source + trust).needs, BodyNeed.request));
});

const good = sign(draft());
const evil = draft({ id: '_evil', subject: 'mallory' });
const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(good)?.[0] ?? '';
const anywhere = `<Source name="request">${namespaces}<AssertionXPath>//saml:Assertion</AssertionXPath></Source>`;
const evilWith = (inside: string): string => evil.replace('</saml:Issuer>', `</saml:Issuer>${inside}`);

describe('ValidateSAMLAssertion refuses', () => {
  for (const [name, body, reason, where = source, store = trust] of [
    ['no assertion', envelope(''), /has no assertion/],
    ['an unsigned assertion', envelope(draft()), /the signed element has no Signature/],
    ['a changed subject', envelope(good.replace('alice', 'mallory')), /signature is not valid/],
    [
      'a changed time',
      envelope(good.replace(/NotOnOrAfter="[^"]*"/, `NotOnOrAfter="${at(999)}"`)),
      /signature is not valid/,
    ],
    [
      'an added element',
      envelope(good.replace('</saml:AuthnStatement>', '</saml:AuthnStatement><saml:Advice/>')),
      /signature is not valid/,
    ],
    [
      'a changed signature value',
      envelope(good.replace(/<ds:SignatureValue>./, '<ds:SignatureValue>A')),
      /signature is not valid/,
    ],
    [
      'a certificate that is not trusted',
      envelope(sign(draft(), stranger)),
      /signature is not valid/,
      source,
      '<TrustStore>empty</TrustStore>',
    ],
    ['the key of a stranger', envelope(good), /signature is not valid/, source, '<TrustStore>strangers</TrustStore>'],
    [
      'a trust store that is not there',
      envelope(good),
      /signature is not valid/,
      source,
      '<TrustStore>none</TrustStore>',
    ],
    ['an assertion that is over', envelope(sign(draft({ conditions: `NotOnOrAfter="${at(-2)}"` }))), /no longer valid/],
    ['an assertion of the future', envelope(sign(draft({ conditions: `NotBefore="${at(3)}"` }))), /not valid yet/],
    [
      'a confirmation that is over',
      envelope(sign(draft({ confirmation: `NotOnOrAfter="${at(-2)}"` }))),
      /no longer valid/,
    ],
    ['a time that is none', envelope(sign(draft({ conditions: 'NotOnOrAfter="soon"' }))), /a time in it is none/],
    // Signature wrapping: the signed assertion is somewhere, another one is where it is looked for.
    ['another assertion with the signed one beside it', envelope(evil, good), /has no Signature/],
    ['another assertion with its signature', envelope(evilWith(signature), good), /signature is of another element/],
    ['another assertion of the same ID', envelope(evilWith(signature).replace('_evil', '_a1'), good), /stands 2 times/],
    [
      'another assertion of the same ID, original in its signature',
      envelope(
        evilWith(
          signature.replace('</ds:Signature>', `<ds:Object>${good.replace(signature, '')}</ds:Object></ds:Signature>`),
        ).replace('_evil', '_a1'),
      ),
      /stands 2 times/,
    ],
    [
      'the original in an Object of the signature',
      envelope(
        evilWith(
          signature.replace('</ds:Signature>', `<ds:Object>${good.replace(signature, '')}</ds:Object></ds:Signature>`),
        ),
      ),
      /holds more than a signature/,
    ],
    [
      'the original inside of another',
      envelope(evil.replace('</saml:Subject>', `</saml:Subject><saml:Advice>${good}</saml:Advice>`)),
      /has no Signature/,
    ],
    ['two assertions where one is looked for', envelope(good + evil), /more than one assertion/],
    ['two assertions anywhere', envelope(evil, good), /more than one assertion/, anywhere],
    [
      'a signed element that is another',
      envelope(evil, good),
      /does not cover the assertion/,
      `<Source name="request">${namespaces}${inHeader}<SignedElementXPath>/s:Envelope/s:Body/saml:Assertion</SignedElementXPath></Source>`,
    ],
    ['two signatures', envelope(good.replace(signature, signature + signature)), /more than one Signature/],
    [
      'a signature with a secret key',
      envelope(good.replace('xmldsig-more#rsa-sha256', 'xmldsig-more#hmac-sha256')),
      /is not accepted/,
    ],
    ['MD5', envelope(good.replace('xmlenc#sha256', 'xmlenc#md5')), /is not accepted/],
    ['an XPath transform', envelope(good.replace('xmldsig#enveloped-signature', 'xmldsig#xpath')), /is not accepted/],
    ['a reference to everything', envelope(good.replace('URI="#_a1"', 'URI=""')), /is of another element/],
    [
      'an assertion of another namespace',
      envelope(good),
      /selects no assertion of SAML/,
      `<Source name="request">${namespaces}<AssertionXPath>/s:Envelope</AssertionXPath></Source>`,
    ],
    ['an assertion without ID', envelope(good.replace('ID="_a1"', '')), /has no ID/],
  ] as const) {
    it(name, async () => {
      const exchange = post(body);
      const fault = await faultOf(policyOf(where + store).step, exchange);
      assert.equal(fault.code, 'steps.saml.validate.InvalidAssertion');
      assert.equal(fault.status, 401);
      assert.match(fault.faultstring, reason);
      assert.equal(exchange.read('saml.valid'), 'false');
      assert.equal(exchange.read('saml.subject'), undefined);
    });
  }

  for (const { name, payload } of hostileXml) {
    it(name, async () => {
      const fault = await faultOf(policyOf(source + trust).step, post(payload));
      assert.equal(fault.code, 'steps.saml.validate.InvalidAssertion');
    });
  }

  it('another Content-Type', async () => {
    const exchange = exchangeOf({ verb: 'POST', headers: { 'content-type': 'text/plain' }, body: envelope(good) });
    const fault = await faultOf(policyOf(source + trust).step, exchange);
    assert.equal(fault.code, 'steps.saml.validate.InvalidMediaTpe');
    policyOf(source + trust, 'ignoreContentType="true"').step(exchange);
    assert.equal(exchange.read('saml.valid'), 'true');
  });

  it('a message that is not there', async () => {
    const fault = await faultOf(policyOf(`${source.replace('"request"', '"response"')}${trust}`).step, post('<a/>'));
    assert.equal(fault.code, 'steps.saml.validate.SourceMessageNotAvailable');
  });
});

describe('ValidateSAMLAssertion when the bundle is loaded', () => {
  for (const [inner, code, text] of [
    [trust, 'ZH606', /SourceNotConfigured/],
    [`<Source name="request"/>${trust}`, 'ZH606', /SourceNotConfigured/],
    [source, 'ZH607', /TrustStoreNotConfigured/],
    [`<Source><AssertionXPath>//p:a</AssertionXPath></Source>${trust}`, 'ZH604', /The prefix "p" is not declared/],
    [`<Source><AssertionXPath>1 + 1</AssertionXPath></Source>${trust}`, 'ZH604', /selects no elements/],
  ] as const) {
    it(`${code} ${inner}`, () => {
      const found = listed(policyOf(inner).diagnostics).join('\n');
      assert.match(found, new RegExp(`error ${code}`));
      assert.match(found, text);
    });
  }
});
