import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PromptTokenLimit } from '../../runtime/policies/PromptTokenLimit.ts';
import type { Step } from '../../runtime/policies/policy.ts';
import { loadTokenizer, piecesOf, type Tokenizer } from '../../runtime/policies/prompt-tokenizer.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { awayStore } from '../support/away-store.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

/** One token per word. */
const words: Tokenizer = { count: (text) => text.split(' ').filter((word) => word !== '').length };

function compile(inside: string, store = new MemoryStore() as typeof awayStore): Step {
  const xml = `<PromptTokenLimit name="PTL">${inside}</PromptTokenLimit>`;
  const { step, diagnostics } = compilePolicy(PromptTokenLimit, xml, { compiler: { store, tokenizer: words } });
  assert.deepEqual(diagnostics, []);
  return step;
}

const source = '<UserPromptSource>{prompt}</UserPromptSource>';
const effective = '<UseEffectiveCount>true</UseEffectiveCount>';
const asked = (prompt: string, id = '') => exchangeOf({ variables: { prompt, id } });

test('tokens count, of each identifier apart', async () => {
  const step = compile(`<Rate>5pm</Rate><Identifier ref="id"/>${source}${effective}`);
  const first = asked('one two three');
  step(first);
  assert.deepEqual(
    ['userPromptTokenCount', 'resolvedUserPrompt', 'failed'].map((name) => first.read(`ratelimit.PTL.${name}`)),
    [3, 'one two three', false],
  );
  const fault = await faultOf(step, asked('one two three'));
  assert.equal(fault.code, 'policies.prompttokenlimit.PromptTokenLimitViolation');
  assert.equal(fault.status, 429);
  assert.match(fault.faultstring, /messagesPerPeriod=5, periodInMicroseconds=60000000/);
  step(asked('one two'));
  step(asked('one two three', 'other'));
});

test('smoothed, one prompt after the other', async () => {
  const step = compile(`<Rate>1000pm</Rate>${source}`);
  step(asked('one two three'));
  await faultOf(step, asked('one two three'));
});

test('the default source is that of a Gemini request', () => {
  const step = compile('<Rate>5pm</Rate>');
  const body = JSON.stringify({ contents: [{ parts: [{ text: 'no' }] }, { parts: [{ text: 'two words' }] }] });
  const exchange = exchangeOf({ body, headers: { 'content-type': 'application/json' } });
  step(exchange);
  assert.equal(exchange.read('ratelimit.PTL.resolvedUserPrompt'), 'two words');
});

test('faults', async () => {
  const facts = [
    [`<Rate>5pm</Rate>${source}`, {}, 'FailedToExtractUserPrompt'],
    [`<Rate>5pm</Rate>${source}`, { prompt: '' }, 'FailedToExtractUserPrompt'],
    [`<Rate ref="rate"/>${source}`, { prompt: 'x' }, 'FailedToResolveRate'],
    [`<Rate ref="rate"/>${source}`, { prompt: 'x', rate: 'x' }, 'InvalidAllowedRate'],
  ] as const;
  for (const [inside, variables, name] of facts) {
    const fault = await faultOf(compile(inside), exchangeOf({ variables }));
    assert.deepEqual([fault.code, fault.status], [`policies.prompttokenlimit.${name}`, 500]);
  }
  const ignoring = compile(`<Rate>5pm</Rate>${source}<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>`);
  assert.equal(ignoring(exchangeOf()), undefined);
  const { step } = compilePolicy(
    PromptTokenLimit,
    `<PromptTokenLimit name="P"><Rate>5pm</Rate>${source}</PromptTokenLimit>`,
  );
  assert.equal((await faultOf(step, asked('x'))).faultName, 'FailedToCalculateUserPromptTokens');
});

test('a store that does not answer holds nobody up', async () => {
  const exchange = exchangeOf({ variables: { prompt: 'x' }, surroundings: { report: () => undefined } });
  await compile(`<Rate>1pm</Rate>${source}`, awayStore)(exchange);
});

test('the encoding is o200k_base', async () => {
  const tokenizer = await loadTokenizer();
  assert.equal(tokenizer.count('hello world, this is a prompt'), 7);
  assert.equal(tokenizer.count(''), 0);
  assert.ok(tokenizer.count('<|endoftext|>') > 1);
  const long = 'a\u3042'.repeat(50_000);
  assert.ok(tokenizer.count(long) > 50_000);
  assert.ok(tokenizer.count('x '.repeat(1_000_000)) > 500_000);
});

test('long words are counted in pieces', () => {
  assert.deepEqual(piecesOf('a b'), ['a b']);
  const text = `a ${'b'.repeat(1100)} c${' '.repeat(600)}d`;
  const pieces = piecesOf(text);
  assert.equal(pieces.join(''), text);
  assert.ok(pieces.every((piece) => !/\S{513}|\s{513}/.test(piece)));
});
