import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { XMLThreatProtection } from '../../runtime/policies/XMLThreatProtection.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

function compile(inner: string) {
  const policy = compilePolicy(XMLThreatProtection, `<XMLThreatProtection name="XT">${inner}</XMLThreatProtection>`);
  assert.deepEqual(listed(policy.diagnostics), []);
  return policy.step;
}

const start = 'XMLThreatProtection stepDefinition XT: Execution failed. reason: ';

async function refusal(inner: string, body: string): Promise<string | undefined> {
  const step = compile(inner);
  const exchange = exchangeOf({ verb: 'POST', headers: { 'Content-Type': 'text/xml' }, body });
  try {
    await step(exchange);
    return undefined;
  } catch {
    const fault = await faultOf(step, exchange);
    assert.equal(fault.code, 'steps.xmlthreatprotection.ExecutionFailed');
    assert.equal(fault.status, 500);
    assert.ok(fault.faultstring.startsWith(start), fault.faultstring);
    return fault.faultstring.slice(start.length);
  }
}

const names = (inner: string) => `<NameLimits>${inner}</NameLimits>`;
const structure = (inner: string) => `<StructureLimits>${inner}</StructureLimits>`;
const values = (inner: string) => `<ValueLimits>${inner}</ValueLimits>`;

describe('limits', () => {
  const facts: readonly (readonly [limit: string, passes: string, fails: string, text: string])[] = [
    [
      names('<Element>3</Element>'),
      '<long:abc long="1"/>',
      '<a>\n<abcd/></a>',
      'Element name length exceeded 3 at line 2',
    ],
    [
      names('<Attribute>2</Attribute>'),
      '<abc ab="" xmlns:abc="u"/>',
      '<a abc=""/>',
      'Attribute name length exceeded 2',
    ],
    [
      names('<NamespacePrefix>2</NamespacePrefix>'),
      '<ab:abc xmlns:ab="u"/>',
      '<a xmlns:abc="u"/>',
      'Namespace prefix length exceeded 2',
    ],
    [names('<NamespacePrefix>2</NamespacePrefix>'), '<a ab:abc=""/>', '<abc:a/>', 'Namespace prefix length exceeded 2'],
    [
      names('<ProcessingInstructionTarget>2</ProcessingInstructionTarget>'),
      '<?ab cde?><a/>',
      '<a><?abc?></a>',
      'Processing instruction target length exceeded 2',
    ],
    [structure('<NodeDepth>2</NodeDepth>'), '<a><b/><b/></a>', '<a><b><c/></b></a>', 'Node depth exceeded 2'],
    [
      structure('<AttributeCountPerElement>2</AttributeCountPerElement>'),
      '<a b="" c="" xmlns="u"><a b=""/></a>',
      '<a b="" c="" d=""/>',
      'Attribute count exceeded 2',
    ],
    [
      structure('<NamespaceCountPerElement>1</NamespaceCountPerElement>'),
      '<a xmlns="u" b=""><c xmlns="u"/></a>',
      '<a xmlns="u" xmlns:b="v"/>',
      'Namespace count exceeded 1',
    ],
    [
      structure('<ChildCount>2</ChildCount>'),
      '<a> <b/> <b><c/><c/></b> </a>',
      '<a><b/><!--x--><?y?></a>',
      'Children count exceeded 2',
    ],
    [
      structure('<ChildCount includeText="false">1</ChildCount>'),
      '<a>x<b/>y</a>',
      '<a>x<b/>y<b/></a>',
      'Children count exceeded 1',
    ],
    [
      structure('<ChildCount>1</ChildCount>'),
      '<a>x &amp; <![CDATA[y]]></a>',
      '<a>x<b/></a>',
      'Children count exceeded 1',
    ],
    [
      structure(
        '<ChildCount includeElement="false" includeComment="false" includeProcessingInstruction="false">1</ChildCount>',
      ),
      '<a><b/><!----><?c?>x</a>',
      '<a>x<b/>y</a>',
      'Children count exceeded 1',
    ],
    [values('<Text>3</Text>'), '<a>a&lt;c<b>abc</b></a>', '<a>ab<!-- --><![CDATA[cd]]></a>', 'Text length exceeded 3'],
    [
      values('<Attribute>3</Attribute>'),
      '<a b="a&lt;c" xmlns="long"/>',
      '<a b="abcd"/>',
      'Attribute value length exceeded 3',
    ],
    [
      values('<NamespaceURI>3</NamespaceURI>'),
      '<a xmlns="abc"/>',
      '<a xmlns:b="abcd"/>',
      'Namespace uri length exceeded 3',
    ],
    [values('<Comment>3</Comment>'), '<a><!--abc--></a>', '<a><!--abcd--></a>', 'Comment length exceeded 3'],
    [
      values('<ProcessingInstructionData>3</ProcessingInstructionData>'),
      '<a><?abcd abc?></a>',
      '<a><?a abcd?></a>',
      'Processing instruction data length exceeded 3',
    ],
  ];
  for (const [limit, passes, fails, text] of facts) {
    test(`${limit} of ${fails}`, async () => {
      assert.equal(await refusal(limit, passes), undefined);
      const found = (await refusal(limit, fails)) ?? 'passes';
      assert.ok(found.startsWith(`XMLThreatProtection stepDefinition XT: ${text}`), found);
      assert.match(found, / at line \d+\(possibly around char \d+\)$/);
      assert.equal(await refusal(limit.replace(/\d/, '-1'), fails), undefined);
    });
  }
});

describe('what is no XML is refused', () => {
  for (const body of [
    '<a><b></a>',
    '<a>',
    'text',
    '<a/><b/>',
    '<a b="1" b="2"/>',
    '<a>&nbsp;</a>',
    '<a>&constructor;</a>',
    '<a>&#0;</a>',
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '<!DOCTYPE a SYSTEM "http://example.com/a.dtd"><a/>',
    '<a>]]></a>',
  ]) {
    test(body, async () =>
      assert.match((await refusal('', body)) ?? 'passes', /at line \d+\(possibly around char \d+\)$/),
    );
  }

  test('but not without a payload, or of another type', () => {
    const step = compile(names('<Element>1</Element>'));
    step(exchangeOf({ headers: { 'Content-Type': 'application/xml' } }));
    step(exchangeOf({ headers: { 'Content-Type': 'application/json' }, body: '<abc/>' }));
  });
});

test('a deep document without a limit', async () => {
  assert.equal(await refusal('', '<a>'.repeat(9000) + '</a>'.repeat(9000)), undefined);
  assert.match((await refusal('', '<a>'.repeat(200_000))) ?? '', /Node depth exceeded 10000/);
});

test('the source is missing, or no message', async () => {
  const step = compile('<Source>flow.m</Source>');
  const missing = await faultOf(step, exchangeOf());
  assert.equal(missing.code, 'steps.xmlthreatprotection.SourceUnavailable');
  assert.match(missing.faultstring, /Source flow\.m is not available/);
  const other = await faultOf(step, exchangeOf({ variables: { 'flow.m': '<a/>' } }));
  assert.equal(other.code, 'steps.xmlthreatprotection.NonMessageVariable');
});
