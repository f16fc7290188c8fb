import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Condition, compileCondition } from '../../runtime/language/condition.ts';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { Phase } from '../../runtime/message/exchange.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';

const exchange = exchangeOf({
  verb: 'GET',
  uri: '/v1/cat?q=1&n=10',
  headers: { x: 'Ab', list: 'a, b', 'help!me': 'yes', 'X-One': '1' },
  response: responseOf({ status: 404 }),
  phase: Phase.targetResponse,
  variables: {
    str: 'Hello',
    empty: '',
    blank: ' ',
    ten: '10',
    nine: '9',
    padded: '010',
    decimal: '1.50',
    number: 10,
    big: '9007199254740993',
    long: 9007199254740993n,
    half: 0.5,
    nan: Number.NaN,
    yes: true,
    no: false,
    yesText: 'TRUE',
    noText: 'false',
    path: '/x/a/b/c/d',
    braced: '/{user}',
    feed: '/a/b/feed/rss/1234',
    reader: '/y/a/foo/feed/',
    pets: '/pets/1/2',
    star: '/c*at',
    pattern: '/*/a/**',
    regex: '/[bcr]at',
    broken: '[',
    lines: 'a\nb',
    list: ['a', 'b'],
    'a.name': 'dotted',
    'not.a.word': 'x',
    android: 'yes',
    '2nd': 'second',
    'sum=1': 'operator',
    ref: 'Hello',
    turkish: 'İ',
  },
});

function compile(text: string): Condition {
  const condition = compileCondition(text);
  if (Array.isArray(condition)) assert.fail(`${text}: ${condition.map((one) => one.message).join('; ')}`);
  return condition;
}

function holds(text: string): boolean {
  return compile(text).test(exchange);
}

function table(name: string, rows: readonly (readonly [text: string, expected: boolean])[]): void {
  suite(name, () => {
    for (const [text, expected] of rows) test(text, () => assert.equal(holds(text), expected));
  });
}

table('equality in all spellings', [
  ['str = "Hello"', true],
  ['str == "Hello"', true],
  ['str Equals "Hello"', true],
  ['str equals "Hello"', true],
  ['str Is "Hello"', true],
  ['str IS "Hello"', true],
  ['str = "hello"', false],
  ['str = "Hell"', false],
  ['str != "x"', true],
  ['str != "Hello"', false],
  ['str NotEquals "Hello"', false],
  ['str IsNot "hello"', true],
  ['str isnot "Hello"', false],
  ['str := "HELLO"', true],
  ['str EqualsCaseInsensitive "hello"', true],
  ['str := "hell"', false],
  ['turkish := "İ"', true],
  ['request.header.x = "ab"', false],
  ['request.header.x := "ab"', true],
  ['request.header.X = "Ab"', true],
  ['empty = ""', true],
  ['empty != ""', false],
  ['blank = ""', false],
  ['str = ref', true],
  ['str != ref', false],
  ['str := ref', true],
]);

table('order', [
  ['response.status.code > 403', true],
  ['response.status.code GreaterThan 404', false],
  ['response.status.code >= 404', true],
  ['response.status.code GreaterThanOrEquals 405', false],
  ['response.status.code < 1000', true],
  ['response.status.code LesserThan 404', false],
  ['response.status.code <= 404', true],
  ['response.status.code LesserThanOrEquals 403', false],
  ['response.status.code greaterthan "99"', true],
  ['ten > "9"', true],
  ['ten > nine', true],
  ['ten < nine', false],
  ['ten >= 10', true],
  ['ten <= 10.0', true],
  ['str > "Abc"', true],
  ['str > "hello"', false],
  ['str > 5', true],
  ['empty < "a"', true],
  ['number > nine', true],
  ['half < 1', true],
  ['half > -0.5', true],
  ['nan > 1', false],
  ['nan < 1', false],
  ['nan >= 1', false],
  ['nan <= 1', false],
  ['nan = 1', false],
  ['nan != 1', true],
  ['big > 9007199254740992', true],
  ['big > "9007199254740993"', false],
  ['long >= big', true],
]);

table('types are brought together', [
  ['response.status.code = 404', true],
  ['response.status.code = "404"', true],
  ['response.status.code != "404"', false],
  ['response.status.code = "0404"', true],
  ['ten = 10', true],
  ['ten = "10.0"', false],
  ['padded = 10', true],
  ['padded = "10"', false],
  ['decimal = 1.5', true],
  ['number = ten', true],
  ['number = padded', true],
  ['number = "ten"', false],
  ['number = 10l', true],
  ['number = 10L', true],
  ['number = 10.0f', true],
  ['number = 10d', true],
  ['half = .5', false],
  ['half = 0.5D', true],
  ['number = +10', true],
  ['half != -0.5', true],
  ['big = 9007199254740993', true],
  ['big = 9007199254740992', false],
  ['long = 9007199254740993', true],
  ['long = 9007199254740992', false],
  ['yes = true', true],
  ['yes = "true"', true],
  ['yes is TRUE', true],
  ['no = false', true],
  ['no = "false"', true],
  ['no != true', true],
  ['noText = false', true],
  ['yes = no', false],
  ['client.local = false', true],
  ['client.local = "false"', true],
  ['list = "a,b"', true],
]);

table('a variable as a condition of its own', [
  ['yes', true],
  ['no', false],
  ['yesText', true],
  ['noText', false],
  ['str', false],
  ['empty', false],
  ['number', false],
  ['none', false],
  ['!yes', false],
  ['not no', true],
  ['!none', true],
  ['yes and not no', true],
  ['yes and yesText', true],
  ['no or yes', true],
  ['!no = true', true],
  ['true', true],
  ['false', false],
  ['null', false],
  ['not false', true],
]);

table('StartsWith', [
  ['str =| "Hel"', true],
  ['str StartsWith "Hello"', true],
  ['str =| "hel"', false],
  ['str startswith "ello"', false],
  ['str =| ""', true],
  ['str =| ref', true],
  ['request.verb =| "G"', true],
  ['request.verb StartsWith "g"', false],
  ['number =| 1', true],
]);

table('Matches', [
  ['proxy.pathsuffix Matches "/*at"', true],
  ['proxy.pathsuffix ~ "/*at"', true],
  ['proxy.pathsuffix Matches "/c%*at"', false],
  ['star Matches "/c%*at"', true],
  ['proxy.pathsuffix Like "*a*"', true],
  ['proxy.pathsuffix like "*A*"', false],
  ['proxy.pathsuffix Matches "/ca"', false],
  ['path ~ "/x*d"', true],
  ['str ~ "H.llo"', false],
  ['braced ~ "/{*}"', true],
  ['braced ~ "/%{user%}"', true],
  ['lines ~ "a*b"', true],
  ['number ~ "1*"', true],
  ['str !~ "x*"', true],
  ['str !~ "H*"', false],
  ['path ~ pattern', true],
  ['star ~ star', true],
  ['list ~ "a,*"', true],
]);

table('JavaRegex takes the whole value', [
  ['proxy.pathsuffix JavaRegex "/[bcr]at"', true],
  ['proxy.pathsuffix ~~ "/c"', false],
  ['proxy.pathsuffix ~~ "/c.*"', true],
  ['str ~~ "(?i)hello"', true],
  ['str ~~ "hello"', false],
  ['proxy.pathsuffix ~~ regex', true],
  ['str ~~ broken', false],
  ['response.status.code ~~ "4\\d\\d"', true],
  ['response.status.code javaregex "[2-3].."', false],
]);

table('MatchesPath', [
  ['path MatchesPath "/*/a/*"', false],
  ['path ~/ "/*/a/**"', true],
  ['path LikePath "/x/**"', true],
  ['path matchespath "/X/**"', false],
  ['path /~ "/*/a/**"', true],
  ['path MatchesPath pattern', true],
  ['reader MatchesPath "/*/a/{reader}/feed/"', true],
  ['feed MatchesPath "/a/**/feed/**"', true],
  ['feed ~/ "/a/*/feed/*"', false],
  ['braced MatchesPath "/%{user%}"', true],
  ['proxy.pathsuffix MatchesPath "/%{cat%}"', false],
  ['pets MatchesPath "/pets/*"', false],
  ['proxy.pathsuffix MatchesPath "/cat"', true],
  ['proxy.pathsuffix MatchesPath "/**"', true],
  ['proxy.pathsuffix MatchesPath "/"', false],
  ['proxy.pathsuffix Not MatchesPath "/dog"', true],
  ['proxy.pathsuffix ! MatchesPath "/cat"', false],
  ['proxy.pathsuffix Not ~/ "/cat"', false],
]);

table('and, or, not and their order', [
  ['str = "Hello" and ten = "10"', true],
  ['str = "Hello" AND ten = "11"', false],
  ['str = "x" or ten = "10"', true],
  ['str = "x" OR ten = "11"', false],
  ['str = "Hello" && ten = "10"', true],
  ['str = "x" || ten = "10"', true],
  ['!(str = "x")', true],
  ['not (str = "Hello")', false],
  ['NOT(str = "x")', true],
  ['not not (str = "Hello")', true],
  ['request.verb = "POST" and request.verb = "PUT" or request.verb = "GET"', true],
  ['request.verb = "GET" or request.verb = "GET" and request.verb = "POST"', true],
  ['(request.verb = "GET" or request.verb = "GET") and request.verb = "POST"', false],
  ['request.verb = "POST" and (request.verb = "POST" or request.verb = "GET")', false],
  ['!(request.verb = "POST") and ten = "10"', true],
  ['!(request.verb = "GET") or ten = "10"', true],
  ['no or no or no or yes', true],
  ['yes and yes and yes and no', false],
  ['no and yes or yes and yes', true],
  ['not no and not no', true],
  ['not (no or yes) or no', false],
  ['((str = "Hello"))', true],
  // Order binds tighter than equality: `(ten > 9) = true`.
  ['ten > 9 = true', true],
  ['true = ten > 9', true],
  ['ten > 9 = false', false],
  ['ten > 9 != yes', false],
  // From left to right: `(str = "Hello") = yes`.
  ['str = "Hello" = yes', true],
  ['str = "x" = no', true],
]);

table('quotes, blanks and names', [
  ["str = 'Hello'", true],
  ["str = 'hello'", false],
  [`'request.header.help!me' = "yes"`, true],
  [`'sum=1' = "operator"`, true],
  [`"Hello" = str`, true],
  ['request.verb="GET"', true],
  ['request.verb!="GET"', false],
  ['request.verb=="GET"and yes', true],
  ['response.status.code>=404', true],
  ['response.status.code<400||yes', true],
  ['(request.verb="GET")and(ten="10")', true],
  ['str:="hello"', true],
  ['str=|"H"', true],
  ['proxy.pathsuffix~/"/cat"', true],
  ['proxy.pathsuffix/~"/cat"', true],
  ['proxy.pathsuffix~~"/cat"', true],
  ['!yes', false],
  ['\n      request.verb = "GET"\n        and\tten = "10"\r\n   ', true],
  ['\uFEFFstr = "Hello"\u00a0', true],
  ['str = " Hello"', false],
  [`str != "and or ( ' ) !="`, true],
  [`str != 'say "hi"'`, true],
  ['a.name = "dotted"', true],
  ['not.a.word = "x"', true],
  ['android = "yes"', true],
  ['2nd = "second"', true],
  ['request.header.X-One = "1"', true],
  ['request.queryparam.q = 1', true],
  ['request.queryparam.Q = 1', false],
]);

test('an empty condition is true', () => {
  for (const text of ['', '   ', '\n\t']) {
    const condition = compile(text);
    assert.equal(condition.constant, true);
    assert.equal(condition.test(exchange), true);
  }
});

test('a condition without variables is a constant', () => {
  const rows: readonly [string, boolean][] = [
    ['true', true],
    ['not true', false],
    ['"a" = "a"', true],
    ['"a" = "b" or 1 < 2', true],
    ['"a" != "b" and 1 > 2', false],
    ['"abc" ~ "a*"', true],
    ['"abc" Not ~~ "a.c"', false],
    ['"abc" !~ "a*"', false],
    ['"/a/b" MatchesPath "/a/*"', true],
    ['null is null', true],
  ];
  for (const [text, expected] of rows) assert.equal(compile(text).constant, expected, text);
  for (const text of ['yes', 'yes or true', 'str = "x"']) assert.equal(compile(text).constant, undefined, text);
});

test('a condition says what it reads', () => {
  const condition = compile('a = "1" and (request.content ~ "x*" or not b > a) and "a" = c');
  assert.deepEqual(condition.reads, ['a', 'request.content', 'b', 'c']);
  assert.equal(condition.needs, BodyNeed.request);
  assert.equal(compile('response.content = "x"').needs, BodyNeed.response);
  assert.equal(compile('message.formparam.a = "x" or error.content = ""').needs, BodyNeed.current | BodyNeed.error);
  assert.equal(compile('request.header.a = "x"').needs, BodyNeed.none);
});

test('the right side of and and or is left alone when the left decides', () => {
  // A payload that does not fit its encoding makes a fault of reading it.
  const compressed = exchangeOf({ headers: { 'content-encoding': 'gzip' }, body: Buffer.from('no gzip') });
  assert.equal(compile('request.verb = "POST" and request.content = "x"').test(compressed), false);
  assert.equal(compile('request.verb = "GET" or request.content = "x"').test(compressed), true);
  assert.throws(() => compile('request.content = "x"').test(compressed));
});

test('patterns from variables are kept, and do not pile up', () => {
  const condition = compile('value ~ glob');
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 100; index++) {
      const one = exchangeOf({ variables: { value: `v${index}`, glob: `v${index}*` } });
      assert.equal(condition.test(one), true);
    }
  }
});

test('an expression that can take exponential time is warned of at its place', () => {
  const text = 'str = "x" or str JavaRegex "(a+)+b"';
  const [warning, ...others] = compile(text).warnings;
  assert.equal(others.length, 0);
  assert.match(warning?.message ?? '', /exponential time/);
  assert.match(warning?.hint ?? '', /possessive/);
  assert.equal(text.slice(warning?.index, (warning?.index ?? 0) + (warning?.length ?? 0)), '(a+)+b');
  assert.deepEqual(compile('str ~~ "(a++)+b" or str ~~ regex or str ~ "(a+)+b"').warnings, []);
});

test('a verb without quotes is warned of', () => {
  const [warning, ...others] = compile('str = "x" or request.verb = GET').warnings;
  assert.equal(others.length, 0);
  assert.deepEqual([warning?.index, warning?.length], [28, 3]);
  assert.match(warning?.message ?? '', /GET is read as the name of a variable/);
  assert.match(warning?.hint ?? '', /write "GET"/);
  assert.deepEqual(compile('request.verb = wanted.verb or post = get').warnings, []);
});
