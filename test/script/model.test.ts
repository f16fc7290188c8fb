import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Phase } from '../../runtime/message/exchange.ts';
import { type ExchangeOptions, responseOf } from '../support/exchange.ts';
import { engineKinds, outOf, ran, scriptOf } from '../support/script.ts';

interface Row {
  readonly name: string;
  readonly script: string;
  readonly exchange?: ExchangeOptions;
  readonly out: unknown;
}

const xml =
  '<?xml version="1.0"?><order id="7"><item>one</item><item n="2">two</item><to><name>Ada</name></to></order>';

const rows: readonly Row[] = [
  {
    name: 'getVariable gives null for a name unknown',
    script: "out(context.getVariable('none') === null)",
    out: 'true',
  },
  {
    name: 'variables keep their type',
    script:
      "context.setVariable('n', 42); context.setVariable('b', true); out(typeof get('n'), typeof get('b'), get('n'))",
    out: 'number|boolean|42',
  },
  {
    name: 'variables hold live objects and functions',
    script: "var o = { f: function (x) { return x * 2 } }; set('o', o); o.late = 1; out(get('o').f(4), get('o').late)",
    out: '8|1',
  },
  { name: 'null removes a variable', script: "set('a', 1); set('a', null); out(get('a') === null)", out: 'true' },
  { name: 'removeVariable removes', script: "set('a', 1); context.removeVariable('a'); out(get('a'))", out: 'null' },
  {
    name: 'texts survive the crossing whole',
    script:
      "set('t', 'a\\0b\\ud83d\\ude00\\ud800\\u0001'); out(get('t') === 'a\\0b\\ud83d\\ude00\\ud800\\u0001', get('zero').length)",
    exchange: { variables: { zero: 'x\0y' } },
    out: 'true|3',
  },
  {
    name: 'lists of other policies are arrays',
    script: "out(get('list')[1], get('list').length)",
    exchange: { variables: { list: ['a', 'b'] } },
    out: 'b|2',
  },
  {
    name: 'a header acts as its first value',
    script:
      "var h = request.headers['x-a']; out(h == 'one', String(h), h + '', typeof h, h === 'one', request.headers.none == undefined)",
    exchange: { headers: { 'X-A': 'one' } },
    out: 'true|one|one|object|false|true',
  },
  {
    name: 'a header is a list and has the methods of texts',
    script: 'var h = request.headers.accept; out(h[0], h[1], h.length(), h.toUpperCase(), JSON.stringify(h))',
    exchange: { headers: { Accept: 'a/b, c/d' } },
    out: 'a/b|c/d|2|A/B|["a/b","c/d"]',
  },
  {
    name: 'headers are enumerated',
    script:
      'var all = []; for (var n in request.headers) all.push(n); out(all, "x-a" in request.headers, Object.keys(request.headers).length)',
    exchange: { headers: { 'X-A': '1', 'X-B': '2' } },
    out: 'X-A,X-B|true|2',
  },
  {
    name: 'headers are written, replaced and deleted',
    script:
      "request.headers['X-A'] = 'new'; request.headers.list = ['1', '2']; delete request.headers['x-gone']; out(get('request.header.x-a'), get('request.header.list.values.count'), get('request.header.x-gone'))",
    exchange: { headers: { 'x-a': 'old', 'X-Gone': '1' } },
    out: 'new|2|null',
  },
  {
    name: 'a header variable takes a list',
    script: "set('request.header.x', ['a', 'b']); out(get('request.header.x.2'))",
    out: 'b',
  },
  {
    name: 'query parameters are lists',
    script: "var q = request.queryParams.city; out(q == 'Rome', q[1], q.length()); request.queryParams.added = 'x y'",
    exchange: { uri: '/v1?city=Rome&city=Oslo' },
    out: 'true|Oslo|2',
  },
  {
    name: 'form parameters are read and written',
    script: "request.formParams.b = '3'; out(request.body.asForm.a[0], request.content + '')",
    exchange: { verb: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1&b=2' },
    out: '1|a=1&b=3',
  },
  {
    name: 'the request tells and takes verb, path and URL',
    script:
      "out(request.method, request.path, request.url, request.host, request.port, request.protocol); request.method = 'PUT'",
    exchange: { uri: '/v1/a?b=c', headers: { Host: 'h.example:8443' } },
    out: 'GET|/v1/a|http://h.example:8443/v1/a?b=c|h.example|8443|http',
  },
  {
    name: 'content is a text where one is wanted',
    script:
      "out(request.content == 'hello', request.content + '!', request.content.length, request.content.indexOf('l'), typeof request.content)",
    exchange: { body: 'hello' },
    out: 'true|hello!|5|2|object',
  },
  {
    name: 'content can be parsed and replaced',
    script:
      "var o = JSON.parse(request.content); o.b = 2; request.content = JSON.stringify(o); out(get('request.content'))",
    exchange: { body: '{"a":1}' },
    out: '{"a":1,"b":2}',
  },
  {
    name: 'asJSON is live',
    script: "request.content.asJSON.list.push(3); request.body.asJSON.more = true; out(get('request.content'))",
    exchange: { body: '{ "list": [1, 2] }' },
    out: '{"list":[1,2,3],"more":true}',
  },
  {
    name: 'asJSON of nothing is an empty object that becomes the payload',
    script: "request.content = ''; var o = request.content.asJSON; o.a = { b: 1 }; out(request.content)",
    exchange: { body: '<x/>' },
    out: '{"a":{"b":1}}',
  },
  {
    name: 'asJSON that is only read leaves the payload as it is',
    script: "var a = request.content.asJSON.a; out(get('request.content'))",
    exchange: { body: '{ "a" :1}' },
    out: '{ "a" :1}',
  },
  {
    name: 'asXML is reached by name',
    script:
      'var x = request.content.asXML; out(x.to.name, x.item.length(), x.item[1], x.item[1].attribute("n"), x["@id"], x.to.name == "Ada", x.none.length())',
    exchange: { body: xml },
    out: 'Ada|2|two|2|7|true|0',
  },
  {
    name: 'asXML gives markup back',
    script: 'out(request.content.asXML.to.toXMLString(), request.content.asXML.to)',
    exchange: { body: xml },
    out: '<to><name>Ada</name></to>|<to><name>Ada</name></to>',
  },
  {
    name: 'the response status compares with a number and is written',
    script: "out(response.status == 404, response.status.code, response.status + '', response.status.message)",
    exchange: { response: responseOf({ status: 404 }), phase: Phase.proxyResponse },
    out: 'true|404|404|Not Found',
  },
  {
    name: 'messages out of scope are null',
    script: 'out(response, context.proxyResponse, context.targetRequest, context.proxyRequest.method, context.flow)',
    out: 'null|null|null|GET|PROXY_REQ_FLOW',
  },
  {
    name: 'messages of the proxy response flow',
    script: 'out(context.proxyResponse.content, context.flow, context.targetResponse)',
    exchange: { response: responseOf({ body: 'b' }), phase: Phase.proxyResponse },
    out: 'b|PROXY_RESP_FLOW|null',
  },
  {
    name: 'messages of the target request flow',
    script:
      "context.targetRequest.headers['X-T'] = 'tr'; out(request.headers['x-t'], context.flow, request.url); context.targetRequest.url = 'http://b/'",
    exchange: { targetUrl: 'http://a/x' },
    out: 'tr|TARGET_REQ_FLOW|http://a/x',
  },
  {
    name: 'a message is the value of its variable',
    script: "out(get('request').method, get('request') + '', get('message').headers.a)",
    exchange: { body: 'x', headers: { a: '1' } },
    out: 'GET|x|1',
  },
  {
    name: 'hashes add up',
    script:
      "var a = crypto.getSHA256(); a.update('salt'); a.update('text'); var b = crypto.getHash('SHA-256'); b.update('salttext'); var m = crypto.getMD5(); m.update('abc'); var s = crypto.getSHA1(); s.update('abc'); out(a.digest() === b.digest(), m.digest(), s.digest64(), crypto.getSHA512().digest().length)",
    out: 'true|900150983cd24fb0d6963f7d28e17f72|qZk+NkcGgWq6PiVxeFDCbJzQ2J0=|128',
  },
  {
    name: 'dates are formatted',
    script:
      "out(crypto.dateFormat('yyyy-MM-dd HH:mm', 'UTC', 0), crypto.dateFormat('HH:mm', 'Europe/Rome', 0), crypto.dateFormat('yyyy').length)",
    out: '1970-01-01 00:00|01:00|4',
  },
  {
    name: 'what the platform lacks is not there',
    script:
      'out(typeof require, typeof module, typeof process, typeof setTimeout, typeof console, typeof java, typeof window)',
    out: 'undefined|undefined|undefined|undefined|undefined|undefined|undefined',
  },
  {
    name: 'objects may be given properties named as built-ins',
    script:
      "var o = {}; o.toString = function () { return 'mine' }; function E() {} E.prototype = Object.create(Error.prototype); E.prototype.constructor = E; E.prototype.name = 'E'; out(o, new E().name)",
    out: 'mine|E',
  },
  {
    name: 'this is the global object where it is one',
    script:
      'this.A = 5; var b = 7; (function () { this.c = A + this.b })(); function F() { this.own = 1 } out(A, c, this.b, globalThis.A, new F().own, this.own)',
    out: '5|12|7|5|1|',
  },
  {
    name: 'a library that looks for its global finds it',
    script:
      "(function (root, make) { if (typeof exports === 'object') exports.lib = make(); else root.lib = make() }(this, function () { return { v: 3 } })); out(lib.v)",
    out: '3',
  },
  {
    name: 'a built-in may be given a method',
    script: "String.prototype.shout = function () { return this + '!' }; out('a'.shout())",
    out: 'a!',
  },
  {
    name: 'code may be made from text',
    script: "var f = new Function('a', 'return a + 1'); out(f(1), eval('1 + 1'))",
    out: '2|2',
  },
  {
    name: 'modern syntax runs',
    script:
      'const f = ({ a = 1, ...r }) => `x\n`.trim() + a + (r?.b ?? 2); class C { #x = 1; get x() { return this.#x } } out(f({}), new C().x)',
    out: 'x12|1',
  },
  {
    name: 'a strict file does not make the script strict',
    script: '"use strict"; undeclared = 1; out(undeclared)',
    out: '1',
  },
  {
    name: 'promises settle before the script is over',
    script: "out('no'); async function f() { await null; out('yes') } f()",
    out: 'yes',
  },
];

const preamble =
  "function get(n) { return context.getVariable(n) } function set(n, v) { context.setVariable(n, v) } function out() { set('out', Array.prototype.slice.call(arguments).map(String).join('|').replace(/undefined$/, '')) } ";

for (const kind of engineKinds) {
  describe(`the object model in ${kind}`, () => {
    for (const { name, script, exchange, out } of rows) {
      it(name, async () => {
        const wanted = name.startsWith('what the platform')
          ? 'undefined|undefined|undefined|undefined|undefined|undefined|'
          : out;
        assert.equal(await outOf(preamble + script, exchange, { kind }), wanted);
      });
    }

    it('shares the session and objects with later scripts of the exchange', async () => {
      const exchange = await ran(
        "context.session.key = { f: function (x) { return x * 2 } }; context.setVariable('box', { list: [7] })",
        {},
        { kind },
      );
      const second = await scriptOf(
        "context.setVariable('out', context.session.key.f(3) + '|' + context.getVariable('box').list[0])",
        { kind },
      );
      await second.run(exchange);
      assert.equal(exchange.read('out'), '6|7');
    });

    it('gives other policies the JSON of objects', async () => {
      const exchange = await ran("context.setVariable('box', { a: [1, 'x'] })", {}, { kind });
      assert.equal(JSON.stringify(exchange.read('box')), '{"a":[1,"x"]}');
    });

    it('changes what the target gets', async () => {
      const exchange = await ran(
        "request.method = 'PUT'; request.queryParams.extra = 'yes'; request.headers['X-Set'] = 'js'",
        { verb: 'POST', uri: '/v1/m?a=1' },
        { kind },
      );
      assert.equal(exchange.request.verb, 'PUT');
      assert.equal(exchange.request.uri, '/v1/m?a=1&extra=yes');
      assert.equal(exchange.request.headers.value('x-set'), 'js');
    });
  });
}
