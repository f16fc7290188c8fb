import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Source } from '../../runtime/diagnostic.ts';
import { TransformationFailure } from '../../runtime/language/xslt/failure.ts';
import type { TransformationLimits } from '../../runtime/language/xslt/run.ts';
import { compileStylesheet } from '../../runtime/language/xslt/stylesheet.ts';
import { hostileXml } from '../support/hostile.ts';

interface Options {
  readonly version?: string;
  readonly namespaces?: string;
  readonly modules?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly limits?: TransformationLimits;
}

const xsl = 'http://www.w3.org/1999/XSL/Transform';

function sheetOf(body: string, { version = '1.0', namespaces = '' }: Options = {}): string {
  return `<xsl:stylesheet version="${version}" xmlns:xsl="${xsl}" ${namespaces}>${body}</xsl:stylesheet>`;
}

function compile(text: string, options: Options = {}) {
  const resolve = (href: string) => {
    const module = options.modules?.[href];
    return module === undefined ? undefined : new Source(href, module);
  };
  return compileStylesheet(new Source('main.xsl', text), resolve, options.limits);
}

function mistakesOf(text: string, options: Options = {}): string[] {
  return compile(text, options).mistakes.map(({ message, at, unsupported }) => {
    const { line, column } = at.source.position(at.offset);
    return `${at.source.file}:${line}:${column} ${unsupported ? 'unsupported ' : ''}${message}`;
  });
}

function run(text: string, xml: string, options: Options = {}): string {
  const { stylesheet, mistakes } = compile(text, options);
  assert.deepEqual(
    mistakes.map(({ message }) => message),
    [],
  );
  return stylesheet.transform(xml, new Map(Object.entries(options.parameters ?? {})));
}

/** Without an XML declaration. */
const plain = '<xsl:output omit-xml-declaration="yes"/>';

function transform(body: string, xml: string, options: Options = {}): string {
  return run(sheetOf(plain + body, options), xml, options);
}

const order = '<order id="7"><item n="2">b</item><item n="10">a</item><item n="1">c</item></order>';

/** An XPath expression over `order` and its text. */
const expressions: readonly [string, string][] = [
  ['1 + 2 * 3', '7'],
  ['(1 + 2) * 3', '9'],
  ['7 mod 3', '1'],
  ['-7 mod 3', '-1'],
  ['1 div 4', '0.25'],
  ['1 div 0', 'Infinity'],
  ['-1 div 0', '-Infinity'],
  ['0 div 0', 'NaN'],
  ['1000000 * 1000000 * 1000000 * 1000000', '1000000000000000000000000'],
  ['1 div 10000000', '0.0000001'],
  ['--1', '1'],
  ['- 1', '-1'],
  ['round(2.5)', '3'],
  ['round(-2.5)', '-2'],
  ['floor(-1.5)', '-2'],
  ['ceiling(1.2)', '2'],
  ["number('12x')", 'NaN'],
  ["number(' 12 ')", '12'],
  ["number('1e3')", 'NaN'],
  ["number('+1')", 'NaN'],
  ['number(true())', '1'],
  ['1 = 1.0', 'true'],
  ["'a' = 'b'", 'false'],
  ["1 < 2 and 'x' != 'y'", 'true'],
  ['true() or false()', 'true'],
  ['2 > 1 = true()', 'true'],
  ["boolean('false')", 'true'],
  ["boolean('')", 'false'],
  ['boolean(//nothing)', 'false'],
  ['not(//item)', 'false'],
  ['string(/order/@id)', '7'],
  ['/order/item', 'b'],
  ['count(//item)', '3'],
  ['count(//@n)', '3'],
  ['count(//node())', '7'],
  ['count(/descendant-or-self::node())', '8'],
  ['sum(//@n)', '13'],
  ['//item[2]', 'a'],
  ['//item[last()]', 'c'],
  ['//item[position() = 2]', 'a'],
  ['//item[@n = 1]', 'c'],
  ["//item[@n='10'][. = 'a']", 'a'],
  ['(//item)[3]', 'c'],
  ['//item[@n > 1][2]', 'a'],
  ['/order/*[1]', 'b'],
  ['/order/item[3]/preceding-sibling::item[1]', 'a'],
  ['/order/item[3]/preceding-sibling::*', 'b'],
  ['/order/item[1]/following-sibling::item', 'a'],
  ['/order/item[1]/following::*[2]', 'c'],
  ['count(//item[3]/preceding::text())', '2'],
  ['name(//item[1]/..)', 'order'],
  ['name(//item[1]/ancestor::*)', 'order'],
  ['count(//item[1]/ancestor-or-self::node())', '3'],
  ['name(//@n/parent::item)', 'item'],
  ['//item[1]/self::item', 'b'],
  ['count(//item[1]/self::order)', '0'],
  ['count(//item | /order | //item)', '4'],
  ['name((//item | /order)[1])', 'order'],
  ['/order/child::item[2]/attribute::n', '10'],
  ['//item = "c"', 'true'],
  ['//item != "c"', 'true'],
  ['//@n < 2', 'true'],
  ['//@n > 10', 'false'],
  ['//item = //item[2]', 'true'],
  ['//item[1] = true()', 'true'],
  ["concat('a', 1, true())", 'a1true'],
  ["starts-with('abc', 'ab')", 'true'],
  ["contains('abc', 'bc')", 'true'],
  ["substring-before('1999/04', '/')", '1999'],
  ["substring-before('abc', 'x')", ''],
  ["substring-after('1999/04', '/')", '04'],
  ["substring-after('abc', 'x')", ''],
  ["substring('12345', 2, 3)", '234'],
  ["substring('12345', 2)", '2345'],
  ["substring('12345', 1.5, 2.6)", '234'],
  ["substring('12345', 0, 3)", '12'],
  ["substring('12345', 0 div 0, 3)", ''],
  ["substring('12345', -42, 1 div 0)", '12345'],
  ["substring('12345', -1 div 0, 1 div 0)", ''],
  ["string-length('\u{1f600}a')", '2'],
  ["substring('\u{1f600}ab', 2, 1)", 'a'],
  ["normalize-space('  a  b ')", 'a b'],
  ["translate('bar', 'abc', 'AB')", 'BAr'],
  ["translate('--aaa--', 'abc-', 'ABC')", 'AAA'],
  ['local-name(//item)', 'item'],
  ['namespace-uri(//item)', ''],
  ['generate-id(//item[1]) = generate-id(/order/*[1])', 'true'],
  ['generate-id(//item[1]) = generate-id(//item[2])', 'false'],
  ["system-property('xsl:version')", '1.0'],
  ["element-available('xsl:if')", 'true'],
  ['if (2 gt 1) then 3 else 4', '3'],
  ["upper-case('a')", 'A'],
  ["element-available('xsl:for-each-group')", 'false'],
  ["function-available('key')", 'true'],
  ["function-available('document')", 'false'],
  ['name(current())', 'order'],
  ['//item[@n = current()/@id - 5]', 'b'],
  ['div', ''],
  ['count(/order/namespace::*)', '1'],
];

describe('XPath in a style sheet', () => {
  for (const [expression, text] of expressions) {
    it(expression, () => {
      const select = expression.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
      const body = `<xsl:output method="text"/><xsl:template match="/order"><xsl:value-of select="${select}"/></xsl:template>`;
      assert.equal(run(sheetOf(body), order), text);
    });
  }
});

/** Section of the recommendation, what stands in the style sheet, payload, result. */
const facts: readonly [string, string, string, string, Options?][] = [
  // 2: structure
  ['2.3 literal result element as style sheet', '', '<a>x</a>', '<o>x</o>'],
  [
    '2.5 forwards-compatible',
    '<xsl:template match="/"><xsl:next-match><xsl:fallback>f</xsl:fallback></xsl:next-match></xsl:template>',
    '<a/>',
    'f',
    { version: '3.0' },
  ],
  [
    '2.6.1 include',
    '<xsl:include href="m.xsl"/><xsl:template match="/"><xsl:call-template name="t"/></xsl:template>',
    '<a/>',
    '<m/>',
    { modules: { 'm.xsl': sheetOf('<xsl:template name="t"><m/></xsl:template>') } },
  ],
  [
    '2.6.2 import: the importing one wins',
    '<xsl:import href="m.xsl"/><xsl:template match="b">own<xsl:apply-imports/></xsl:template>',
    '<a><b/><c/></a>',
    'ownimpc',
    {
      modules: {
        'm.xsl': sheetOf(
          '<xsl:template match="b">imp</xsl:template><xsl:template match="c" priority="9">c</xsl:template>',
        ),
      },
    },
  ],
  // 3: data model, white space
  [
    '3.4 strip-space',
    '<xsl:strip-space elements="*"/><xsl:preserve-space elements="p"/><xsl:template match="/"><xsl:copy-of select="."/></xsl:template>',
    '<a> <b> x </b> <p> </p> <c xml:space="preserve"> </c></a>',
    '<a><b> x </b><p> </p><c xml:space="preserve"> </c></a>',
  ],
  [
    '3.4 blanks of the style sheet',
    '<xsl:template match="/">\n <a>\n <b> x </b>\n </a>\n</xsl:template>',
    '<z/>',
    '<a><b> x </b></a>',
  ],
  [
    '3.4 xsl:text keeps blanks',
    '<xsl:template match="/"><xsl:text> </xsl:text><xsl:text>&#10;</xsl:text></xsl:template>',
    '<z/>',
    ' \n',
  ],
  // 5: template rules
  ['5.2 pattern: name', '<xsl:template match="b">B</xsl:template>', '<a><b/><c>c</c></a>', 'Bc'],
  [
    '5.2 pattern: path',
    '<xsl:template match="a/b">1</xsl:template><xsl:template match="c//b">2</xsl:template>',
    '<r><a><b/></a><c><x><b/></x></c></r>',
    '12',
  ],
  [
    '5.2 pattern: from the root',
    '<xsl:template match="/r/b">1</xsl:template><xsl:template match="b" priority="-1">2</xsl:template>',
    '<r><b/><x><b/></x></r>',
    '12',
  ],
  ['5.2 pattern: //', '<xsl:template match="//b">1</xsl:template>', '<r><b/></r>', '1'],
  [
    '5.2 pattern: attribute',
    '<xsl:template match="a"><xsl:apply-templates select="@*"/></xsl:template><xsl:template match="@x">X</xsl:template>',
    '<a x="1" y="2"/>',
    'X2',
  ],
  ['5.2 pattern: union', '<xsl:template match="b|c">!</xsl:template>', '<a><b/><c/></a>', '!!'],
  [
    '5.2 pattern: kinds',
    '<xsl:template match="text()">t</xsl:template><xsl:template match="comment()">c</xsl:template><xsl:template match="processing-instruction(\'p\')">p</xsl:template>',
    '<a>x<!--y--><?p z?><?q z?></a>',
    'tcp',
  ],
  [
    '5.2 pattern: position among siblings',
    '<xsl:template match="i[2]">two</xsl:template><xsl:template match="i[last()]" priority="1">last</xsl:template>',
    '<a><i>1</i><x/><i>2</i><i>3</i></a>',
    '1twolast',
  ],
  ['5.2 pattern: predicate', '<xsl:template match="i[@k=\'v\']">!</xsl:template>', '<a><i k="v"/><i>x</i></a>', '!x'],
  [
    '5.2 pattern: key',
    '<xsl:key name="k" match="i" use="@id"/><xsl:template match="key(\'k\', \'2\')">!</xsl:template>',
    '<a><i id="1">x</i><i id="2">y</i></a>',
    'x!',
  ],
  [
    '5.3 apply-templates in order of the document',
    '<xsl:template match="/"><xsl:apply-templates select="//c | //b"/></xsl:template>',
    '<a><b>1</b><c>2</c></a>',
    '12',
  ],
  [
    '5.5 priority',
    '<xsl:template match="*">any</xsl:template><xsl:template match="b">name</xsl:template><xsl:template match="node()">node</xsl:template>',
    '<b/>',
    'name',
  ],
  [
    '5.5 the last of equal ones',
    '<xsl:template match="b">1</xsl:template><xsl:template match="b">2</xsl:template>',
    '<b/>',
    '2',
  ],
  [
    '5.5 prefix:*',
    '<xsl:template match="p:*">p</xsl:template><xsl:template match="*">any</xsl:template>',
    '<b xmlns="urn:p"/>',
    'p',
    { namespaces: 'xmlns:p="urn:p"' },
  ],
  [
    '5.7 modes',
    '<xsl:template match="/"><xsl:apply-templates mode="m"/><xsl:apply-templates/></xsl:template><xsl:template match="b" mode="m">M</xsl:template><xsl:template match="b">N</xsl:template>',
    '<a><b/></a>',
    'MN',
  ],
  ['5.8 built-in rules', '', '<a>x<b y="1">z</b><!-- c --></a>', 'xz'],
  // 6: named templates
  [
    '6 call-template keeps the node',
    '<xsl:template match="b"><xsl:call-template name="t"/></xsl:template><xsl:template name="t"><xsl:value-of select="."/></xsl:template>',
    '<a><b>x</b></a>',
    'x',
  ],
  // 7: creating the result
  [
    '7.1.1 literal result elements keep namespaces',
    '<xsl:template match="/"><p:o q:x="1"/></xsl:template>',
    '<a/>',
    '<p:o xmlns:p="urn:p" xmlns:q="urn:q" q:x="1"/>',
    { namespaces: 'xmlns:p="urn:p" xmlns:q="urn:q"' },
  ],
  [
    '7.1.1 exclude-result-prefixes',
    '<xsl:template match="/"><o/></xsl:template>',
    '<a/>',
    '<o/>',
    { namespaces: 'xmlns:p="urn:p" exclude-result-prefixes="p"' },
  ],
  [
    '7.1.1 namespace-alias',
    '<xsl:namespace-alias stylesheet-prefix="g" result-prefix="xsl"/><xsl:template match="/"><g:if test="{1}"/></xsl:template>',
    '<a/>',
    `<xsl:if xmlns:xsl="${xsl}" test="1"/>`,
    { namespaces: 'xmlns:g="urn:g"' },
  ],
  [
    '7.1.2 element',
    '<xsl:template match="*"><xsl:element name="{name()}x"><xsl:apply-templates/></xsl:element></xsl:template>',
    '<a><b>1</b></a>',
    '<ax><bx>1</bx></ax>',
  ],
  [
    '7.1.2 element with namespace',
    '<xsl:template match="/"><xsl:element name="p:e" namespace="urn:{name(*)}"/><xsl:element name="e" namespace="urn:d"><i/></xsl:element></xsl:template>',
    '<a/>',
    '<p:e xmlns:p="urn:a"/><e xmlns="urn:d"><i xmlns=""/></e>',
  ],
  [
    '7.1.3 attribute',
    '<xsl:template match="/"><o a="1"><xsl:attribute name="b">x<xsl:value-of select="1+1"/></xsl:attribute><xsl:attribute name="a">2</xsl:attribute></o></xsl:template>',
    '<a/>',
    '<o a="2" b="x2"/>',
  ],
  [
    '7.1.3 attribute with namespace',
    '<xsl:template match="/"><o><xsl:attribute name="k" namespace="urn:k">v</xsl:attribute></o></xsl:template>',
    '<a/>',
    '<o xmlns:ns0="urn:k" ns0:k="v"/>',
  ],
  [
    '7.1.4 attribute sets',
    '<xsl:attribute-set name="a"><xsl:attribute name="x">1</xsl:attribute></xsl:attribute-set><xsl:attribute-set name="b" use-attribute-sets="a"><xsl:attribute name="y">2</xsl:attribute></xsl:attribute-set><xsl:template match="/"><o xsl:use-attribute-sets="b" y="3"/></xsl:template>',
    '<a/>',
    '<o x="1" y="3"/>',
  ],
  [
    '7.2 text',
    '<xsl:template match="/"><o>a &lt; <![CDATA[b & c]]></o></xsl:template>',
    '<a/>',
    '<o>a &lt; b &amp; c</o>',
  ],
  [
    '7.3 processing instruction',
    '<xsl:template match="/"><xsl:processing-instruction name="p">x?>y</xsl:processing-instruction></xsl:template>',
    '<a/>',
    '<?p x? >y?>',
  ],
  ['7.4 comment', '<xsl:template match="/"><xsl:comment>a--b-</xsl:comment></xsl:template>', '<a/>', '<!--a- -b- -->'],
  [
    '7.5 copy',
    '<xsl:template match="@*|node()"><xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy></xsl:template>',
    '<a x="1"><!--c--><?p d?>t<b xmlns="urn:b">&lt;</b></a>',
    '<a x="1"><!--c--><?p d?>t<b xmlns="urn:b">&lt;</b></a>',
  ],
  [
    '7.6.1 value-of gives the first',
    '<xsl:template match="/"><xsl:value-of select="//i"/></xsl:template>',
    '<a><i>1</i><i>2</i></a>',
    '1',
  ],
  [
    '7.6.2 attribute value templates',
    '<xsl:template match="/"><o a="{{{//i}-{concat(\'}\', \'{\')}}}"/></xsl:template>',
    '<a><i>1</i></a>',
    '<o a="{1-}{}"/>',
  ],
  [
    '7.7 number: single',
    '<xsl:template match="i"><xsl:number format="(1) "/></xsl:template>',
    '<a><i/><x/><i/></a>',
    '(1) (2) ',
  ],
  [
    '7.7 number: multiple',
    '<xsl:template match="i"><xsl:number level="multiple" count="c|i" format="1.a "/></xsl:template>',
    '<r><c><i/></c><c><i/><i/></c></r>',
    '1.a 2.a 2.b ',
  ],
  [
    '7.7 number: any',
    '<xsl:template match="i"><xsl:number level="any" count="i" from="c"/>,</xsl:template>',
    '<r><i/><c><i/><i/></c><c><i/></c></r>',
    '1,1,2,1,',
  ],
  [
    '7.7 number: value and formats',
    '<xsl:template match="/"><xsl:number value="27" format="a"/> <xsl:number value="1994" format="I"/> <xsl:number value="5" format="001"/> <xsl:number value="1234567" grouping-separator="," grouping-size="3"/> <xsl:number value="4" format="i)"/></xsl:template>',
    '<a/>',
    'aaMCMXCIV0051,234,567iv)',
  ],
  // 8 and 9
  [
    '8 for-each',
    '<xsl:template match="/"><xsl:for-each select="//i">[<xsl:value-of select="position()"/>/<xsl:value-of select="last()"/>:<xsl:value-of select="."/>]</xsl:for-each></xsl:template>',
    '<a><i>x</i><i>y</i></a>',
    '[1/2:x][2/2:y]',
  ],
  [
    '9.1 if',
    '<xsl:template match="i"><xsl:value-of select="."/><xsl:if test="position() != last()">, </xsl:if></xsl:template><xsl:template match="a"><xsl:apply-templates select="i"/></xsl:template>',
    '<a><i>x</i><i>y</i></a>',
    'x, y',
  ],
  [
    '9.2 choose',
    '<xsl:template match="i"><xsl:choose><xsl:when test=". = 1">one</xsl:when><xsl:when test=". = 2">two</xsl:when><xsl:otherwise>?</xsl:otherwise></xsl:choose></xsl:template>',
    '<a><i>2</i><i>1</i><i>5</i></a>',
    'twoone?',
  ],
  // 10: sorting
  [
    '10 sort: text',
    '<xsl:template match="a"><xsl:apply-templates select="i"><xsl:sort/></xsl:apply-templates></xsl:template>',
    '<a><i>b</i><i>a</i><i>10</i><i>9</i></a>',
    '109ab',
  ],
  [
    '10 sort: number, descending',
    '<xsl:template match="a"><xsl:for-each select="i"><xsl:sort select="." data-type="number" order="{\'descending\'}"/><xsl:value-of select="."/>,</xsl:for-each></xsl:template>',
    '<a><i>9</i><i>x</i><i>10</i></a>',
    '10,9,x,',
  ],
  [
    '10 sort: two keys',
    '<xsl:template match="a"><xsl:for-each select="i"><xsl:sort select="@g"/><xsl:sort select="." order="descending"/><xsl:value-of select="."/></xsl:for-each></xsl:template>',
    '<a><i g="2">a</i><i g="1">b</i><i g="1">c</i></a>',
    'cba',
  ],
  [
    '10 sort: language and case',
    '<xsl:template match="a"><xsl:for-each select="i"><xsl:sort select="." lang="en" case-order="upper-first"/><xsl:value-of select="."/></xsl:for-each></xsl:template>',
    '<a><i>b</i><i>a</i><i>B</i><i>A</i></a>',
    'AaBb',
  ],
  // 11: variables and parameters
  [
    '11.1 fragments',
    '<xsl:variable name="v"><x>1</x><x>2</x></xsl:variable><xsl:template match="/"><xsl:value-of select="$v"/><xsl:copy-of select="$v"/><xsl:if test="not($v = \'1\')">!</xsl:if></xsl:template>',
    '<a/>',
    '12<x>1</x><x>2</x>!',
  ],
  [
    '11.2 an empty variable',
    '<xsl:variable name="v"/><xsl:template match="/">[<xsl:value-of select="$v"/>]<xsl:if test="$v = \'\'">e</xsl:if></xsl:template>',
    '<a/>',
    '[]e',
  ],
  [
    '11.4 globals before they are declared',
    '<xsl:variable name="a" select="$b + 1"/><xsl:variable name="b" select="2"/><xsl:template match="/"><xsl:value-of select="$a"/></xsl:template>',
    '<a/>',
    '3',
  ],
  [
    '11.4 a parameter from outside',
    '<xsl:param name="p" select="\'d\'"/><xsl:param name="q" select="\'d\'"/><xsl:template match="/"><xsl:value-of select="concat($p, $q)"/></xsl:template>',
    '<a/>',
    'xd',
    { parameters: { p: 'x', nobody: 'y' } },
  ],
  [
    '11.5 a local variable hides a global one',
    '<xsl:variable name="v" select="1"/><xsl:template match="/"><xsl:variable name="v" select="2"/><xsl:value-of select="$v"/></xsl:template>',
    '<a/>',
    '2',
  ],
  [
    '11.5 and another local one',
    '<xsl:template match="/"><xsl:variable name="v" select="1"/><xsl:if test="1"><xsl:variable name="v" select="$v + 1"/><xsl:value-of select="$v"/></xsl:if><xsl:value-of select="$v"/></xsl:template>',
    '<a/>',
    '21',
  ],
  [
    '16.2 html without content type',
    '<xsl:output method="html" indent="no" include-content-type="no"/><xsl:template match="/"><html><head/></html></xsl:template>',
    '<a/>',
    '<html><head></head></html>',
    { version: '2.0' },
  ],
  [
    '11.6 parameters of templates',
    '<xsl:template match="/"><xsl:call-template name="t"><xsl:with-param name="a" select="1"/></xsl:call-template></xsl:template><xsl:template name="t"><xsl:param name="a"/><xsl:param name="b" select="$a + 1"/><xsl:value-of select="concat($a, $b)"/></xsl:template>',
    '<a/>',
    '12',
  ],
  [
    '11.6 recursion',
    '<xsl:template match="/"><xsl:call-template name="fact"><xsl:with-param name="n" select="5"/></xsl:call-template></xsl:template><xsl:template name="fact"><xsl:param name="n"/><xsl:param name="product" select="1"/><xsl:choose><xsl:when test="$n = 0"><xsl:value-of select="$product"/></xsl:when><xsl:otherwise><xsl:call-template name="fact"><xsl:with-param name="n" select="$n - 1"/><xsl:with-param name="product" select="$product * $n"/></xsl:call-template></xsl:otherwise></xsl:choose></xsl:template>',
    '<a/>',
    '120',
  ],
  [
    '11.6 a call in last place takes no stack',
    '<xsl:template match="/"><xsl:call-template name="down"><xsl:with-param name="n" select="50000"/></xsl:call-template></xsl:template><xsl:template name="down"><xsl:param name="n"/><xsl:choose><xsl:when test="$n = 0">done</xsl:when><xsl:otherwise><xsl:call-template name="down"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template></xsl:otherwise></xsl:choose></xsl:template>',
    '<a/>',
    'done',
  ],
  [
    '11.3 copy-of',
    '<xsl:template match="/"><o><xsl:copy-of select="//@k"/><xsl:copy-of select="//b"/><xsl:copy-of select="1 = 1"/></o></xsl:template>',
    '<a k="v"><b>x<c/></b></a>',
    '<o k="v"><b>x<c/></b>true</o>',
  ],
  // 12: functions
  [
    '12.2 key',
    '<xsl:key name="k" match="i" use="@g"/><xsl:template match="a"><xsl:for-each select="i[generate-id() = generate-id(key(\'k\', @g)[1])]"><xsl:value-of select="@g"/>:<xsl:value-of select="count(key(\'k\', @g))"/> </xsl:for-each></xsl:template>',
    '<a><i g="x"/><i g="y"/><i g="x"/></a>',
    'x:2y:1',
  ],
  [
    '12.3 format-number',
    `<xsl:template match="/"><xsl:for-each select="//p"><xsl:value-of select="format-number(../@n, .)"/>|</xsl:for-each></xsl:template>`,
    '<a n="1234567.891"><p>#,##0.00</p><p>0</p><p>#.#</p><p>000000000</p><p>$#,###.0</p><p>0.0000</p><p>0%</p></a>',
    '1,234,567.89|1234568|1234567.9|001234568|$1,234,567.9|1234567.8910|123456789%|',
  ],
  [
    '12.3 format-number, negative',
    `<xsl:template match="/"><xsl:value-of select="format-number(-1.5, '0.0')"/> <xsl:value-of select="format-number(-1.5, '0.0;(0.0)')"/> <xsl:value-of select="format-number('x', '0')"/> <xsl:value-of select="format-number(-1 div 0, '0')"/> <xsl:value-of select="format-number(0, '#')"/> <xsl:value-of select="format-number(.5, '#.##')"/></xsl:template>`,
    '<a/>',
    '-1.5(1.5)NaN-Infinity0.5',
  ],
  [
    '12.3 decimal-format',
    `<xsl:decimal-format name="de" decimal-separator="," grouping-separator="." NaN="?"/><xsl:template match="/"><xsl:value-of select="format-number(1234.5, '#.##0,00', 'de')"/> <xsl:value-of select="format-number('x', '0', 'de')"/></xsl:template>`,
    '<a/>',
    '1.234,50?',
  ],
  [
    '12.4 current',
    '<xsl:template match="i"><xsl:value-of select="count(//j[. = current()])"/></xsl:template><xsl:template match="j"/>',
    '<a><j>1</j><j>2</j><i>1</i><i>3</i></a>',
    '10',
  ],
  ['13 messages go nowhere', '<xsl:template match="/"><xsl:message>m</xsl:message>x</xsl:template>', '<a/>', 'x'],
  [
    '15 fallback of an extension',
    '<xsl:template match="/"><e:x><xsl:fallback>f</xsl:fallback></e:x></xsl:template>',
    '<a/>',
    'f',
    { namespaces: 'xmlns:e="urn:e" extension-element-prefixes="e"' },
  ],
  [
    'node-set of EXSLT',
    '<xsl:variable name="v"><x>1</x><x>2</x></xsl:variable><xsl:template match="/"><xsl:value-of select="count(e:node-set($v)/x)"/></xsl:template>',
    '<a/>',
    '2',
    { namespaces: 'xmlns:e="http://exslt.org/common" exclude-result-prefixes="e"' },
  ],
  // 16: output
  [
    '16.1 escaping',
    '<xsl:template match="/"><o a="&lt;&amp;&quot;&#10;">&lt;&amp;&gt;"</o></xsl:template>',
    '<a/>',
    '<o a="&lt;&amp;&quot;&#10;">&lt;&amp;&gt;"</o>',
  ],
  [
    '16.1 CDATA sections',
    '<xsl:output cdata-section-elements="c"/><xsl:template match="/"><o><c>a&lt;b]]&gt;c</c></o></xsl:template>',
    '<a/>',
    '<o><c><![CDATA[a<b]]]]><![CDATA[>c]]></c></o>',
  ],
  [
    '16.1 document type',
    '<xsl:output doctype-system="s.dtd" doctype-public="-//P"/><xsl:template match="/"><o/></xsl:template>',
    '<a/>',
    '<!DOCTYPE o PUBLIC "-//P" "s.dtd">\n<o/>',
  ],
  [
    '16.1 another encoding',
    '<xsl:output encoding="US-ASCII"/><xsl:template match="/"><o a="é">\u{1f600}</o></xsl:template>',
    '<a/>',
    '<o a="&#233;">&#128512;</o>',
  ],
  [
    '16.1 indent',
    '<xsl:output indent="yes"/><xsl:template match="/"><xsl:copy-of select="."/></xsl:template>',
    '<a><b><c/>t</b><d><e/></d></a>',
    '<a>\n   <b><c/>t</b>\n   <d>\n      <e/>\n   </d>\n</a>',
  ],
  [
    '16.2 html',
    '<xsl:output method="html" indent="no"/><xsl:template match="/"><p><br/><img src="a b&amp;c"/><input checked="checked"/><script>a &lt; b</script></p></xsl:template>',
    '<a/>',
    '<p><br><img src="a b&amp;c"><input checked><script>a < b</script></p>',
  ],
  [
    '16.2 html by its root',
    '<xsl:template match="/"><html><head><title>t</title></head></html></xsl:template>',
    '<a/>',
    '<html>\n   <head>\n      <meta http-equiv="Content-Type" content="text/html; charset=UTF-8">\n      <title>t</title>\n   </head>\n</html>',
  ],
  ['16.3 text', '<xsl:output method="text"/><xsl:template match="/">a &lt; <b>b</b></xsl:template>', '<a/>', 'a < b'],
  [
    '16.4 disable-output-escaping',
    '<xsl:template match="/"><o><xsl:value-of select="a" disable-output-escaping="yes"/>&lt;<xsl:text disable-output-escaping="yes">&lt;x/&gt;</xsl:text></o></xsl:template>',
    '<a>&lt;b/&gt;</a>',
    '<o><b/>&lt;<x/></o>',
  ],
  // XSLT 2.0
  [
    '2.0 value-of shows all',
    '<xsl:template match="/"><xsl:value-of select="//i"/>|<xsl:value-of select="//i" separator=","/></xsl:template>',
    '<a><i>1</i><i>2</i></a>',
    '1 2|1,2',
    { version: '2.0' },
  ],
  [
    '2.0 functions',
    `<xsl:template match="/"><xsl:value-of select="upper-case('a')"/><xsl:value-of select="replace('a.b', '\\.', '-')"/><xsl:value-of select="matches('abc', '^a.c$')"/><xsl:for-each select="tokenize('x,y', ',')">[<xsl:value-of select="."/>]</xsl:for-each><xsl:value-of select="string-join(//i, '+')"/><xsl:value-of select="if (exists(//i)) then 'yes' else 'no'"/></xsl:template>`,
    '<a><i>1</i><i>2</i></a>',
    'Aa-btrue[x][y]1+2yes',
    { version: '2.0' },
  ],
  [
    '2.0 sequence, modes, default namespace',
    '<xsl:template match="/" xpath-default-namespace="urn:d"><xsl:sequence select="a/b"/><xsl:apply-templates select="a" mode="m"/></xsl:template><xsl:template match="*" mode="#all">A</xsl:template>',
    '<a xmlns="urn:d"><b/></a>',
    '<b xmlns="urn:d"/>A',
    { version: '2.0' },
  ],
];

describe('XSLT', () => {
  for (const [name, body, xml, result, options] of facts) {
    it(name, () => {
      if (body === '' && name.startsWith('2.3')) {
        const simple = `<o xsl:version="1.0" xmlns:xsl="${xsl}"><xsl:value-of select="a"/></o>`;
        assert.equal(run(simple, xml), `<?xml version="1.0" encoding="UTF-8"?>${result}`);
      } else assert.equal(transform(body, xml, options), result);
    });
  }

  it('the declaration says what was asked for', () => {
    const body = '<xsl:output encoding="utf-16" standalone="yes"/><xsl:template match="/"><o/></xsl:template>';
    assert.equal(run(sheetOf(body), '<a/>'), '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><o/>');
  });
});

const template = (content: string): string => sheetOf(`<xsl:template match="/">${content}</xsl:template>`);
const newer = (content: string): string =>
  sheetOf(`<xsl:template match="/">${content}</xsl:template>`, { version: '2.0' });

describe('a style sheet is refused for', () => {
  for (const [text, expected] of [
    ['<a>', /main\.xsl:1:1 <a> is opened .* never closed/],
    ['<a/>', /main\.xsl:1:1 This is no style sheet/],
    [`<xsl:stylesheet xmlns:xsl="${xsl}"/>`, /no attribute "version"/],
    [template('<xsl:value-of select="a["/>'), /main\.xsl:1:\d+ The expression ends too soon/],
    [template('<xsl:value-of select="1 &lt; = 2"/>'), /main\.xsl:1:134 "=" is not expected here/],
    [template('<xsl:value-of select="$x"/>'), /There is no variable "x" here/],
    [template('<xsl:value-of select="p:x"/>'), /The prefix "p" is not declared/],
    [template('<xsl:value-of select="nope()"/>'), /There is no function nope\(\) here/],
    [template('<xsl:value-of select="format-date(1, 2)"/>'), /unsupported There is no function format-date/],
    [template('<xsl:value-of select="count(1)"/>'), /count\(\) takes a node set/],
    [template('<xsl:value-of select="concat(1)"/>'), /concat\(\) takes 2 or more arguments, and here are 1/],
    [template('<xsl:value-of select="child::"/>'), /ends too soon/],
    [template('<xsl:value-of select="uncle::a"/>'), /"uncle" is no axis/],
    [template('<xsl:value-of/>'), /xsl:value-of has no attribute "select"/],
    [template('<xsl:value-of select="1" slect="2"/>'), /xsl:value-of has no attribute "slect"/],
    [template('<xsl:vlaue-of select="1"/>'), /There is no instruction xsl:vlaue-of/],
    [template('<xsl:when test="1"/>'), /xsl:when has no place here/],
    [template('<o a="{1"/>'), /The brace is not closed/],
    [template('<xsl:call-template name="t"/>'), /There is no template of the name "t"/],
    [sheetOf('<xsl:template match="ancestor::a"/>'), /This is no pattern/],
    [sheetOf('<xsl:template/>'), /neither match nor name/],
    [sheetOf('<xsl:template name="t"/><xsl:template name="t"/>'), /has a template "t" before/],
    [sheetOf('<xsl:include href="nothere.xsl"/>'), /There is no style sheet "nothere.xsl"/],
    [sheetOf('<nonsense/>'), /<nonsense> has no place at the top/],
    [template(`<xsl:value-of select="${'('.repeat(500)}1${')'.repeat(500)}"/>`), /nested deeper than 128 levels/],
    [template('<xsl:value-of select="document(1)"/>'), /unsupported document\(\) does not run here/],
    [template('<xsl:for-each-group select="a"/>'), /unsupported xsl:for-each-group is XSLT 2.0 and does not run here/],
    [newer('<xsl:for-each-group select="a" group-by="b"/>'), /unsupported xsl:for-each-group is XSLT 2.0/],
    [newer('<xsl:value-of select="for $x in a return $x"/>'), /unsupported/],
    [newer('<xsl:value-of select="format-date(a, b)"/>'), /unsupported There is no function format-date/],
    [newer('<xsl:value-of select="a/string()"/>'), /unsupported string\(\) is no test for nodes/],
    [newer('<xsl:variable name="v" as="xs:string">x</xsl:variable>'), /unsupported "as" with content/],
    [newer('<xsl:value-of select="replace(a, b, c)"/>'), /unsupported replace\(\) takes an expression in quotes/],
    [newer('<xsl:value-of select="matches(a, \'(a+)+$\')"/>'), /exponential time/],
    [sheetOf('<xsl:function name="f:x"/>', { version: '2.0' }), /unsupported xsl:function does not run here/],
  ] as const) {
    it(text.replace(/^.*?>/, ''), () => assert.match(mistakesOf(text).join('\n'), expected));
  }

  it('modules that include each other', () => {
    const modules = {
      'a.xsl': sheetOf('<xsl:include href="b.xsl"/>'),
      'b.xsl': sheetOf('<xsl:include href="a.xsl"/>'),
    };
    assert.match(
      mistakesOf(sheetOf('<xsl:include href="a.xsl"/>'), { modules }).join('\n'),
      /b\.xsl:1:\d+ The style sheet includes itself/,
    );
  });
});

const forever = '<xsl:template match="/"><xsl:call-template name="t"/></xsl:template>';
const small: TransformationLimits = { milliseconds: 200, nodes: 1000, characters: 10_000, depth: 500 };

describe('a transformation fails with', () => {
  for (const [name, body, reason, limits] of [
    [
      'recursion without end',
      `${forever}<xsl:template name="t"><a/><xsl:call-template name="t"/><a/></xsl:template>`,
      /more than 500 deep/,
      { ...small, nodes: 1e9, characters: 1e9 },
    ],
    [
      'recursion without end, at the standard limits',
      `${forever}<xsl:template name="t"><a><xsl:call-template name="t"/></a></xsl:template>`,
      /deep|memory or stack/,
    ],
    [
      'a loop without end',
      `${forever}<xsl:template name="t"><xsl:call-template name="t"/></xsl:template>`,
      /longer than 200 ms/,
      small,
    ],
    [
      'a rule that applies itself',
      '<xsl:template match="/"><xsl:apply-templates select="."/></xsl:template>',
      /deep|stack/,
    ],
    [
      'too many nodes',
      `${forever}<xsl:template name="t"><a/><xsl:call-template name="t"/></xsl:template>`,
      /more than 1000 nodes/,
      small,
    ],
    [
      'too long a text',
      `${forever}<xsl:template name="t"><xsl:param name="x" select="'x'"/><xsl:call-template name="t"><xsl:with-param name="x" select="concat($x, $x)"/></xsl:call-template></xsl:template>`,
      /more than 10000 characters/,
      small,
    ],
    [
      'slow paths',
      '<xsl:template match="/"><xsl:for-each select="//*"><xsl:for-each select="//*"><xsl:if test="count(//*) = 0">x</xsl:if></xsl:for-each></xsl:for-each></xsl:template>',
      /longer than 200 ms/,
      { ...small, nodes: 1e9 },
    ],
    [
      'a variable that needs itself',
      '<xsl:variable name="a" select="$b"/><xsl:variable name="b" select="$a"/><xsl:template match="/"><xsl:value-of select="$a"/></xsl:template>',
      /needs its own value/,
    ],
    [
      'an attribute after content',
      '<xsl:template match="/"><o>x<xsl:attribute name="a"/></o></xsl:template>',
      /is made after the content/,
    ],
    [
      'an attribute outside',
      '<xsl:template match="/"><xsl:attribute name="a"/></xsl:template>',
      /is made outside of an element/,
    ],
    ['a name that is none', '<xsl:template match="/"><xsl:element name="1x"/></xsl:template>', /"1x" is no name/],
    [
      'xsl:message',
      '<xsl:template match="/"><xsl:message terminate="yes">no order</xsl:message></xsl:template>',
      /^no order$/,
    ],
    [
      'a node set that is none',
      '<xsl:param name="p" select="1"/><xsl:template match="/"><xsl:for-each select="$p"/></xsl:template>',
      /A node set is expected/,
    ],
    [
      'a key that is none',
      '<xsl:template match="/"><xsl:value-of select="key(\'k\', 1)"/></xsl:template>',
      /There is no key "k"/,
    ],
  ] as const) {
    it(name, () => {
      const { stylesheet } = compile(sheetOf(body), limits === undefined ? {} : { limits });
      const wide = `<r>${'<a><a><a/></a></a>'.repeat(100)}</r>`;
      const isReason = (error: unknown) => error instanceof TransformationFailure && reason.test(error.message);
      assert.throws(() => stylesheet.transform(wide, new Map()), isReason);
    });
  }

  for (const { name, payload } of hostileXml) {
    // What is not UTF-8 has become other characters by then.
    if (typeof payload !== 'string') continue;
    it(name, () => {
      const { stylesheet } = compile(template('<o/>'));
      assert.throws(() => stylesheet.transform(payload, new Map()), TransformationFailure);
    });
  }
});

describe('a payload that would take all memory is refused', () => {
  const { stylesheet } = compile(template('<xsl:copy-of select="."/>'));
  for (const [name, xml, reason] of [
    [
      'tables of namespaces',
      `<a ${Array.from({ length: 2000 }, (_, index) => `xmlns:p${index}="u"`).join(' ')}>${'<b xmlns:q="u"/>'.repeat(1000)}</a>`,
      /too many namespaces/,
    ],
    ['undeclared prefixes', '<p:a/>', /"p" is not declared/],
  ] as const) {
    it(name, () => {
      const isReason = (error: unknown) => error instanceof TransformationFailure && reason.test(error.message);
      assert.throws(() => stylesheet.transform(xml, new Map()), isReason);
    });
  }
});
