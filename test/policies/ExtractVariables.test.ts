import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadXPath } from '../../runtime/language/xpath.ts';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { Phase } from '../../runtime/message/exchange.ts';
import { ExtractVariables } from '../../runtime/policies/ExtractVariables.ts';
import { type ExchangeOptions, exchangeOf, responseOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const xpath = await loadXPath();

function policyOf(inside: string, attributes = '') {
  const text = `<ExtractVariables name="EV" ${attributes}>${inside}</ExtractVariables>`;
  return { text, ...compilePolicy(ExtractVariables, text, { compiler: { xpath } }) };
}

function compile(inside: string, attributes = '') {
  const { step, diagnostics } = policyOf(inside, attributes);
  assert.deepEqual(
    diagnostics.map((one) => one.message),
    [],
  );
  return step;
}

/** Runs the policy and reads variables. */
function extract(inside: string, options: ExchangeOptions, ...names: readonly string[]): unknown[] {
  const exchange = exchangeOf(options);
  assert.equal(compile(inside)(exchange), undefined);
  return names.map((name) => exchange.read(name));
}

async function faultIn(inside: string, options: ExchangeOptions) {
  return faultOf(compile(inside), exchangeOf(options));
}

const patterns = (...texts: readonly string[]) => texts.map((text) => `<Pattern>${text}</Pattern>`).join('');

describe('patterns', () => {
  test('URIPath is what follows the base path, in requests only', () => {
    const inside = `<VariablePrefix>u</VariablePrefix><URIPath>${patterns('/accounts/{id}')}</URIPath>`;
    assert.deepEqual(extract(inside, { uri: '/v1/accounts/127?x=1' }, 'u.id', 'id'), ['127', undefined]);
    const response = { uri: '/v1/accounts/127', response: responseOf(), phase: Phase.targetResponse };
    assert.deepEqual(extract(inside, response, 'u.id'), [undefined]);
    assert.deepEqual(extract(`<Source>request</Source>${inside}`, response, 'u.id'), ['127']);
  });

  test('the pattern with the most path segments wins, then the first', () => {
    const inside = `<URIPath>${patterns('/{first}/**', '/a/{one}/{two}', '/a/{x}/{y}', '/{z}/**')}</URIPath>`;
    assert.deepEqual(extract(inside, { pathSuffix: '/a/b/c' }, 'one', 'two', 'x', 'first'), [
      'b',
      'c',
      undefined,
      undefined,
    ]);
    assert.deepEqual(extract(inside, { pathSuffix: '/a/b/c/d' }, 'one', 'first', 'z'), [undefined, 'a', undefined]);
    assert.deepEqual(extract(inside, { pathSuffix: '/zzz' }, 'one', 'first'), [undefined, undefined]);
  });

  test('ignoreCase is false unless it is true', () => {
    const uri = (attribute: string) => `<URIPath><Pattern${attribute}>/Orders/{id}</Pattern></URIPath>`;
    assert.deepEqual(extract(uri(''), { pathSuffix: '/orders/5' }, 'id'), [undefined]);
    assert.deepEqual(extract(uri(' ignoreCase="true"'), { pathSuffix: '/orders/Ab' }, 'id'), ['Ab']);
  });

  test('query parameters, headers and form parameters, by number too', () => {
    const inside =
      '<VariablePrefix>m</VariablePrefix>' +
      `<QueryParam name="code"><Pattern ignoreCase="true">DBN{code}</Pattern></QueryParam>` +
      `<QueryParam name="w.2">${patterns('{w2}')}</QueryParam>` +
      `<Header name="Authorization">${patterns('Bearer {token}')}</Header>` +
      `<Header name="x-type">${patterns('*;charset={charset}')}</Header>` +
      `<Header name="x-list.values">${patterns('{list}')}</Header>` +
      `<FormParam name="greeting">${patterns('hello {user}')}</FormParam>`;
    const options = {
      uri: '/v1?code=dbn88271&w=Boston&w=Chicago',
      headers: {
        authorization: 'Bearer TU08',
        'x-type': 'text/xml;charset=UTF-16',
        'x-list': 'a, b',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'greeting=hello+Steve',
    };
    const names = ['m.code', 'm.w2', 'm.token', 'm.charset', 'm.list', 'm.user'];
    assert.deepEqual(extract(inside, options, ...names), ['88271', 'Chicago', 'TU08', 'UTF-16', 'a,b', 'Steve']);
    const plain = { ...options, headers: { 'content-type': 'text/plain' } };
    assert.deepEqual(extract(inside, plain, 'm.user', 'm.token'), [undefined, undefined]);
  });

  test('a variable is matched whatever the source is', () => {
    const inside = `<Source>request</Source><Variable name="request.verb">${patterns('{first}ET')}</Variable>`;
    assert.deepEqual(extract(inside, {}, 'first'), ['G']);
    assert.deepEqual(extract(`<Variable name="none">${patterns('{a}')}</Variable>`, {}, 'a'), [undefined]);
  });

  test('elements run in the order they are written in', () => {
    const query = `<QueryParam name="t">${patterns('{t}')}</QueryParam>`;
    const header = `<Header name="t">${patterns('{t}')}</Header>`;
    const options = { uri: '/v1?t=query', headers: { t: 'header' } };
    assert.deepEqual(extract(query + header, options, 't'), ['header']);
    assert.deepEqual(extract(header + query, options, 't'), ['query']);
    assert.deepEqual(extract(query + header, { uri: '/v1?t=query' }, 't'), ['query']);
  });

  test('match="first" stops at the first element that gives a value', () => {
    const step = compile(
      `<QueryParam name="a">${patterns('{a}')}</QueryParam><QueryParam name="b">${patterns('{b}')}</QueryParam>` +
        `<QueryParam name="c">${patterns('{c}')}</QueryParam>`,
      'match="first"',
    );
    const exchange = exchangeOf({ uri: '/v1?b=1&c=2' });
    step(exchange);
    assert.deepEqual([exchange.read('b'), exchange.read('c')], ['1', undefined]);
  });
});

const json = { 'content-type': 'application/json; charset=utf-8' };

function jsonVariables(...variables: readonly (readonly [string, string, string?])[]): string {
  const elements = variables.map(
    ([name, path, type]) =>
      `<Variable name="${name}"${type === undefined ? '' : ` type="${type}"`}><JSONPath>${path}</JSONPath></Variable>`,
  );
  return `<JSONPayload>${elements.join('')}</JSONPayload>`;
}

describe('JSON', () => {
  const body = '{"user":{"name":"Ada"},"items":[{"id":1,"lat":37.5},{"id":2}],"ok":true,"none":null,"n":"42"}';

  test('values are bare texts, fragments are JSON, several values are a list', () => {
    const inside = jsonVariables(
      ['name', '$.user.name'],
      ['lat', '$.items[0].lat', 'float'],
      ['latText', '$.items[0].lat'],
      ['ids', '$.items[*].id'],
      ['ok', '$.ok', 'boolean'],
      ['n', '$.n', 'integer'],
      ['user', '$.user', 'nodeset'],
      ['none', '$.none'],
      ['nothing', '$..absent'],
      ['bare', 'user.name'],
    );
    const names = ['name', 'lat', 'latText', 'ids', 'ok', 'n', 'user', 'none', 'nothing', 'bare'];
    const values = ['Ada', 37.5, '37.5', '[1,2]', true, 42, '{"name":"Ada"}', undefined, undefined, 'Ada'];
    assert.deepEqual(extract(inside, { headers: json, body }, ...names), values);
  });

  test('a path that finds nothing is a fault unless unresolved variables are ignored', async () => {
    const inside = jsonVariables(['a', '$.a.b']);
    const fault = await faultIn(inside, { headers: json, body });
    assert.equal(fault.code, 'steps.extractvariables.InvalidJSONPath');
    assert.equal(fault.status, 500);
    assert.equal(fault.faultstring, 'Invalid JSON path $.a.b in policy EV.');
    const ignoring = `<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>${inside}`;
    assert.deepEqual(extract(ignoring, { headers: json, body }, 'a'), [undefined]);
  });

  test('of several paths the first that finds something counts', async () => {
    const inside = (first: string, second: string) =>
      `<JSONPayload><Variable name="a"><JSONPath>${first}</JSONPath><JSONPath>${second}</JSONPath></Variable></JSONPayload>`;
    assert.deepEqual(extract(inside('$.absent', '$.user.name'), { headers: json, body }, 'a'), ['Ada']);
    assert.deepEqual(extract(inside('$.n', '$.user.name'), { headers: json, body }, 'a'), ['42']);
    const fault = await faultIn(inside('$.absent', '$.gone'), { headers: json, body });
    assert.equal(fault.faultstring, 'Invalid JSON path $.absent in policy EV.');
  });

  test('a path that ends in a dot is the whole payload, with a warning', () => {
    for (const path of ['$.', '$..']) {
      const { step, diagnostics } = policyOf(jsonVariables(['all', path]));
      assert.deepEqual(
        diagnostics.map((one) => [one.severity, one.code]),
        [['warning', 'PO040']],
      );
      const exchange = exchangeOf({ headers: json, body: '{"a":[1]}' });
      step(exchange);
      assert.equal(exchange.read('all'), '{"a":[1]}');
    }
  });

  test('a path may hold variables', async () => {
    const inside = jsonVariables(['id', '$.items[{at}].id']);
    const step = compile(inside);
    for (const [at, id] of [
      [0, '1'],
      [1, '2'],
      [0, '1'],
    ] as const) {
      const exchange = exchangeOf({ headers: json, body, variables: { at } });
      step(exchange);
      assert.equal(exchange.read('id'), id);
    }
    for (const variables of [{}, { at: '?' }]) {
      const fault = await faultIn(inside, { headers: json, body, variables });
      assert.equal(fault.faultName, 'InvalidJSONPath');
      const ignoring = `<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>${inside}`;
      assert.deepEqual(extract(ignoring, { headers: json, body, variables }, 'id'), [undefined]);
    }
  });

  test('only a JSON content type is read', () => {
    const inside = jsonVariables(['ok', '$.ok']);
    const withType = (type: string) => extract(inside, { headers: { 'content-type': type }, body }, 'ok');
    assert.deepEqual(withType('application/problem+json'), ['true']);
    assert.deepEqual(withType('text/plain'), [undefined]);
    assert.deepEqual(extract(inside, { body }, 'ok'), [undefined]);
  });

  test('a text or an object in a variable is read whatever the content type', () => {
    const inside = `<Source>doc</Source>${jsonVariables(['ok', '$.ok'])}`;
    assert.deepEqual(extract(inside, { variables: { doc: body } }, 'ok'), ['true']);
    assert.deepEqual(extract(inside, { variables: { doc: { ok: 1 } } }, 'ok'), ['1']);
    const content = `<Source>request.content</Source>${jsonVariables(['ok', '$.ok'])}`;
    assert.deepEqual(extract(content, { headers: { 'content-type': 'text/plain' }, body }, 'ok'), ['true']);
  });

  test('what is empty or not JSON is a fault', async () => {
    for (const text of ['', '{"n":', 'plain']) {
      const fault = await faultIn(jsonVariables(['n', '$.n']), { headers: json, body: text });
      assert.equal(fault.code, 'steps.extractvariables.ExecutionFailed');
      assert.equal(fault.faultstring, 'Failed to execute the ExtractVariables: EV');
      const source = `<Source>doc</Source>${jsonVariables(['n', '$.n'])}`;
      assert.equal((await faultIn(source, { variables: { doc: text } })).faultName, 'ExecutionFailed');
    }
  });

  test('a value that does not fit its type is a fault', async () => {
    const wrong = [
      ['$.user.name', 'integer'],
      ['$.items[0].lat', 'long'],
      ['$.n', 'boolean'],
      ['$.user', 'double'],
    ] as const;
    for (const [path, type] of wrong) {
      const fault = await faultIn(jsonVariables(['v', path, type]), { headers: json, body });
      assert.equal(fault.code, 'steps.extractvariables.UnableToCast', path);
    }
  });
});

describe('XML', () => {
  const xml = '<root><name> Ada </name><items><item id="1">a</item><item id="2">b</item></items></root>';
  const headers = { 'content-type': 'application/soap+xml' };
  const variable = (name: string, path: string, type = '') =>
    `<Variable name="${name}"${type === '' ? '' : ` type="${type}"`}><XPath>${path}</XPath></Variable>`;

  test('values are of the type asked for, strings without one', () => {
    const inside = `<XMLPayload>${variable('name', '/root/name')}${variable('second', "//item[@id='2']", 'string')}${variable(
      'count',
      'count(//item)',
      'integer',
    )}${variable('has', '//item', 'boolean')}${variable('nodes', '//item', 'nodeset')}${variable('none', '/none')}${variable(
      'id',
      '//item[2]/@id',
      'long',
    )}</XMLPayload>`;
    const names = ['name', 'second', 'count', 'has', 'nodes', 'none', 'id'];
    const nodes = '<item id="1">a</item><item id="2">b</item>';
    assert.deepEqual(extract(inside, { headers, body: xml }, ...names), [' Ada ', 'b', 2, true, nodes, undefined, 2]);
  });

  test('prefixes are those declared in the policy', () => {
    const inside = `<XMLPayload><Namespaces><Namespace prefix="d">urn:d</Namespace></Namespaces>${variable('m', '/d:a/d:b/@mode')}</XMLPayload>`;
    assert.deepEqual(extract(inside, { headers, body: '<a xmlns="urn:d"><b mode="DRIVING"/></a>' }, 'm'), ['DRIVING']);
  });

  test('of several paths the first that finds something counts', () => {
    const inside =
      '<XMLPayload><Variable name="a"><XPath>/none</XPath><XPath>//item[2]</XPath><XPath>//name</XPath></Variable></XMLPayload>';
    assert.deepEqual(extract(inside, { headers, body: xml }, 'a'), ['b']);
  });

  test('stopPayloadProcessing stops at the first value', () => {
    const inside = `<XMLPayload stopPayloadProcessing="true">${variable('a', '/none')}${variable('b', '//item')}${variable('c', '//item')}</XMLPayload>`;
    assert.deepEqual(extract(inside, { headers, body: xml }, 'a', 'b', 'c'), [undefined, 'a', undefined]);
  });

  test('only an XML content type is read, of a text any', () => {
    const payload = `<XMLPayload>${variable('id', '//item/@id')}</XMLPayload>`;
    assert.deepEqual(extract(payload, { headers: { 'content-type': 'text/plain' }, body: xml }, 'id'), [undefined]);
    assert.deepEqual(extract(`<Source>doc</Source>${payload}`, { variables: { doc: xml } }, 'id'), ['1']);
  });

  test('what is empty or not well-formed is a fault', async () => {
    for (const body of ['', '<a>']) {
      const fault = await faultIn(`<XMLPayload>${variable('a', '/a')}</XMLPayload>`, { headers, body });
      assert.equal(fault.code, 'steps.extractvariables.ExecutionFailed');
    }
  });
});

describe('source and targets', () => {
  const header = `<Header name="a">${patterns('{a}')}</Header>`;

  test('a source that is not there is a fault', async () => {
    const fault = await faultIn(`<Source>response</Source>${header}`, {});
    assert.equal(fault.code, 'steps.extractvariables.SourceMessageNotAvailable');
    assert.equal(fault.status, 500);
    assert.equal(fault.faultstring, 'response message is not available for ExtractVariable: EV');
    assert.equal((await faultIn(`<Source>callout</Source>${header}`, {})).faultName, 'SourceMessageNotAvailable');
    const path = `<Source>callout</Source>${jsonVariables(['n', '$.n'])}`;
    assert.equal((await faultIn(path, {})).code, 'steps.extractvariables.JsonPathParsingFailure');
  });

  test('the source may be a message in a variable', () => {
    const callout = responseOf({ headers: { a: '1', 'content-type': 'application/json' }, body: '{"n":2}' });
    const inside = `<Source>callout</Source>${header}${jsonVariables(['n', '$.n'])}`;
    assert.deepEqual(extract(inside, { variables: { callout } }, 'a', 'n'), ['1', '2']);
  });

  test('clearPayload empties the message afterwards', () => {
    const inside = `<Source clearPayload="true">request</Source>${jsonVariables(['n', '$.n'])}`;
    assert.deepEqual(extract(inside, { headers: json, body: '{"n":1}' }, 'n', 'request.content'), ['1', '']);
  });

  test('a variable that cannot be set is a fault', async () => {
    const inside = `<VariablePrefix>a.b</VariablePrefix>${header}`;
    const fault = await faultIn(inside, { headers: { a: '1' }, variables: { a: 'single' } });
    assert.equal(fault.code, 'steps.extractvariables.SetVariableFailed');
    assert.equal(fault.faultstring, 'Failed to set variable a.b.a value 1 from ExtractVariables: EV');
    const immutable = `<VariablePrefix>proxy</VariablePrefix><Header name="a">${patterns('{name}')}</Header>`;
    assert.equal((await faultIn(immutable, { headers: { a: '1' } })).code, 'steps.extractvariables.ImmutableVariable');
  });

  test('nothing makes a call look local', () => {
    const inside = `<VariablePrefix>client</VariablePrefix><Header name="a">${patterns('{local}')}</Header>`;
    assert.deepEqual(extract(inside, { headers: { a: 'true' } }, 'client.local'), [false]);
  });

  test('built-in variables can be targets', () => {
    const inside = `<VariablePrefix>request.header</VariablePrefix><QueryParam name="q">${patterns('{x-q}')}</QueryParam>`;
    assert.deepEqual(extract(inside, { uri: '/v1?q=1' }, 'request.header.x-q'), ['1']);
  });

  test('a payload is needed only when it is read', () => {
    const needs = (inside: string) => policyOf(inside).needs;
    assert.equal(needs(`<Source>request</Source>${header}<URIPath>${patterns('/{a}')}</URIPath>`), BodyNeed.none);
    assert.equal(needs(`<Source>request</Source>${jsonVariables(['n', '$.n'])}`), BodyNeed.request);
    assert.equal(needs(jsonVariables(['n', '$.n'])), BodyNeed.current);
    assert.equal(needs(`<FormParam name="a">${patterns('{a}')}</FormParam>`), BodyNeed.current);
    assert.equal(needs(`<Source>response.content</Source>${jsonVariables(['n', '$.n'])}`), BodyNeed.response);
    assert.equal(needs(`<Variable name="request.content">${patterns('{a}')}</Variable>`), BodyNeed.request);
  });
});

describe('mistakes', () => {
  const xmlPayload = (variable: string, namespaces = '') =>
    `<XMLPayload><Namespaces>${namespaces}</Namespaces><Variable name="a" type="nodeset">${variable}</Variable></XMLPayload>`;

  test('are shown where they stand', () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ['', 'ZH140', '<ExtractVariables'],
      [`<URIPath>${patterns('/orders/{id')}</URIPath>`, 'ZH142', '{'],
      [`<URIPath>${patterns('/orders/*')}</URIPath>`, 'ZH143', '/orders/*'],
      ['<JSONPayload/>', 'ZH140', '<ExtractVariables'],
      ['<URIPath/><Header name="a"/>', 'ZH140', '<ExtractVariables'],
      ['<JSONPayload><Variable name="a"><JSONPath/></Variable></JSONPayload>', 'PO040', '<'],
      ['<JSONPayload><Variable name="a"/></JSONPayload>', 'PO040', '<Variable'],
      ['<XMLPayload><Variable name="a"/></XMLPayload>', 'ZH145', '<Variable'],
      [jsonVariables(['a', '$.a[']), 'PO040', ''],
      [xmlPayload('<XPath/>'), 'ZH145', '<'],
      [xmlPayload('<XPath>/a[</XPath>'), 'ZH146', '/a['],
      [xmlPayload('<XPath>/p:a</XPath>'), 'ZH146', '/p:a'],
      [xmlPayload('<XPath>count(/a)</XPath>'), 'ZH148', 'count(/a)'],
      [xmlPayload('<XPath>/a</XPath>', '<Namespace prefix="p"/>'), 'ZH147', '<Namespace'],
      [
        xmlPayload('<XPath>/a</XPath>', '<Namespace prefix="p">a</Namespace><Namespace prefix="p">b</Namespace>'),
        'ZH147',
        'p',
      ],
    ];
    for (const [inside, code, shown] of cases) {
      const { text, diagnostics } = policyOf(inside);
      const found = diagnostics.find((one) => one.severity === 'error');
      assert.deepEqual([found?.code, found?.severity], [code, 'error'], inside);
      assert.ok(text.slice((found?.column ?? 0) - 1).startsWith(shown), `${inside} at ${found?.column}`);
    }
  });

  test('a name has to be there', () => {
    for (const inside of [
      `<Header>${patterns('{a}')}</Header>`,
      '<JSONPayload><Variable><JSONPath>$.a</JSONPath></Variable></JSONPayload>',
      '<XMLPayload><Variable><XPath>/a</XPath></Variable></XMLPayload>',
    ]) {
      assert.equal(policyOf(inside).diagnostics[0]?.severity, 'error', inside);
    }
  });

  test('an empty element and an attribute too many are warnings', () => {
    const header = `<Header name="a">${patterns('{a}')}</Header>`;
    for (const [empty, code] of [
      ['<URIPath/>', 'ZH141'],
      ['<Variable name="name"/>', 'ZH141'],
      ['<JSONPayload/>', 'PO033'],
      ['<XMLPayload><Namespaces/></XMLPayload>', 'PO033'],
    ]) {
      const found = policyOf(header + empty).diagnostics.map((one) => [one.severity, one.code]);
      assert.deepEqual(found, [['warning', code]]);
    }
    assert.equal(policyOf('<Header name="a"/>').diagnostics[0]?.code, 'ZH141');
    assert.equal(policyOf(`<URIPath name="x">${patterns('/{a}')}</URIPath>`).diagnostics[0]?.severity, 'warning');
  });
});
