import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { compileTemplate, type TemplateOptions } from '../../runtime/language/template.ts';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { exchangeOf } from '../support/exchange.ts';

const exchange = exchangeOf({
  uri: '/v1/cat?q=z',
  headers: { 'x-h': 'hv', list: 'a, b' },
  body: 'payload',
  variables: {
    name: 'Ada',
    other: 'Bob',
    'v.name': 'dotted',
    'a-b': 'dashed',
    _x: 'underscore',
    empty: '',
    zero: 0,
    half: 1.5,
    yes: true,
    no: false,
    list: ['a', 'b', 3],
    object: { a: 1 },
    bytes: Buffer.from('bytes'),
    big: 12345678901234567890n,
    braces: '{name}',
    dollars: "$& $1 $' $$",
    'verifyapikey.VA-1.client_id': 'id',
  },
});

function render(text: string, options: Partial<TemplateOptions> = {}): string {
  return compileTemplate(text, { xpath: undefined, ...options }).render(exchange);
}

function table(name: string, rows: readonly (readonly [text: string, expected: string])[]): void {
  suite(name, () => {
    for (const [text, expected] of rows) test(JSON.stringify(text), () => assert.equal(render(text), expected));
  });
}

table('variables', [
  ['', ''],
  ['no variable', 'no variable'],
  ['{name}', 'Ada'],
  ['Hello {name}!', 'Hello Ada!'],
  ['{name}-{other}', 'Ada-Bob'],
  ['{name}{other}', 'AdaBob'],
  ['<{name}|{other}|{name}|{other}>', '<Ada|Bob|Ada|Bob>'],
  ['{v.name}', 'dotted'],
  ['{a-b}', 'dashed'],
  ['{_x}', 'underscore'],
  ['{request.verb} {request.queryparam.q} {request.header.x-h}', 'GET z hv'],
  ['{verifyapikey.VA-1.client_id}', 'id'],
  ['"Hello {name}"', '"Hello Ada"'],
]);

table('values as text', [
  ['{request}', 'payload'],
  ['{request.content}', 'payload'],
  ['{message}', 'payload'],
  ['{list}', 'a,b,3'],
  ['{request.header.list.values}', 'a,b'],
  ['{zero} {half} {yes} {no} {big}', '0 1.5 true false 12345678901234567890'],
  ['{object}', '{"a":1}'],
  ['{bytes}', 'bytes'],
  // What a variable holds is never read as a template, nor as a replacement pattern.
  ['[{braces}]', '[{name}]'],
  ['[{dollars}]', "[$& $1 $' $$]"],
]);

table('unresolved variables and defaults', [
  ['[{missing}]', '[]'],
  ['[{missing:fallback}]', '[fallback]'],
  ['[{missing:two words}]', '[two words]'],
  ['[{missing:}]', '[]'],
  ['[{name:fallback}]', '[Ada]'],
  ['[{empty:fallback}]', '[]'],
  ['{missing:https}://{missing:example.com}/p', 'https://example.com/p'],
  ['{missing:http://h:80/p?q=1&r=2}', 'http://h:80/p?q=1&r=2'],
  ['{missing:"quoted"}', '"quoted"'],
  ["{missing:it's (so)}", "it's (so)"],
  ['{response.content:none}', 'none'],
  ['{request.header.none:none}', 'none'],
  ['{toLowerCase(missing:FOO)}', 'foo'],
  ['{toLowerCase(name:FOO)}', 'ada'],
  ['{toLowerCase(missing):FOO}', 'FOO'],
  ['[{toLowerCase(missing)}]', '[]'],
]);

table('what looks like no variable stays text', [
  ['{}', '{}'],
  ['{', '{'],
  ['}', '}'],
  ['{name', '{name'],
  ['name}', 'name}'],
  ['}{name}{', '}Ada{'],
  ['{ name }', '{ name }'],
  ['{ name}', '{ name}'],
  ['{name }', '{name }'],
  ['{na me}', '{na me}'],
  ['{1a}', '{1a}'],
  ['{"name"}', '{"name"}'],
  ["{'name'}", "{'name'}"],
  ['{-a}', '{-a}'],
  ['{.a}', '{.a}'],
  ['{a,b}', '{a,b}'],
  ['{a=b}', '{a=b}'],
  ['{a;b}', '{a;b}'],
  ['{{name}}', '{Ada}'],
  ['{{{name}}}', '{{Ada}}'],
  ['{a.{name}}', '{a.Ada}'],
  ['{missing:{name}}', '{missing:Ada}'],
  ['{missing:\nx}', '{missing:\nx}'],
  ['function(a) { return a; }', 'function(a) { return a; }'],
  ['\\{name\\}', '\\{name\\}'],
]);

table('the braces of JSON need no escaping', [
  ['{"a":"{name}"}', '{"a":"Ada"}'],
  ['{ "a": { "b": "{name}", "n": [ {"n":1}, { } ] } }', '{ "a": { "b": "Ada", "n": [ {"n":1}, { } ] } }'],
  ['{"a":{}}', '{"a":{}}'],
  ['{\n  "a": {zero},\n  "b": {yes}\n}', '{\n  "a": 0,\n  "b": true\n}'],
  ['[{"a":1},{"b":{name}}]', '[{"a":1},{"b":Ada}]'],
  ['{"t":"{escapeJSON(name)}"}', '{"t":"Ada"}'],
]);

table('function calls are scanned with their literals', [
  ["{toUpperCase('xyz')}", 'XYZ'],
  ["{toUpperCase('a}b')}", 'A}B'],
  ["{toUpperCase('a,b')}", 'A,B'],
  ["{toUpperCase('a:b c')}", 'A:B C'],
  ["{toUpperCase('(a)')}", '(A)'],
  [`{toUpperCase('"a"')}`, '"A"'],
  ["{toUpperCase('{a}')}", '{A}'],
  ["{toUpperCase('')}", ''],
  ["x{toUpperCase('a')}y{toUpperCase('b')}z", 'xAyBz'],
  ["{xeger('a{3}')}", 'aaa'],
  ["{xeger('[x]{2}'):d}", 'xx'],
  [`{jsonPath('$.l[?(@.t=="x")].id',missing:{"l":[]})}`, `{jsonPath('$.l[?(@.t=="x")].id',missing:{"l":[]})}`],
  ["{replaceAll(name,'A','B')}", 'Bda'],
  ['{substring(name,1)}', 'da'],
  ['{substring(name,-2,-1)}', 'd'],
  ['{toUpperCase(yes)}', 'TRUE'],
  ['{toUpperCase(true)}', 'TRUE'],
  ['{toUpperCase(request)}', 'PAYLOAD'],
]);

// A call that has to stay text is reported: its author meant something else.
const kept: readonly (readonly [text: string, warning: RegExp | undefined])[] = [
  ['{nosuch(name)}', /no function nosuch/],
  ['{touppercase(name)}', /did you mean toUpperCase/],
  ['{toUppercase(name)}', /did you mean toUpperCase/],
  ['{toUpperCase()}', /takes 1 argument, not 0/],
  ['{toUpperCase(name,other)}', /takes 1 argument, not 2/],
  ['{substring(name)}', /takes 2 to 3 arguments, not 1/],
  ['{firstnonnull()}', /takes 1 or more arguments, not 0/],
  ["{replaceAll(name,'[','x')}", /class is not closed/],
  ["{timeFormatUTC('nonsense',zero)}", /No date field/],
  ["{jsonPath('$.a[',name)}", /stays text/],
  ["{hmacSha256(name,other,'rot13')}", /Unknown encoding rot13/],
  ["{hmacSha256(name,other,'hex','utf-8')}", /hex or base64/],
  ["{xeger('[')}", /not closed/],
  ["{xpath('/a',name,'integer')}", /Neither a result type nor prefix:uri/],
  ['{ toUpperCase(name) }', /call of toUpperCase stays text/],
  ['{substring(name, 1)}', /call of substring stays text/],
  ['{toUpperCase( name )}', /call of toUpperCase stays text/],
  ['{toUpperCase(toLowerCase(name))}', /call of toUpperCase stays text/],
  ["{toUpperCase('name)}", /call of toUpperCase stays text/],
  ['{nosuch( name )}', undefined],
  ['function f() {return(1);}', undefined],
  ['{toUpperCase}', undefined],
];

suite('calls that stay text', () => {
  for (const [text, warning] of kept) {
    test(text, () => {
      const template = compileTemplate(`a ${text}`, { xpath: undefined });
      if (text !== '{toUpperCase}') assert.equal(template.render(exchange), `a ${text}`);
      const messages = template.warnings.map((one) => one.message);
      if (warning === undefined) assert.deepEqual(messages, []);
      else {
        assert.equal(messages.length, 1);
        assert.match(messages[0] ?? '', warning);
        for (const { index, length } of template.warnings) assert.ok(index >= 2 && index + length <= text.length + 2);
      }
    });
  }
});

test('an expression that can take exponential time is warned of at its place', () => {
  const text = "x {replaceAll(name,'(a|a)*b','-')}";
  const { warnings } = compileTemplate(text, { xpath: undefined });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]?.message ?? '', /exponential time/);
  assert.deepEqual([warnings[0]?.index, warnings[0]?.length], [text.indexOf('(a|a)'), '(a|a)*b'.length]);
  assert.equal(render(text), 'x Ada');
});

test('other prefixes and suffixes', () => {
  const rows: readonly (readonly [string, string, string, string])[] = [
    ['{"name": "@name#"}', '@', '#', '{"name": "Ada"}'],
    ['@missing:none#', '@', '#', 'none'],
    ['{name} @name#', '@', '#', '{name} Ada'],
    ['a@b.com @name#', '@', '#', 'a@b.com Ada'],
    ['@toUpperCase(name)#', '@', '#', 'ADA'],
    ['%name% 100% %other%', '%', '%', 'Ada 100% Bob'],
    ['${name} $ {name}', '${', '}', 'Ada $ {name}'],
    ['<<name>> <name>', '<<', '>>', 'Ada <name>'],
    ['{name}', '', '', 'Ada'],
  ];
  for (const [text, prefix, suffix, expected] of rows) assert.equal(render(text, { prefix, suffix }), expected, text);
});

test('unresolved variables are told to whoever wants to know', () => {
  const unresolved = (name: string): never => {
    throw new Error(`unresolved ${name}`);
  };
  const strict = (text: string): string => render(text, { unresolved });
  assert.throws(() => strict('{name}{missing}'), /unresolved missing/);
  assert.throws(() => strict('{request.header.none}'), /unresolved request.header.none/);
  assert.throws(() => strict('{toUpperCase(missing)}'), /unresolved missing/);
  assert.throws(() => strict("{replaceAll(name,missing,'x')}"), /unresolved missing/);
  assert.throws(() => strict('{firstnonnull(missing,none)}'), /unresolved missing/);
  assert.equal(strict('{missing:default}'), 'default');
  assert.equal(strict('{missing:}'), '');
  assert.equal(strict('{empty}{toUpperCase(missing:x)}{toUpperCase(missing):y}'), 'Xy');
  assert.equal(strict('{firstnonnull(missing,name)}'), 'Ada');
  // An argument that is set and of no use is nobody's missing variable.
  assert.equal(strict('{substring(name,other)}'), '');
});

test('a template says what it needs', () => {
  const template = compileTemplate("{a}{request.content}{b:x}{a}{toUpperCase(c)}{xpath('/a',response.content)}", {
    xpath: undefined,
  });
  assert.deepEqual(template.reads, ['a', 'request.content', 'b', 'c', 'response.content']);
  assert.equal(template.needs, BodyNeed.request | BodyNeed.response);
  assert.equal(template.usesXPath, true);
  assert.equal(template.constant, undefined);
  assert.equal(compileTemplate('{request.formparam.a}', { xpath: undefined }).needs, BodyNeed.request);
  assert.equal(compileTemplate('{request.header.a}{message.status.code}', { xpath: undefined }).needs, BodyNeed.none);
  assert.equal(compileTemplate('{ "a": {} }', { xpath: undefined }).constant, '{ "a": {} }');
  assert.equal(compileTemplate('', { xpath: undefined }).constant, '');
});

test('long hostile templates are settled at once', () => {
  for (const part of ['{', '{a', '{a:', '{f(', "{f('", '{f(a,', '{f(a:']) {
    const text = part.repeat(20_000);
    assert.equal(render(text), text);
  }
});
