import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Diagnostics, type Place, placeWithin, Source } from '../../runtime/diagnostic.ts';
import { elementsOf, textOf, textPlace, type XmlElement } from '../../runtime/xml/element.ts';
import { parseXml } from '../../runtime/xml/parse.ts';
import { innerXml } from '../../runtime/xml/serialize.ts';

function parse(text: string): XmlElement {
  const diagnostics = new Diagnostics();
  const root = parseXml(new Source('a.xml', text), diagnostics);
  assert.ok(root, JSON.stringify(diagnostics.list));
  return root;
}

/** `line:column CODE message | hint` of the one mistake. */
function mistake(text: string): string {
  const diagnostics = new Diagnostics();
  assert.equal(parseXml(new Source('a.xml', text), diagnostics), undefined);
  const [one, ...more] = diagnostics.list;
  assert.ok(one);
  assert.equal(more.length, 0);
  return `${one.line}:${one.column}+${one.length} ${one.code} ${one.message}${one.hint === undefined ? '' : ` | ${one.hint}`}`;
}

function at(place: Place): string {
  return place.source.text.slice(place.offset, place.offset + place.length);
}

describe('the tree', () => {
  test('names, attributes and texts, in order', () => {
    const root = parse(
      '<?xml version="1.0"?><!-- x --><A a=" 1 " b=\'&lt;\n&#x41;\'>t<!-- c -->u<?pi?><B/>v<![CDATA[<&amp;>]]><ns:C>w</ns:C></A><!-- y -->',
    );
    assert.deepEqual(
      root.attributes.map(({ name, value }) => [name, value]),
      [
        ['a', ' 1 '],
        ['b', '< A'],
      ],
    );
    assert.equal(textOf(root), 'tuv<&amp;>');
    assert.deepEqual(
      elementsOf(root).map((one) => one.name),
      ['B', 'ns:C'],
    );
    assert.deepEqual(
      root.children.map((one) => (one.kind === 'text' ? one.text : one.name)),
      ['t', 'u', 'B', 'v', '<&amp;>', 'ns:C'],
    );
  });

  test('names that are properties of every object', () => {
    const root = parse('<A><__proto__ valueOf="1">x</__proto__><constructor/><toString/><hasOwnProperty/></A>');
    assert.deepEqual(
      elementsOf(root).map((one) => one.name),
      ['__proto__', 'constructor', 'toString', 'hasOwnProperty'],
    );
    assert.equal(elementsOf(root)[0]?.attributes[0]?.name, 'valueOf');
  });

  test('windows line breaks and a byte order mark', () => {
    const root = parse('\ufeff<A>\r\n  <B>x\r\ny</B>\r\n</A>');
    const [b] = elementsOf(root);
    assert.ok(b);
    assert.equal(textOf(b), 'x\ny');
    assert.deepEqual(b.place.source.position(b.place.offset), { line: 2, column: 3 });
    assert.equal(root.place.source.position(root.place.offset).column, 1);
  });

  test('inner markup stays as written', () => {
    const root = parse('<A>\n <b x="1">&amp;<![CDATA[<]]></b><!-- c --> \n</A>');
    assert.equal(innerXml(root), '\n <b x="1">&amp;<![CDATA[<]]></b><!-- c --> \n');
    assert.equal(innerXml(parse('<A/>')), '');
    assert.equal(innerXml(parse('<A ></A >')), '');
  });

  test('markup characters inside comments, CDATA sections and attributes', () => {
    const root = parse('<A><!-- <B> & --><![CDATA[</A>]]><C x="a > b"/><!----></A>');
    assert.equal(textOf(root), '</A>');
    assert.deepEqual(
      elementsOf(root).map((one) => one.name),
      ['C'],
    );
  });
});

describe('places', () => {
  test('of elements and attributes', () => {
    const root = parse('<A>\n  <Bc d="e&amp;f" g=\'\'/></A>');
    const [b] = elementsOf(root);
    assert.ok(b);
    assert.equal(at(root.place), '<A');
    assert.equal(at(b.place), '<Bc');
    assert.deepEqual(
      b.attributes.map((one) => at(one.place)),
      ['e&amp;f', ''],
    );
  });

  test('of stretches of text, through references, CDATA and child elements', () => {
    const root = parse('<A>ab&amp;cd<B/><![CDATA[ef]]><!-- x -->&#x1F600;g</A>');
    const text = textOf(root);
    assert.equal(text, 'ab&cdef\u{1F600}g');
    const cases: [part: string, written: string][] = [
      ['ab', 'ab'],
      ['b', 'b'],
      ['&', '&amp;'],
      ['b&c', 'b&amp;c'],
      ['cd', 'cd'],
      ['ef', 'ef'],
      ['f', 'f'],
      ['\u{1F600}', '&#x1F600;'],
      ['g', 'g'],
      ['de', 'd<B/><![CDATA[e'],
    ];
    for (const [part, written] of cases) {
      assert.equal(at(textPlace(root, text.indexOf(part), part.length)), written, part);
    }
  });

  test('within a place', () => {
    const root = parse('<A>  x &gt; 1 and y</A>');
    const condition = placeWithin(textPlace(root, 0, textOf(root).length), 2, 11);
    assert.equal(at(condition), 'x &gt; 1 and y');
    assert.equal(at(placeWithin(condition, 'x > 1 and '.length, 1)), 'y');
  });

  test('of an element without text', () => {
    assert.equal(at(textPlace(parse('<A/>'), 0, 0)), '<A');
    const place = textPlace(parse('<A><B/></A>'), 0, 0);
    assert.deepEqual([place.offset, place.length], [3, 0]);
  });
});

describe('mistakes', () => {
  const deep = 300;
  const cases: [text: string, expected: string][] = [
    [
      '<A>\n  <B>\n    <C>x</C>\n</A>',
      '4:1+4 BN011 </A> stands where <B>, opened at line 2, column 3, is still open. | Add </B> before </A>.',
    ],
    ['<A>\n  <B>\n', '2:3+2 BN011 <B> is opened at line 2, column 3 and never closed. | Add </B> where it ends.'],
    [
      '<A><Step>x</Stop></A>',
      '1:11+7 BN011 </Stop> stands where <Step>, opened at line 1, column 4, is still open. | Did you mean </Step>?',
    ],
    [
      '<Alpha></Beta>',
      '1:8+7 BN011 </Beta> stands where <Alpha>, opened at line 1, column 1, is still open. | Close it with </Alpha>; there is no <Beta> around it.',
    ],
    ['</A>', '1:1+4 BN011 </A> closes nothing: no tag is open here. | Remove it.'],
    [
      '<A/><B/>',
      '1:5+2 BN011 <B> stands after the end of <A>: a file has one root element. | Put it into a file of its own, or remove it.',
    ],
    ['<A/>x', '1:5+1 BN011 Text stands after the end of <A>. | Remove it.'],
    ['x<A/>', '1:1+1 BN011 Text stands before the root element. | Remove it.'],
    ['', '1:1+0 BN011 The file is empty.'],
    ['<!-- x -->', '1:1+0 BN011 The file has no root element.'],
    ['<A', '1:1+2 BN011 The tag <A> has no closing ">". | Add ">" to end it.'],
    ['<A>\n<B\n<C/></A>', '2:1+2 BN011 The tag <B> has no closing ">". | Add ">" to end it.'],
    ['<A>x</A', '1:5+3 BN011 This end tag is not finished. | Write </A>.'],
    [
      '<A>< B/></A>',
      '1:4+1 BN011 A tag name is expected after "<". | For the character itself write &lt;, or put the text into <![CDATA[ ]]>.',
    ],
    [
      '<A><1/></A>',
      '1:4+1 BN011 A tag name is expected after "<". | For the character itself write &lt;, or put the text into <![CDATA[ ]]>.',
    ],
    [
      '<A>a < b</A>',
      '1:6+1 BN011 A tag name is expected after "<". | For the character itself write &lt;, or put the text into <![CDATA[ ]]>.',
    ],
    ['<A b/>', '1:4+1 BN011 The attribute "b" has no value. | Write b="...".'],
    ['<A b=1/>', '1:6+1 BN011 The value of the attribute "b" is not in quotes. | Write b="...".'],
    [
      '<A b=\u201c1\u201d/>',
      '1:6+1 BN011 The value of the attribute "b" is not in quotes. | Replace the typographic quotes with straight ones: ".',
    ],
    [
      '<A b="1>\n<B c="2"/></A>',
      '1:6+1 BN011 The value of the attribute "b" has no closing quote. | Add " after the value.',
    ],
    ['<A b="<"/>', '1:7+1 BN011 "<" is not allowed in the value of the attribute "b". | Write &lt;.'],
    ['<A b="1" b="2"/>', '1:10+1 BN011 <A> has the attribute "b" twice. | Remove one of them.'],
    ['<A b="1"c="2"/>', '1:9+1 BN011 A blank is needed before "c".'],
    ['<A ,/>', '1:4+1 BN011 "," is not expected in the tag <A>.'],
    [
      '<A>a & b</A>',
      '1:6+1 BN011 A bare "&" is not allowed in XML. | Write &amp;, or put the text into <![CDATA[ ]]>; "and" works in conditions too.',
    ],
    ['<A>a &amp b</A>', '1:6+4 BN011 "&amp" lacks its semicolon. | Write &amp;'],
    [
      '<A b="x&y"/>',
      '1:8+1 BN011 A bare "&" is not allowed in XML. | Write &amp;, or put the text into <![CDATA[ ]]>; "and" works in conditions too.',
    ],
    ['<A>&nbsp;</A>', '1:4+6 ZH003 The entity &nbsp; is not defined. | It is an entity of HTML. In XML write &#160;'],
    [
      '<A b="&foo;"/>',
      '1:7+5 ZH003 The entity &foo; is not defined. | XML knows &amp; &lt; &gt; &quot; &apos; only. For the text "&foo;" itself write &amp;foo;',
    ],
    ['<A>&#0;</A>', '1:4+4 BN011 &#0; is not a character XML allows.'],
    ['<A>]]></A>', '1:4+3 BN011 "]]>" closes no CDATA section here. | For the text itself write ]]&gt;.'],
    ['<A>\n <![CDATA[x</A>', '2:2+9 BN011 This CDATA section is not closed. | Add ]]> where it ends.'],
    ['<A><!-- x </A>', '1:4+4 BN011 This comment is not closed. | Add --> where it ends.'],
    [
      '<!DOCTYPE A [<!ENTITY x "y">]><A/>',
      '1:1+9 ZH002 A DOCTYPE is not allowed in a bundle. | Remove it; entities and external subsets are not read.',
    ],
    [
      '\n<?xml version="1.0"?><A/>',
      '2:1+5 BN011 The XML declaration is allowed only at the very start of the file. | Remove what stands before it, blank lines too.',
    ],
    ['<A>\u0001</A>', '1:4+1 BN011 The control character U+0001 is not allowed in XML. | Remove it.'],
    ['<a>'.repeat(deep) + '</a>'.repeat(deep), `1:769+2 ZH004 Elements are nested deeper than 256 levels.`],
  ];
  for (const [text, expected] of cases) {
    test(JSON.stringify(text.slice(0, 60)), () => assert.equal(mistake(text), expected));
  }

  test('a file beyond the size limit', () => {
    assert.match(mistake(`<A>${' '.repeat(5 * 1024 * 1024)}</A>`), /^1:1\+0 ZH004 The file has 5242887 characters/);
  });
});
