import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { suite, test } from 'node:test';
import { templateFunction, templateFunctions } from '../../runtime/language/functions.ts';
import { compileTemplate } from '../../runtime/language/template.ts';
import { loadXPath } from '../../runtime/language/xpath.ts';
import { exchangeOf } from '../support/exchange.ts';

const xpath = await loadXPath();

const exchange = exchangeOf({
  variables: {
    alpha: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    seven: '7',
    minus: -4,
    word: 'abc',
    empty: '',
    auth: 'Bearer XYZ-9993-9993',
    bearer: '^Bearer ',
    blankBearer: '^Bearer\\s',
    badRegex: '(',
    replacement: 'TOKEN: ',
    swap: '$2-$1',
    badReplacement: '$9',
    quoted: 'say "hi"\n\tC:\\x',
    markup: '<a> & "b" \'c\'',
    control: 'a\u0001b\u0085',
    b64: 'aGVsbG8sIHdvcmxk',
    url64: '_-8',
    bytes: Buffer.from([0xff, 0xfe]),
    umlaut: 'ü€',
    secs: '1494390266',
    millis: 1494390266789,
    fraction: '1494390266.5',
    notime: 'tomorrow',
    format: 'yyyy-MM-dd HH-mm-ss',
    badFormat: 'bogus',
    key: 'secret',
    hexKey: '736563726574',
    base64Key: 'c2VjcmV0',
    hex: 'hex',
    msg: 'hello',
    low: '5',
    high: 7,
    digits: '[1-9]{7}',
    xml: '<tag><tagid>250397</tagid><n>1</n><n>2</n></tag>',
    spaced: '<s:a xmlns:s="urn:s"><s:b>x</s:b></s:a>',
    notXml: '<a>',
    tagid: '/tag/tagid',
    json: '{"a":{"b":"deep"},"l":[{"id":1,"t":"x"},{"id":2,"t":"x"},{"id":3,"t":"y"}],"n":null,"e":[],"s":"","f":false}',
    list: '[10,20,[30]]',
    notJson: '{',
    parsed: { a: ['first'] },
    deepPath: '$.a.b',
    filter: '$.l[?(@.t=="x")].id',
    badPath: '$[',
    wholeList: 'true',
  },
});

function render(text: string): string {
  const template = compileTemplate(text, { xpath });
  assert.deepEqual(template.warnings, [], text);
  return template.render(exchange);
}

function table(name: string, rows: readonly (readonly [text: string, expected: string])[]): void {
  suite(name, () => {
    for (const [text, expected] of rows) test(text, () => assert.equal(render(text), expected));
  });
}

table('letters', [
  ['{toUpperCase(word)}', 'ABC'],
  ['{toLowerCase(alpha)}', 'abcdefghijklmnopqrstuvwxyz'],
  ['{toLowerCase(foo.bar:FOO)}', 'foo'],
  ["{toUpperCase('xyz')}", 'XYZ'],
  ['{toUpperCase(umlaut)}', 'Ü€'],
  ['[{toUpperCase(missing)}]', '[]'],
  ['[{toUpperCase(empty)}]', '[]'],
]);

table('substring', [
  ['{substring(alpha,22)}', 'WXYZ'],
  ['{substring(alpha,-4)}', 'WXYZ'],
  ['{substring(alpha,minus)}', 'WXYZ'],
  ['{substring(alpha,-8,-4)}', 'STUV'],
  ['{substring(alpha,0,10)}', 'ABCDEFGHIJ'],
  ['hello {substring(alpha,0,seven)}', 'hello ABCDEFG'],
  ["{substring('literal',3)}", 'eral'],
  ["{substring(alpha,'2','4')}", 'CD'],
  ['{substring(alpha,20,100)}', 'UVWXYZ'],
  ['[{substring(alpha,30)}]', '[]'],
  ['[{substring(alpha,5,5)}]', '[]'],
  ['[{substring(alpha,6,5)}]', '[]'],
  ['{substring(alpha,-30,2)}', 'AB'],
  ['[{substring(alpha,word)}]', '[]'],
  ['[{substring(missing,1)}]', '[]'],
  ['[{substring(alpha,missing)}]', '[]'],
]);

table('replaceAll and replaceFirst', [
  ["{replaceAll(auth,'9993','1')}", 'Bearer XYZ-1-1'],
  ["{replaceFirst(auth,'9993','1')}", 'Bearer XYZ-1-9993'],
  ['{replaceAll(auth,bearer,replacement)}', 'TOKEN: XYZ-9993-9993'],
  ["{replaceAll(auth,blankBearer,'')}", 'XYZ-9993-9993'],
  ["{replaceAll('BEARER: 1','^Bearer ','T')}", 'BEARER: 1'],
  ["{replaceAll('BEARER 1','(?i)^Bearer ','T')}", 'T1'],
  ["{replaceAll('ab cd','(\\w+) (\\w+)',swap)}", 'cd-ab'],
  ["{replaceFirst('a.b.c','\\.','/')}", 'a/b.c'],
  ["{replaceAll(word,'x*','-')}", '-a-b-c-'],
  ["[{replaceAll(word,badRegex,'x')}]", '[]'],
  ["[{replaceAll(word,'b',badReplacement)}]", '[]'],
  ["[{replaceAll(missing,'b','x')}]", '[]'],
]);

table('escapes', [
  ['{escapeJSON(quoted)}', 'say \\"hi\\"\\n\\tC:\\\\x'],
  ['{escapeJSON(umlaut)}', 'ü€'],
  ['{escapeJSON(control)}', 'a\\u0001b\u0085'],
  ['{escapeXML(markup)}', '&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos;'],
  ['{escapeXML(control)}', 'ab\u0085'],
  ['{escapeXML11(markup)}', '&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos;'],
  ['{escapeXML11(control)}', 'a&#1;b\u0085'],
  ['{encodeHTML(markup)}', '&lt;a&gt; &amp; &quot;b&quot; &#39;c&#39;'],
  ['{escapeHTML(markup)}', '&lt;a&gt; &amp; &quot;b&quot; &#39;c&#39;'],
]);

table('base64', [
  ['{encodeBase64(word)}', 'YWJj'],
  ['{encodeBase64(umlaut)}', 'w7zigqw='],
  ['{encodeBase64(bytes)}', '//4='],
  ['[{encodeBase64(empty)}]', '[]'],
  ['{decodeBase64(b64)}', 'hello, world'],
  ["{decodeBase64('w7zigqw=')}", 'ü€'],
  ["{decodeBase64('w7zigqw')}", 'ü€'],
  ["{decodeBase64('aGVs\nbG8=')}", 'hello'],
  ['[{decodeBase64(url64)}]', '[]'],
  ["[{decodeBase64('no base64!')}]", '[]'],
  ["[{decodeBase64('a')}]", '[]'],
]);

suite('hashes', () => {
  for (const algorithm of ['md5', 'sha1', 'sha256', 'sha384', 'sha512']) {
    for (const [ending, encoding] of [
      ['Hex', 'hex'],
      ['Base64', 'base64'],
    ] as const) {
      test(`${algorithm}${ending}`, () => {
        const expected = (value: string): string => createHash(algorithm).update(value).digest(encoding);
        assert.equal(render(`{${algorithm}${ending}(umlaut)}`), expected('ü€'));
        assert.equal(render(`{${algorithm}${ending}('abc')}`), expected('abc'));
        assert.equal(render(`{${algorithm}${ending}(empty)}`), expected(''));
        assert.equal(render(`[{${algorithm}${ending}(missing)}]`), '[]');
      });
    }
  }
});

table('published digests', [
  ["{md5Hex('abc')}", '900150983cd24fb0d6963f7d28e17f72'],
  ["{sha1Hex('abc')}", 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ["{sha256Hex('abc')}", 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  // RFC 2202 and RFC 4231, test case 2.
  ["{hmacMd5('Jefe','what do ya want for nothing?','utf-8','hex')}", '750c783e6ab0b503eaa86e310a5db738'],
  ["{hmacSha1('Jefe','what do ya want for nothing?','utf-8','hex')}", 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
  [
    "{hmacSha224('Jefe','what do ya want for nothing?','utf-8','hex')}",
    'a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44',
  ],
  [
    "{hmacSha256('Jefe','what do ya want for nothing?','utf-8','base16')}",
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
]);

suite('hmac', () => {
  for (const algorithm of ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']) {
    const name = `hmac${algorithm.charAt(0).toUpperCase()}${algorithm.slice(1)}`;
    test(name, () => {
      const mac = createHmac(algorithm, 'secret').update('hello');
      const hex = mac.digest('hex');
      const base64 = Buffer.from(hex, 'hex').toString('base64');
      assert.equal(render(`{${name}(key,msg)}`), base64);
      assert.equal(render(`{${name}(key,'hello')}`), base64);
      assert.equal(render(`{${name}(key,msg,'UTF-8')}`), base64);
      assert.equal(render(`{${name}(key,msg,'utf-8','HEX')}`), hex);
      assert.equal(render(`{${name}(hexKey,msg,'hex')}`), base64);
      assert.equal(render(`{${name}(hexKey,msg,'base16','base16')}`), hex);
      assert.equal(render(`{${name}(base64Key,msg,'base64','base64')}`), base64);
      assert.equal(render(`{${name}(hexKey,msg,hex,hex)}`), hex);
      assert.equal(render(`[{${name}(missing,msg)}{${name}(key,missing)}{${name}(key,msg,word)}]`), '[]');
      assert.equal(
        render(`{${name.toLowerCase()}(key,msg)}{${name.toUpperCase().replace('HMAC', 'hmac')}(key,msg)}`),
        base64 + base64,
      );
    });
  }
});

table('times', [
  ["{timeFormatUTC('yyyy-MM-dd','1494390266')}", '2017-05-10'],
  ["{timeFormatUTC('yyyy-MM-dd',secs)}", '2017-05-10'],
  ['{timeFormatUTC(format,secs)}', '2017-05-10 04-24-26'],
  ["{timeFormatUTCMs('yyyyMMddHHmmssSSS',millis)}", '20170510042426789'],
  ["{timeFormatUTC('SSS',fraction)}", '500'],
  ["{timeFormatUTC('yyyy',0)}", '1970'],
  ["{timeFormatUTC('yyyy',-1)}", '1969'],
  // No quotes inside a literal: letters that are text come from a variable.
  ["{timeFormatUTC('EEE, d MMM yyyy HH:mm:ss z',secs)}", 'Wed, 10 May 2017 04:24:26 UTC'],
  ["{timeFormatUTC('XXX',secs)}", 'Z'],
  ["[{timeFormatUTC('yyyy',notime)}]", '[]'],
  ["[{timeFormatUTC('yyyy',empty)}]", '[]'],
  ["[{timeFormatUTC('yyyy',missing)}]", '[]'],
  ['[{timeFormatUTC(badFormat,secs)}]', '[]'],
  ["[{timeFormatUTC('yyyy',9999999999999999)}]", '[]'],
]);

test('the deprecated time functions use the zone of the machine', () => {
  const local = new Date(1494390266000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const expected = `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())} ${two(local.getHours())}`;
  assert.equal(render("{timeFormat('yyyy-MM-dd HH',secs)}"), expected);
  assert.equal(render("{timeFormatMs('yyyy-MM-dd HH',millis)}"), expected);
});

test('createUuid makes another one each time', () => {
  const uuids = new Set(Array.from({ length: 50 }, () => render('{createUuid()}')));
  assert.equal(uuids.size, 50);
  for (const uuid of uuids) assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('randomLong keeps to its bounds, both included', () => {
  const seen = new Set(Array.from({ length: 400 }, () => render('{randomLong(low,high)}')));
  assert.deepEqual([...seen].sort(), ['5', '6', '7']);
  for (let round = 0; round < 50; round++) {
    assert.match(render('{randomLong()}'), /^\d{1,19}$/);
    assert.ok(BigInt(render('{randomLong(9223372036854775806)}')) >= 9223372036854775806n);
    const wide = BigInt(render('{randomLong(-9223372036854775807,9223372036854775807)}'));
    assert.ok(wide >= -(2n ** 63n) && wide < 2n ** 63n);
  }
  assert.equal(render('{randomLong(3,3)}'), '3');
  assert.equal(render('{randomLong(-3,-3)}'), '-3');
  assert.equal(render('[{randomLong(3,2)}{randomLong(word)}{randomLong(missing)}]'), '[]');
});

test('xeger writes what its expression matches', () => {
  const rows: readonly [string, RegExp][] = [
    ["{xeger('[1-9]{7}')}", /^[1-9]{7}$/],
    ['{xeger(digits)}', /^[1-9]{7}$/],
    ["{xeger('(ab|cd)+x?')}", /^(ab|cd)+x?$/],
    ["{xeger('\\d{2,4}-\\w*')}", /^\d{2,4}-\w*$/],
    ["{xeger('[^a-z]')}", /^[^a-z]$/],
    ["{xeger('a.c')}", /^a.c$/],
    ["{xeger('^x$')}", /^x$/],
  ];
  for (const [text, expected] of rows) for (let round = 0; round < 30; round++) assert.match(render(text), expected);
  assert.equal(render('[{xeger(badRegex)}]'), '[]');
});

table('firstnonnull', [
  ['{firstnonnull(missing,word)}', 'abc'],
  ['{firstnonnull(word,alpha)}', 'abc'],
  ["{firstnonnull(missing,none,'fallback')}", 'fallback'],
  ['[{firstnonnull(empty,word)}]', '[]'],
  ['[{firstnonnull(missing,none)}]', '[]'],
  ['{firstnonnull(missing,none):default}', 'default'],
  ['{firstnonnull(missing:inner,word)}', 'inner'],
]);

table('jsonPath', [
  ["{jsonPath('$.a.b',json)}", 'deep'],
  ['{jsonPath(deepPath,json)}', 'deep'],
  ["{jsonPath('a.b',json)}", 'deep'],
  ["{jsonPath('$.a',json)}", '{"b":"deep"}'],
  ['{jsonPath(filter,json)}', '1'],
  ['{jsonPath(filter,json,true)}', '[1,2]'],
  ["{jsonPath(filter,json,'true')}", '[1,2]'],
  ['{jsonPath(filter,json,wholeList)}', '[1,2]'],
  ['{jsonPath(filter,json,false)}', '1'],
  [`{jsonPath('$.l[?(@.t=="y")].id',json)}`, '3'],
  ["{jsonPath('$.l[0]',json)}", '{"id":1,"t":"x"}'],
  ["{jsonPath('$.l[-1].id',json)}", '3'],
  ["{jsonPath('$.l[*].id',json,true)}", '[1,2,3]'],
  ["{jsonPath('$..id',json)}", '1'],
  ["{jsonPath('$.l.length()',json)}", '3'],
  ["{jsonPath('$',list)}", '10'],
  ["{jsonPath('$',list,true)}", '[10,20,[30]]'],
  ["{jsonPath('$.f',json)}", 'false'],
  ["[{jsonPath('$.n',json)}{jsonPath('$.e',json)}{jsonPath('$.s',json)}]", '[]'],
  ["[{jsonPath('$.none',json)}{jsonPath('$.none.deeper[3]',json)}]", '[]'],
  ["{jsonPath('$.l[?(@.t==1)]',json,true)}", '[]'],
  ["[{jsonPath('$.a',notJson)}{jsonPath('$.a',empty)}]", '[]'],
  ["[{jsonPath('$.a',missing)}{jsonPath(missing,json)}{jsonPath(badPath,json)}]", '[]'],
  ["{jsonPath('$.a[0]',parsed)}", 'first'],
]);

table('xpath', [
  ["{xpath('/tag/tagid',xml)}", '<tagid>250397</tagid>'],
  ['{xpath(tagid,xml)}', '<tagid>250397</tagid>'],
  ["{xpath('//n',xml)}", '<n>1</n><n>2</n>'],
  ["{xpath('//n',xml,'nodeset')}", '<n>1</n><n>2</n>'],
  ["{xpath('//n',xml,'node')}", '<n>1</n>'],
  ["{xpath('//n',xml,'string')}", '1'],
  ["{xpath('//n[2]',xml,'number')}", '2'],
  ["{xpath('count(//n)',xml,'number')}", '2'],
  ["{xpath('//n',xml,'boolean')}", 'true'],
  ["{xpath('//m',xml,'boolean')}", 'false'],
  ["{xpath('/tag/tagid/text()',xml,'string')}", '250397'],
  ["{xpath('/tag/tagid/text()',xml)}", '250397'],
  ["{xpath('/p:a/p:b',spaced,'p:urn:s')}", '<s:b xmlns:s="urn:s">x</s:b>'],
  ["{xpath('/p:a/p:b',spaced,'string','p:urn:s')}", 'x'],
  ["{xpath('/p:a/p:b',spaced,'p:urn:s','string')}", 'x'],
  ["{xpath('/p:a/q:b',spaced,'string','p:urn:s','q:urn:s')}", 'x'],
  ["[{xpath('/tag/none',xml)}{xpath('/tag/none',xml,'string')}]", '[]'],
  ["[{xpath('/a',notXml)}{xpath('/a',empty)}{xpath('/a',word)}]", '[]'],
  ["[{xpath('/a[',xml)}{xpath('/z:a',xml)}{xpath('nosuch()',xml)}]", '[]'],
  ["[{xpath(missing,xml)}{xpath('/a',missing)}]", '[]'],
]);

test('without an engine xpath finds nothing', () => {
  assert.equal(compileTemplate("[{xpath('/tag/tagid',xml)}]", { xpath: undefined }).render(exchange), '[]');
});

test('a call follows its variables when they change', () => {
  const template = compileTemplate("{jsonPath(p,j)}{replaceAll(w,r,'-')}{xpath(x,d,'string')}{timeFormatUTC(f,0)}", {
    xpath,
  });
  const rows = [
    [{ p: '$.a', j: '{"a":1}', w: 'ab', r: 'a', x: '/r/a', d: '<r><a>A</a></r>', f: 'yyyy' }, '1-bA1970'],
    [{ p: '$.b', j: '{"b":2}', w: 'ab', r: 'b', x: '/r/b', d: '<r><b>B</b></r>', f: 'MM' }, '2a-B01'],
    [{ p: '$[', j: '{}', w: 'ab', r: '(', x: '/r[', d: '<r/>', f: "'" }, ''],
    [{ p: '$.a', j: '{"a":1}', w: 'ab', r: 'a', x: '/r/a', d: '<r><a>A</a></r>', f: 'yyyy' }, '1-bA1970'],
  ] as const;
  for (const [variables, expected] of rows) assert.equal(template.render(exchangeOf({ variables })), expected);
});

test('names are case-sensitive, save those of hmac', () => {
  assert.equal(templateFunction('hmacsha256'), templateFunctions.get('hmacSha256'));
  assert.equal(templateFunction('HMACSHA1'), templateFunctions.get('hmacSha1'));
  for (const name of ['TOUPPERCASE', 'MD5hex', 'hmacSha257', 'constructor', '']) {
    assert.equal(templateFunction(name), undefined, name);
  }
});
