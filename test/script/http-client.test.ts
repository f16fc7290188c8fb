import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault, flowFaults } from '../../runtime/fault.ts';
import { ScriptFailure } from '../../runtime/script/engine.ts';
import { exchangeOf } from '../support/exchange.ts';
import { answerer, engineKinds, outOf, ran, type Sent, scriptOf } from '../support/script.ts';

for (const kind of engineKinds) {
  describe(`httpClient in ${kind}`, () => {
    const out = (text: string, sent: Sent[] = []) =>
      outOf(text, { surroundings: { report: () => undefined } }, { kind, send: answerer(sent) });

    it('waits where it is told to', async () => {
      const text = `var a = httpClient.get('http://up/a'), b = httpClient.send(new Request('http://up/b?q=1', 'POST', { 'X-One': 'h' }, 'the body'))
        var before = a.isComplete()
        a.waitForComplete()
        b.waitForComplete()
        var r = b.getResponse().content.asJSON
        context.setVariable('out', [before, a.isComplete(), a.isSuccess(), a.isError(), a.getResponse().status == 200, r.verb, r.body, b.getResponse().headers['x-up']].join('|'))`;
      const sent: Sent[] = [];
      assert.equal(await out(text, sent), 'false|true|true|false|true|POST|the body|yes');
      assert.deepEqual(
        sent.map(({ url, request }) => [url, request.uri, request.headers.value('x-one')]),
        [
          ['http://up/a', '/a', undefined],
          ['http://up/b?q=1', '/b?q=1', 'h'],
        ],
      );
    });

    it('gives up waiting after a time', async () => {
      assert.equal(
        await out(
          "var a = httpClient.get('http://up/slow'); a.waitForComplete(1); context.setVariable('out', a.isComplete() + '|' + a.getResponse())",
        ),
        'false|undefined',
      );
    });

    it('tells answers from failures', async () => {
      const text = `var a = httpClient.get('http://up/status/404'), b = httpClient.get('http://up/down'); a.waitForComplete(); b.waitForComplete();
        context.setVariable('out', [a.isError(), a.getResponse().status == 404, b.isError(), b.isSuccess(), typeof b.getError(), b.getResponse()].join('|'))`;
      assert.equal(await out(text), 'false|true|true|false|string|');
    });

    it('tells a fault by its text', async () => {
      const send = answerer([], () => new Fault(flowFaults.serviceUnavailable));
      const text =
        "var b = httpClient.get('http://up/down'); b.waitForComplete(); context.setVariable('out', b.getError())";
      assert.equal(await outOf(text, {}, { kind, send }), 'The Service is temporarily unavailable');
    });

    const waits: readonly (readonly [string, string])[] = [
      [
        'in a function',
        "function f(u) { var e = httpClient.get(u); e.waitForComplete(); return e.getResponse().content.asJSON.url } context.setVariable('out', f('http://up/1') + f('http://up/2'))",
      ],
      [
        'in a method',
        "var api = { base: 'http://up/', get: function (n) { var e = httpClient.get(this.base + n); e.waitForComplete(); return e.getResponse().content.asJSON.url } }; context.setVariable('out', api.get(1) + api.get(2))",
      ],
      [
        'in a method of a class',
        "class Api { get(n) { const e = httpClient.get('http://up/' + n); e.waitForComplete(); return e.getResponse().content.asJSON.url } } context.setVariable('out', new Api().get(1) + new Api().get(2))",
      ],
      [
        'in array methods',
        "var list = [1, 2].map(function (n) { return httpClient.get('http://up/' + n) }); list.forEach(function (e) { e.waitForComplete() }); context.setVariable('out', list.map(e => e.getResponse().content.asJSON.url).join(''))",
      ],
      [
        'in a function called by an array method',
        "function f(n) { var e = httpClient.get('http://up/' + n); e.waitForComplete(); return e.getResponse().content.asJSON.url } context.setVariable('out', [1, 2].map(f).join(''))",
      ],
      [
        'in a function given to a function',
        "function each(list, action) { for (var i = 0; i < list.length; i++) action(list[i]) } var s = ''; each([1, 2], function (n) { var e = httpClient.get('http://up/' + n); e.waitForComplete(); s += e.getResponse().content.asJSON.url }); context.setVariable('out', s)",
      ],
      [
        'in an arrow',
        "const f = n => { const e = httpClient.get('http://up/' + n); e.waitForComplete(); return e.getResponse().content.asJSON.url }; const g = n => f(n); context.setVariable('out', g(1) + g(2))",
      ],
      [
        'in a function with arguments, this and parameters of the same name',
        "function f(n) { var n = n || 1; var e = httpClient.get('http://up/' + n); e.waitForComplete(); return this.p + e.getResponse().content.asJSON.url.slice(0) + arguments.length } context.setVariable('out', (f.call({ p: '' }, 1) + f.apply({ p: '' }, [2])).replace(/1(?=h)/, '').replace(/1$/, ''))",
      ],
      [
        'in try and finally',
        "var s = ''; try { var e = httpClient.get('http://up/1'); e.waitForComplete(); s += e.getResponse().content.asJSON.url; throw 1 } catch (x) { var e2 = httpClient.get('http://up/2'); e2.waitForComplete(); s += e2.getResponse().content.asJSON.url } finally { context.setVariable('out', s) }",
      ],
      [
        'in a callback',
        "httpClient.get('http://up/1', function (r) { var e = httpClient.get('http://up/2'); e.waitForComplete(); context.setVariable('out', r.content.asJSON.url + e.getResponse().content.asJSON.url) })",
      ],
    ];
    for (const [name, text] of waits) {
      it(`waits ${name}`, async () => assert.equal(await out(text), 'http://up/1http://up/2'));
    }

    it('says so when it is asked to wait where it cannot', async () => {
      const text = "[2, 1].sort(function (a, b) { httpClient.get('http://up/').waitForComplete(); return a - b })";
      const script = await scriptOf(text, { kind });
      assert.match(script.findings[0]?.message ?? '', /cannot wait/);
      await assert.rejects(async () => script.run(exchangeOf()), /where a script cannot wait/);
    });

    it('runs callbacks after the script, and the run waits for them', async () => {
      const text = `var order = []; function done(name) { return function (response, error) { order.push(name + (response ? response.status : 'error')); context.setVariable('out', order.join()) } }
        httpClient.get('http://up/slow', done('a')); httpClient.get('http://up/status/500', done('b')); httpClient.get('http://up/down', done('c')); order.push('body')`;
      assert.match(String(await out(text)), /^body,(b500,cerror|cerror,b500),a200$/);
    });

    it('fails with what a callback throws', async () => {
      const failing = ran("httpClient.get('http://up/', function () { throw new Error('late') })", {}, { kind });
      await assert.rejects(
        failing,
        (error) => error instanceof ScriptFailure && /Error: late \(main\.js:1\)/.test(error.message),
      );
    });

    it('keeps an exchange for a later script', async () => {
      const exchange = await ran(
        "context.session.ex = httpClient.get('http://up/slow'); context.setVariable('ex', context.session.ex)",
        {},
        { kind },
      );
      const later = await scriptOf(
        "context.session.ex.waitForComplete(); context.setVariable('out', context.getVariable('ex').getResponse().status + '')",
        { kind },
      );
      await later.run(exchange);
      assert.equal(exchange.read('out'), '200');
    });

    it('sends forms, JSON, the headers of a request and messages', async () => {
      const sent: Sent[] = [];
      const text = `httpClient.send(new Request('http://up/1', 'POST', { 'Content-Type': 'application/x-www-form-urlencoded' }, { a: 'x y', b: 2 })).waitForComplete();
        var r = new Request('http://up/2', 'POST', request.headers); r.body = { a: [1] }; httpClient.send(r).waitForComplete();
        var q = new Request(); q.url = 'http://up/3'; q.headers['X-B'] = request.headers['X-A']; q.body = request.content; httpClient.send(q).waitForComplete()`;
      await ran(text, { headers: { 'X-A': 'one' }, body: 'payload' }, { kind, send: answerer(sent) });
      assert.deepEqual(
        sent.map(({ request }) => [
          request.verb,
          request.content,
          request.headers.value('x-a') ?? request.headers.value('x-b'),
        ]),
        [
          ['POST', 'a=x%20y&b=2', undefined],
          ['POST', '{"a":[1]}', 'one'],
          ['GET', 'payload', 'one'],
        ],
      );
    });

    it('opens nothing but http and https', async () => {
      await assert.rejects(
        ran("httpClient.get('file:///etc/passwd')", {}, { kind }),
        (error) => error instanceof ScriptFailure && error.reason === 'security',
      );
    });

    it('keeps requests apart that run at the same time', async () => {
      const text = `var id = context.getVariable('id'); mine = id; context.session.id = id;
        var e = httpClient.get('http://up/' + (id % 2 ? 'slow' : 'fast') + '/' + id); e.waitForComplete();
        var url = e.getResponse().content.asJSON.url;
        httpClient.get('http://up/' + id, function (r) { context.setVariable('out', [id, mine, context.session.id, context.getVariable('id'), url.split('/').pop(), r.content.asJSON.url.split('/').pop(), request.headers.id].join()) })`;
      const script = await scriptOf(text, { kind });
      const exchanges = Array.from({ length: 20 }, (_, id) =>
        exchangeOf({ variables: { id }, headers: { id: String(id) } }),
      );
      await Promise.all(exchanges.map((exchange) => script.run(exchange)));
      for (const [id, exchange] of exchanges.entries()) assert.equal(exchange.read('out'), Array(7).fill(id).join());
    });

    it('does not count waiting as computing', async () => {
      const slow = () => new Promise<never>((_, reject) => setTimeout(() => reject(new Error('late')), 60));
      const exchange = { surroundings: { report: () => undefined } };
      const text = "var e = httpClient.get('http://up/'); e.waitForComplete(); context.setVariable('out', 1)";
      assert.equal(await outOf(text, exchange, { kind, timeLimit: 40, send: slow }), 1);
    });
  });
}
