import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { diag } from 'libxml2-wasm';
import { PatternError } from '../../runtime/language/pattern.ts';
import { loadXPath, XmlMalformed, type XPathType } from '../../runtime/language/xpath.ts';
import { xpathFunction } from '../../runtime/language/xpath-function.ts';

const engine = await loadXPath();

const shop = `<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- a shop --><shop xmlns="urn:shop" xmlns:x="urn:extra" open="yes">
  <item x:id="1"><name>Tea &amp; Co</name><price>2.50</price></item>
  <item x:id="2"><name>Käse</name><price>-3</price></item>
  <empty/><x:note><![CDATA[<raw>]]></x:note>
</shop>`;
const plain = '<a><b>1</b><b>2</b><c d="x">3<e/></c></a>';
const namespaces = { s: 'urn:shop', x: 'urn:extra' };

type Row = readonly [xml: string, expression: string, type: XPathType, expected: string | number | boolean | undefined];

const rows: readonly Row[] = [
  [plain, '/a/b', 'nodeset', '<b>1</b><b>2</b>'],
  [plain, '/a/b', 'node', '<b>1</b>'],
  [plain, '/a/b', 'string', '1'],
  [plain, '/a/b', 'number', 1],
  [plain, '/a/b', 'boolean', true],
  [plain, 'a/b[2]', 'string', '2'],
  [plain, '//b[.=2]/text()', 'nodeset', '2'],
  [plain, '/a/c', 'nodeset', '<c d="x">3<e/></c>'],
  [plain, '/a/c', 'string', '3'],
  [plain, '/a/c/@d', 'nodeset', 'x'],
  [plain, '/a/c/@d', 'string', 'x'],
  [plain, '/a/c/@d', 'number', Number.NaN],
  [plain, '/', 'nodeset', plain],
  [plain, '/a/z', 'nodeset', undefined],
  [plain, '/a/z', 'node', undefined],
  [plain, '/a/z', 'string', undefined],
  [plain, '/a/z', 'number', undefined],
  [plain, '/a/z', 'boolean', false],
  [plain, 'count(//b)', 'number', 2],
  [plain, 'count(//b)', 'string', '2'],
  [plain, 'count(//b)', 'nodeset', '2'],
  [plain, 'count(//z)', 'boolean', false],
  [plain, 'sum(//b)', 'number', 3],
  [plain, '//b = 2', 'boolean', true],
  [plain, '//b = 9', 'string', 'false'],
  [plain, 'string(//b[3])', 'boolean', false],
  [plain, "concat(name(/a/*[1]), '-', //b[2])", 'string', 'b-2'],
  [plain, "substring-after('a:b', ':')", 'string', 'b'],
  [plain, 'number("x")', 'number', Number.NaN],
  [plain, 'number("x")', 'boolean', false],
  [plain, "//*[local-name()='e']", 'nodeset', '<e/>'],
  [plain, '/a/c/ancestor::*[last()]/b[position()=2]', 'string', '2'],
  [shop, '/s:shop/@open', 'string', 'yes'],
  [shop, '/shop', 'string', undefined],
  [shop, '//s:name', 'string', 'Tea & Co'],
  [shop, '//s:item[2]/s:name', 'nodeset', '<name xmlns="urn:shop">Käse</name>'],
  [shop, '//s:item[@x:id=2]/s:price', 'number', -3],
  [
    shop,
    '//s:item[1]',
    'node',
    '<item xmlns="urn:shop" xmlns:x="urn:extra" x:id="1"><name>Tea &amp; Co</name><price>2.50</price></item>',
  ],
  [shop, '//x:note', 'string', '<raw>'],
  [shop, '//s:price[. < 0]', 'string', '-3'],
  [shop, '//comment()', 'nodeset', ' a shop '],
  ['<a>ü€😀</a>', 'string-length(/a)', 'number', 3],
  ['<a> 5 </a>', '/a', 'number', 5],
  ['<a>5e3</a>', '/a', 'number', Number.NaN],
  ['<a></a>', '/a', 'number', Number.NaN],
  ['<a></a>', '/a', 'string', ''],
];

suite('expressions', () => {
  for (const [xml, expression, type, expected] of rows) {
    test(`${expression} as ${type}`, () => {
      const xpath = engine.compile(expression, new Map(Object.entries(namespaces)));
      assert.deepEqual(xpath.evaluate(xml, type), expected);
      // A compiled expression keeps nothing of the document it was used on.
      assert.deepEqual(xpath.evaluate(xml, type), expected);
      xpath.dispose();
    });
  }
});

test('wrong expressions are refused when they are compiled', () => {
  for (const expression of ['', '/a[', '//', 'nosuch()', '/p:a', 'count(', '$v', '/a/b\0']) {
    assert.throws(() => engine.compile(expression, new Map()), PatternError, JSON.stringify(expression));
  }
});

test('what is not well-formed is told apart from what is not found', () => {
  const xpath = engine.compile('/a', new Map());
  for (const xml of [
    '',
    ' ',
    'text',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a b=c/>',
    '<a>&nope;</a>',
    '<p:a/>x',
    '{"a":1}',
  ]) {
    assert.throws(() => xpath.evaluate(xml, 'string'), XmlMalformed, JSON.stringify(xml));
  }
});

test('document types are refused: no entities, no files, no network', () => {
  const xpath = engine.compile('string(/a)', new Map());
  for (const xml of [
    '<!DOCTYPE a><a/>',
    '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>',
    '<?xml version="1.0"?><!-- c --><!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
    '<?p <x ?><!DOCTYPE a><a/>',
  ]) {
    assert.throws(() => xpath.evaluate(xml, 'string'), XmlMalformed, xml);
  }
  assert.equal(xpath.evaluate('<a><![CDATA[<!DOCTYPE a>]]></a>', 'string'), '<!DOCTYPE a>');
  assert.equal(xpath.evaluate('<!-- <!DOCTYPE a> --><a>x</a>', 'string'), 'x');
});

test('deep documents are refused, not crashed on', () => {
  const xpath = engine.compile('count(//*)', new Map());
  const nested = (depth: number): string => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;
  assert.equal(xpath.evaluate(nested(200), 'number'), 200);
  assert.throws(() => xpath.evaluate(nested(5000), 'number'), XmlMalformed);
});

test('memory is given back, also when something fails', () => {
  const xml = `<list>${'<item><name>text</name></item>'.repeat(500)}</list>`;
  const types: readonly XPathType[] = ['nodeset', 'node', 'string', 'number', 'boolean'];
  // The library counts what was made and not disposed of, by class.
  diag.configure({ enabled: true });
  try {
    for (let round = 0; round < 20; round++) {
      const xpath = engine.compile('//name', new Map([['p', 'urn:p']]));
      for (const type of types) xpath.evaluate(xml, type);
      assert.throws(() => xpath.evaluate(`${xml}<`, 'string'), XmlMalformed);
      assert.throws(() => xpath.evaluate(`<!DOCTYPE a>${xml}`, 'string'), XmlMalformed);
      assert.throws(() => engine.compile('/z:a', new Map()), PatternError);
      assert.throws(() => engine.compile('nosuch()', new Map()), PatternError);
      xpath.dispose();
    }
    assert.deepEqual(diag.report(), {});
    const kept = engine.compile('/a', new Map());
    assert.notDeepEqual(diag.report(), {});
    kept.dispose();
  } finally {
    diag.configure({ enabled: false });
  }
});

test('a template function that changes its expression gives the old one back', () => {
  const call = xpathFunction([undefined, undefined]);
  diag.configure({ enabled: true });
  try {
    for (let round = 0; round < 50; round++)
      assert.equal(call([`string(/a[${round}])`, '<a/>'], { xpath: engine }), '');
    assert.deepEqual(Object.keys(diag.report()), ['XmlXPath']);
    assert.equal(diag.report().XmlXPath.totalInstances, 1);
  } finally {
    diag.configure({ enabled: false });
  }
});
