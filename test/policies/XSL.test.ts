import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { XSL } from '../../runtime/policies/XSL.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { hostileXml } from '../support/hostile.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const xml = { 'Content-Type': 'application/xml' };

const sheet = (body: string, version = '1.0'): string =>
  `<xsl:stylesheet version="${version}" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:output omit-xml-declaration="yes"/>${body}</xsl:stylesheet>`;

const resources = {
  'xsl://t.xsl': sheet(
    '<xsl:param name="who" select="\'nobody\'"/><xsl:template match="/"><o who="{$who}"><xsl:value-of select="a"/></o></xsl:template>',
  ),
  'xsl://main.xsl': sheet('<xsl:import href="t.xsl"/><xsl:include href="xsl://part.xsl"/>'),
  'xsl://part.xsl': sheet('<xsl:param name="who" select="\'part\'"/>'),
  'xsl://bad.xsl': sheet('<xsl:template match="/"><xsl:value-of select="a["/></xsl:template>'),
  'xsl://newer.xsl': sheet(
    '<xsl:template match="/"><xsl:for-each-group select="a" group-by="b"/></xsl:template>',
    '2.0',
  ),
  'xsl://stop.xsl': sheet('<xsl:template match="/"><xsl:message terminate="yes">no order</xsl:message></xsl:template>'),
  'xsl://entity.xsl': `<!DOCTYPE xsl:stylesheet [<!ENTITY dash "&#8211;">]>\n${sheet('<xsl:template match="/">&dash;</xsl:template>')}`,
};

function policyOf(inner: string) {
  return compilePolicy(XSL, `<XSL name="X-1">${inner}</XSL>`, { resources });
}

const url = '<ResourceURL>xsl://t.xsl</ResourceURL>';

describe('XSL', () => {
  it('replaces the payload, and leaves the Content-Type', () => {
    const exchange = exchangeOf({ verb: 'POST', headers: xml, body: '<a>1</a>' });
    policyOf(url).step(exchange);
    assert.equal(exchange.request.content, '<o who="nobody">1</o>');
    assert.equal(exchange.request.headers.line('content-type'), 'application/xml');
  });

  it('takes any Content-Type', () => {
    const exchange = exchangeOf({ verb: 'POST', headers: { 'content-type': 'text/plain' }, body: '<a>1</a>' });
    policyOf(url).step(exchange);
    assert.equal(exchange.request.content, '<o who="nobody">1</o>');
  });

  it('writes to a variable', () => {
    const exchange = exchangeOf({ response: responseOf({ headers: xml, body: '<a>1</a>' }) });
    policyOf(`<Source>response</Source><OutputVariable>out</OutputVariable>${url}`).step(exchange);
    assert.equal(exchange.read('out'), '<o who="nobody">1</o>');
    assert.equal(exchange.response?.content, '<a>1</a>');
  });

  it('reads a variable', () => {
    const exchange = exchangeOf({ variables: { in: '<a>2</a>' } });
    policyOf(`<Source>in</Source><OutputVariable>out</OutputVariable>${url}`).step(exchange);
    assert.equal(exchange.read('out'), '<o who="nobody">2</o>');
    policyOf(`<Source>in</Source>${url}`).step(exchange);
    assert.equal(exchange.read('in'), '<o who="nobody">2</o>');
  });

  for (const [parameter, who] of [
    ['name="who" value="&lt;a&gt; "', '&lt;a&gt; '],
    ['name="who" ref="v"', 'x'],
    ['name="who" ref="none" value="y"', 'y'],
    ['name="who" ref="none"', ''],
    ['name="other" value="y"', 'nobody'],
  ]) {
    it(`parameter ${parameter}`, () => {
      const exchange = exchangeOf({ verb: 'POST', body: '<a/>', variables: { v: 'x' } });
      const list = `<Parameters ignoreUnresolvedVariables="true"><Parameter ${parameter}/></Parameters>`;
      policyOf(url + list).step(exchange);
      assert.equal(exchange.request.content, `<o who="${who}"/>`);
    });
  }

  it('imports and includes style sheets of the bundle', () => {
    const exchange = exchangeOf({ verb: 'POST', body: '<a/>' });
    policyOf('<ResourceURL>xsl://main.xsl</ResourceURL>').step(exchange);
    assert.equal(exchange.request.content, '<o who="part"/>');
  });

  it('reads the entities that a style sheet declares for itself', () => {
    const exchange = exchangeOf({ verb: 'POST', body: '<a/>' });
    policyOf('<ResourceURL>xsl://entity.xsl</ResourceURL>').step(exchange);
    assert.equal(exchange.request.content, '\u2013');
  });

  it('takes the payload of its source alone', () => {
    assert.equal(policyOf(`<Source>response</Source>${url}`).needs, BodyNeed.response);
    assert.equal(policyOf(url).needs, BodyNeed.current);
  });
});

describe('XSL fails on', () => {
  for (const [name, inner, body, error, text] of [
    [
      'a source without value',
      `<Source>none</Source>${url}`,
      '',
      'XSLSourceMessageNotAvailable',
      /^none message is not available for XSL: X-1$/,
    ],
    ['malformed XML', url, '<a><b></a>', 'XSLEvaluationFailed', /^Evaluation of XSL t\.xsl failed with reason: "1:\d+/],
    ['an empty payload', url, '', 'XSLEvaluationFailed', /reason: "/],
    [
      'a variable without value',
      `${url}<Parameters><Parameter name="p" ref="none"/></Parameters>`,
      '<a/>',
      'XSLVariableResolutionFailed',
      /^Failed to resolve variable none$/,
    ],
    ['xsl:message', '<ResourceURL>xsl://stop.xsl</ResourceURL>', '<a/>', 'XSLEvaluationFailed', /"no order"$/],
    [
      'what does not run here',
      '<ResourceURL>xsl://newer.xsl</ResourceURL>',
      '<a/>',
      'XSLEvaluationFailed',
      /xsl:for-each-group/,
    ],
  ] as const) {
    it(name, async () => {
      const exchange = exchangeOf({ verb: 'POST', headers: xml, body });
      const fault = await faultOf(policyOf(inner).step, exchange);
      assert.equal(fault.code, `steps.xsl.${error}`);
      assert.equal(fault.status, 500);
      assert.match(fault.faultstring, text);
    });
  }

  for (const { name, payload } of hostileXml) {
    it(name, async () => {
      const exchange = exchangeOf({ verb: 'POST', headers: xml, body: payload });
      const fault = await faultOf(policyOf(url).step, exchange);
      assert.equal(fault.code, 'steps.xsl.XSLEvaluationFailed');
    });
  }

  it('more nodes than memory should hold', async () => {
    const exchange = exchangeOf({ verb: 'POST', headers: xml, body: `<a>${'<b/>'.repeat(1_100_000)}</a>` });
    const fault = await faultOf(policyOf(url).step, exchange);
    assert.match(fault.faultstring, /more than 1000000 nodes/);
  });
});

describe('XSL when the bundle is loaded', () => {
  for (const [inner, expected] of [
    ['', 'policies/test.xml:1:1 error ZH590 XSL names no style sheet (XSLEmptyResourceUrl).'],
    [
      '<ResourceURL>jsc://t.js</ResourceURL>',
      'policies/test.xml:1:30 error ZH591 "jsc://t.js" is no resource of type xsl (XSLInvalidResourceType).',
    ],
    [
      '<ResourceURL>xsl://tt.xsl</ResourceURL>',
      'policies/test.xml:1:30 error ZH592 There is no resource "xsl://tt.xsl" in the bundle or its environment.',
    ],
    [
      '<ResourceURL>xsl://bad.xsl</ResourceURL>',
      'resources/xsl/bad.xsl:1:168 error ZH593 The expression ends too soon.',
    ],
    [
      '<ResourceURL>xsl://newer.xsl</ResourceURL>',
      'resources/xsl/newer.xsl:1:144 warning ZH594 xsl:for-each-group is XSLT 2.0 and does not run here.',
    ],
    [
      `${url}<Parameters><Parameter name="p"/></Parameters>`,
      'policies/test.xml:1:67 warning ZH595 The parameter "p" has neither ref nor value: it is an empty text.',
    ],
  ] as const) {
    it(inner, () => assert.deepEqual(listed(policyOf(inner).diagnostics), [expected]));
  }
});
