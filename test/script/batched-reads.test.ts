import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScriptEngine } from '../../runtime/script/create.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';

/** Variables that a script names literally cross with its start: that must never be seen. */

async function run(text: string, variables: Readonly<Record<string, unknown>> = {}) {
  const engine = await createScriptEngine('quickjs');
  const exchange = exchangeOf({ headers: { accept: 'text/html' }, body: '{"n":1}' });
  for (const [name, value] of Object.entries(variables)) exchange.write(name, value);
  const script = engine.prepare({
    policy: 'JS',
    bundle: 'test',
    files: [{ name: 'main.js', text }],
    timeLimit: 2000,
    properties: new Map(),
    send: () => Promise.resolve(responseOf()),
  });
  for (let count = 0; count < 2; count++) {
    exchange.write('out', undefined);
    await script.run(exchange);
  }
  engine.close();
  return exchange.read('out');
}

const get = (name: string): string => `context.getVariable('${name}')`;

const facts: readonly (readonly [string, string, Readonly<Record<string, unknown>>, unknown])[] = [
  [
    'kinds stay',
    `context.setVariable('out', [${get('t')}, ${get('n')}, ${get('b')}, ${get('no')}].map(function (v) { return v === null ? 'null' : typeof v + v }).join())`,
    { t: 'x', n: 1.5, b: false },
    'stringx,number1.5,booleanfalse,null',
  ],
  [
    'what the script wrote itself',
    `var a = ${get('t')}; context.setVariable('t', 'new'); context.setVariable('out', a + ${get('t')} + ${get('n')}); context.setVariable('t', 'x')`,
    { t: 'x', n: 2 },
    'xnew2',
  ],
  [
    'what a message change did',
    `var a = ${get('request.header.accept')} + ${get('request.verb')}; request.headers.accept = 'b'; context.setVariable('out', ${get('request.header.accept')}); request.headers.accept = 'text/html'`,
    {},
    'b',
  ],
  [
    'what was removed',
    `var a = ${get('t')} + ${get('n')}; context.removeVariable('t'); context.setVariable('out', String(${get('t')})); context.setVariable('t', 'x')`,
    { t: 'x', n: 2 },
    'null',
  ],
  [
    'long, empty and odd texts',
    `context.setVariable('out', ${get('long')}.length + ':' + ${get('empty')} + ':' + ${get('odd')}.length + ':' + ${get('mark')})`,
    { long: 'x'.repeat(5000), empty: '', odd: 'a\u0000b', mark: '\u0001"x"' },
    '5000::3:\u0001"x"',
  ],
  [
    'names of objects',
    `context.setVariable('out', String(${get('toString')}) + ${get('__proto__')} + ${get('constructor')})`,
    {},
    'nullnullnull',
  ],
  ['objects', `context.setVariable('out', ${get('list')}.length + ${get('n')})`, { list: ['a', 'b'], n: 1 }, 3],
  [
    'a shadowed context',
    `function f(context) { return ${get('t')} + ${get('n')} } context.setVariable('out', f({ getVariable: function () { return 'mine' } }))`,
    { t: 'x', n: 1 },
    'minemine',
  ],
];

for (const [name, text, variables, expected] of facts) {
  test(name, async () => assert.equal(await run(text, variables), expected));
}
