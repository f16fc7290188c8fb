import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ScriptFailure } from '../../runtime/script/engine.ts';
import { exchangeOf } from '../support/exchange.ts';
import { engineKinds, outOf, ran, scriptOf } from '../support/script.ts';

const failure = (reason: ScriptFailure['reason'], message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ScriptFailure, String(error));
  assert.equal(error.reason, reason);
  assert.match(error.message, message);
  return true;
};

const escapes: readonly string[] = [
  "context.getVariable.constructor('return typeof process')()",
  "context.constructor.constructor('return typeof process')()",
  "request.headers.constructor.constructor('return typeof process')()",
  "print.constructor('return typeof process')()",
  "httpClient.get.constructor('return typeof process')()",
  "crypto.getMD5().digest.constructor('return typeof process')()",
  '(function () { return typeof this.process })()',
  "(0, eval)('typeof process')",
  "Function('return typeof require')()",
  "(function () { try { context.setVariable('request.header.bad name', 'x') } catch (e) { return e.constructor.constructor('return typeof process')() } return 'undefined' })()",
  "Object.getPrototypeOf(async function () {}).constructor('return typeof process') ? 'undefined' : ''",
];

describe('the sandbox', () => {
  for (const attempt of escapes) {
    it(`holds ${attempt.slice(0, 60)}`, async () => {
      assert.equal(await outOf(`context.setVariable('out', ${attempt})`), 'undefined');
    });
  }

  it('ends an endless loop at the time limit', async () => {
    const limit = failure('timeLimit', /^Javascript runtime exceeded limit of 50ms$/);
    await assert.rejects(ran('while (true) { }', {}, { timeLimit: 50 }), limit);
    await assert.rejects(ran('try { while (true) { } } catch (e) { while (true) { } }', {}, { timeLimit: 50 }), limit);
    await assert.rejects(
      ran(
        'function f() { f2() } function f2() { for (;;) [1].forEach(f3) } function f3() {} f()',
        {},
        { timeLimit: 50 },
      ),
      limit,
    );
    assert.equal(await outOf("context.setVariable('out', 1)"), 1);
  });

  it('ends a regular expression that runs wild', async () => {
    const wild = "/^(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')";
    await assert.rejects(ran(wild, {}, { timeLimit: 50 }), failure('timeLimit', /50ms/));
  });

  it('ends a script that takes all memory, and goes on with a new heap', async () => {
    const bomb = 'var a = [1, 2, 3, 4]; while (true) a = a.concat(a)';
    await assert.rejects(ran(bomb, {}, { timeLimit: 0 }), failure('memory', /memory limit of 64 MB/));
    assert.equal(await outOf("context.setVariable('out', 1)"), 1);
  });

  for (const [name, text] of [
    ['plain', 'function f(n) { return f(n + 1) + 1 } f(0)'],
    ['through array methods', 'function f(n) { return [n].map(function (x) { return f(x + 1) })[0] } f(0)'],
    ['through getters', 'var o = { get x() { return o.x } }; o.x'],
    ['through JSON', 'var o = { toJSON: function () { return JSON.stringify(o) } }; JSON.stringify(o)'],
    ['through replace', "function f() { return 'a'.replace(/a/, f) } f()"],
    ['through a deep list', 'var a = []; for (var i = 0; i < 100000; i++) a = [a]; JSON.stringify(a)'],
    ['through a proxy', 'var p = new Proxy({}, { get: function (t, n, r) { return r[n] } }); p.x'],
  ] as const) {
    it(`fails a recursion that is too deep: ${name}`, async () => {
      await assert.rejects(ran(text), failure('threw', /stack|deep/));
      assert.equal(await outOf("context.setVariable('out', 1)"), 1);
    });
  }

  it('bounds the JSON of objects', async () => {
    const text =
      "context.setVariable('a', { toJSON: function () { while (true) { } } }); context.setVariable('b', { toJSON: function () { throw 1 } })";
    const exchange = await ran(text);
    assert.equal(JSON.stringify([exchange.read('a'), exchange.read('b')]), '[null,null]');
  });

  it('takes keys named __proto__ from JSON as keys', async () => {
    const text =
      "var o = JSON.parse(request.content); context.setVariable('out', typeof ({}).polluted + Object.keys(o))";
    assert.equal(await outOf(text, { body: '{"__proto__":{"polluted":1}}' }), 'undefined__proto__');
  });
});

const leaks: readonly (readonly [string, string, string])[] = [
  ['an undeclared name', 'leak = 1', 'typeof leak'],
  ['a name of the global object', 'this.leak = 1', 'typeof this.leak'],
  ['globalThis', 'globalThis.leak = 1', 'typeof leak + typeof globalThis.leak'],
  ['a prototype', 'Array.prototype.leak = 1', 'typeof [].leak'],
  ['a prototype by a detour', 'var p = String.prototype; p.leak = 1', "typeof ''.leak"],
  ['__proto__', '({}).__proto__.leak = 1', 'typeof ({}).leak'],
  ['a changed built-in', 'var p = JSON; p.parse = 1', 'typeof JSON.parse === "function" ? "undefined" : "changed"'],
  ['a shadowed built-in', 'JSON = null', 'typeof JSON.parse === "function" ? "undefined" : "changed"'],
  [
    'the object model',
    'context.getVariable = null; context.leak = 1; crypto.leak = 1; httpClient.leak = 1',
    'typeof context.leak + typeof crypto.leak + typeof httpClient.leak',
  ],
  [
    'the classes of the object model',
    'context.constructor.prototype.leak = 1; request.headers.a.constructor.prototype.leak = 1',
    'typeof context.leak + typeof request.headers.a.leak',
  ],
  ['a function of its own', 'function f() { f.count = 1 } f()', 'typeof (function f() {}).count'],
  ['properties', 'properties.leak = 1', 'typeof properties.leak'],
  ['the session', 'context.session.leak = 1', 'typeof context.session.leak'],
  ['the function of the script', 'arguments.callee.leak = 1', 'typeof arguments.callee.leak'],
  ['eval', "(0, eval)('leak = 1')", 'typeof leak'],
];

for (const kind of engineKinds) {
  describe(`requests in ${kind} do not see each other`, () => {
    for (const [name, write, read] of leaks) {
      it(name, async () => {
        const exchange = { headers: { a: '1' } };
        await ran(`try { ${write} } catch (e) { context.setVariable('out', e) }`, exchange, { kind });
        const seen = String(await outOf(`context.setVariable('out', ${read})`, exchange, { kind }));
        assert.equal(seen.replaceAll('undefined', ''), '');
      });
    }

    it('a script that runs twice starts clean', async () => {
      const script = await scriptOf(
        "if (typeof counter === 'undefined') { counter = 0 } counter = counter + 1; var x; x = (x || 0) + 1; context.setVariable('out', counter + x)",
        { kind },
      );
      for (let time = 0; time < 2; time++) {
        const exchange = exchangeOf();
        await script.run(exchange);
        assert.equal(exchange.read('out'), 2);
      }
    });
  });
}

describe('time limits in vm', () => {
  it('end loops and regular expressions', async () => {
    const limit = failure('timeLimit', /50ms/);
    await assert.rejects(ran('while (true) { }', {}, { kind: 'vm', timeLimit: 50 }), limit);
    await assert.rejects(
      ran("/^(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')", {}, { kind: 'vm', timeLimit: 50 }),
      limit,
    );
  });
});
