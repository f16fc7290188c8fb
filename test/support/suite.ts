import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleTree, type Files } from './bundle-tree.ts';
import { type Answer, type Call, call, type Gateway, startGateway } from './gateway.ts';
import { startUpstream, type Upstream } from './upstream.ts';

/** Whole bundles, requests, and what must come of them: over real sockets, against the built executable. */

/** One request and everything that is expected of it. What is left out is not compared; the status is 200. */
export interface Fact {
  readonly name: string;
  /** `VERB /path?query`, or the whole call. */
  readonly ask: string | Call;
  readonly status?: number;
  readonly reason?: string;
  /** Several fields of one name are joined with `, `; undefined: there is no such header. */
  readonly headers?: Readonly<Record<string, string | RegExp | undefined>>;
  readonly body?: string | RegExp;
  readonly json?: unknown;
  /** `errorcode` of the default error body, and what its faultstring holds. */
  readonly fault?: string | readonly [code: string, text: string | RegExp];
  /** What the upstreams saw of this request, in order; `[]`: nothing. */
  readonly seen?: readonly Expected[];
}

interface Expected {
  /** `VERB /path?query` */
  readonly ask?: string;
  readonly headers?: Readonly<Record<string, string | RegExp | undefined>>;
  readonly body?: string;
}

export interface Suite {
  /** The bundle directory; upstreams are known by then. */
  readonly files: (...upstreams: readonly Upstream[]) => Files;
  /** How many upstreams to start; one when absent. */
  readonly upstreams?: number;
  /** Further options of `zerohop serve`. */
  readonly options?: readonly string[];
  readonly facts: readonly Fact[];
  /** More than a table can say, on the same gateway, after the facts. */
  readonly also?: Readonly<Record<string, (gateway: Gateway, upstreams: readonly Upstream[]) => Promise<void>>>;
}

export function suite(name: string, { files, upstreams: count = 1, options = [], facts, also = {} }: Suite): void {
  test(name, async (t) => {
    const upstreams = await Promise.all(Array.from({ length: count }, (_, index) => startUpstream(`upstream${index}`)));
    const gateway = await startGateway(await bundleTree(files(...upstreams)), options);
    for (const fact of facts) {
      await t.test(fact.name, async () => {
        for (const upstream of upstreams) upstream.seen.length = 0;
        const answer = await call(gateway.port, callOf(fact.ask)).catch((error: unknown) => {
          throw new Error(`No answer: ${error}\n${gateway.logs().slice(-4000)}`);
        });
        compare(answer, fact, gateway);
        if (fact.seen !== undefined) compareSeen(upstreams, fact.seen);
      });
    }
    for (const [title, body] of Object.entries(also)) {
      await t.test(title, async () => {
        for (const upstream of upstreams) upstream.seen.length = 0;
        await body(gateway, upstreams);
      });
    }
  });
}

export function callOf(ask: string | Call): Call {
  if (typeof ask !== 'string') return ask;
  const blank = ask.indexOf(' ');
  return { method: ask.slice(0, blank), path: ask.slice(blank + 1) };
}

function compare(answer: Answer, fact: Fact, gateway: Gateway): void {
  const context = `\nanswer: ${answer.status} ${answer.text.slice(0, 500)}\nlog:\n${gateway.logs().slice(-2000)}`;
  const expected = fact.status ?? 200;
  assert.equal(answer.status, expected, `status ${answer.status}, expected ${expected}${context}`);
  if (fact.reason !== undefined) assert.equal(answer.reason, fact.reason);
  compareHeaders(answer.headers, fact.headers ?? {});
  if (fact.body !== undefined) compareText(answer.text, fact.body, 'body');
  if (fact.json !== undefined) assert.deepEqual(JSON.parse(answer.text), fact.json);
  if (fact.fault !== undefined) compareFault(answer, fact.fault);
}

function compareFault(answer: Answer, expected: string | readonly [string, string | RegExp]): void {
  const [code, text] = typeof expected === 'string' ? [expected, undefined] : expected;
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  const body = JSON.parse(answer.text) as { fault: { faultstring: string; detail: { errorcode: string } } };
  assert.deepEqual(Object.keys(body), ['fault']);
  assert.equal(body.fault.detail.errorcode, code);
  if (text !== undefined) compareText(body.fault.faultstring, text, 'faultstring');
}

function compareSeen(upstreams: readonly Upstream[], expected: readonly Expected[]): void {
  const seen = upstreams.flatMap((upstream) => upstream.seen);
  assert.equal(seen.length, expected.length, `the upstreams saw ${JSON.stringify(seen.map((one) => one.url))}`);
  for (const [index, one] of expected.entries()) {
    const actual = seen[index];
    if (one.ask !== undefined) assert.equal(`${actual?.method} ${actual?.url}`, one.ask);
    if (one.body !== undefined) assert.equal(actual?.body, one.body);
    compareHeaders(actual?.headers ?? {}, one.headers ?? {});
  }
}

function compareHeaders(
  actual: Answer['headers'],
  expected: Readonly<Record<string, string | RegExp | undefined>>,
): void {
  for (const [name, value] of Object.entries(expected)) {
    const found = actual[name.toLowerCase()];
    const text = Array.isArray(found) ? found.join(', ') : found;
    if (value === undefined) assert.equal(text, undefined, `there is a header ${name}: ${text}`);
    else compareText(text ?? '(none)', value, `header ${name}`);
  }
}

function compareText(actual: string, expected: string | RegExp, what: string): void {
  if (typeof expected === 'string') assert.equal(actual, expected, `${what}: ${actual}`);
  else assert.match(actual, expected, `${what}: ${actual}`);
}
