/**
 * What one run of a script costs in either engine, in microseconds of processor time: `npm run build`, then
 * `node dist/bench/micro/script.js`. Each script runs on the same exchange again and again; the fastest turn counts.
 */
import { createScriptEngine } from '../../runtime/script/create.ts';
import { exchangeOf, responseOf } from '../../test/support/exchange.ts';

const rounds = 5000;
const repetitions = 5;

const scripts: readonly (readonly [string, string])[] = [
  ['does nothing', 'var a = 1'],
  [
    'loops a hundred times, parses and writes JSON',
    'for (var s = 0, i = 0; i < 100; i++) s += i; JSON.stringify(JSON.parse(\'{"a":1}\'))',
  ],
  ['reads and writes a variable', "context.setVariable('out', context.getVariable('request.header.accept') + '!')"],
  ['reads ten variables', "for (var i = 0; i < 10; i++) context.getVariable('request.header.accept')"],
  ['changes a JSON payload', 'var o = JSON.parse(request.content); o.n = 2; request.content = JSON.stringify(o)'],
  [
    'sets a header and a parameter, reads a header',
    "request.headers['X-Set'] = 'a'; request.queryParams.q = 'b'; request.headers.accept + ''",
  ],
  ['keeps an object for later scripts', 'context.session.a = { b: 1 }'],
];

for (const kind of ['quickjs', 'vm'] as const) {
  const engine = await createScriptEngine(kind);
  for (const [name, text] of scripts) {
    const script = engine.prepare({
      policy: name,
      bundle: 'bench',
      files: [{ name: 'main.js', text }],
      timeLimit: 200,
      properties: new Map(),
      send: () => Promise.resolve(responseOf()),
    });
    const exchange = exchangeOf({ headers: { accept: 'text/html' }, body: '{"n":1,"tags":["a"]}' });
    await script.run(exchange);
    let best = Number.POSITIVE_INFINITY;
    for (let count = 0; count < repetitions; count++) {
      const before = process.cpuUsage();
      for (let round = 0; round < rounds; round++) await script.run(exchange);
      const { user, system } = process.cpuUsage(before);
      best = Math.min(best, (user + system) / rounds);
    }
    console.log(`${best.toFixed(1).padStart(8)} µs  ${kind.padEnd(7)} ${name}`);
  }
}
