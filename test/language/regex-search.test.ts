import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { javaRegex } from '../../runtime/language/java-regex.ts';
import { searchCost } from '../../runtime/language/regex-cost.ts';
import { RegexWorker, SearchCutOff } from '../../runtime/language/regex-worker.ts';

describe('the bound of a search', () => {
  const facts: readonly (readonly [string, readonly [factor: number, degree: number] | undefined])[] = [
    ['abc', [1, 1]],
    ['a+b*', [1, 3]],
    ['a?b', [2, 1]],
    ['a{3}', [3, 1]],
    ['a{2,}', [2, 2]],
    ['[a-z[0-9]]+', [1, 2]],
    ['[*+(]\\*\\(', [1, 1]],
    ['(?i)(a|b|c)', [3, 1]],
    ['a|b', [2, 1]],
    ['(abc)+', [1, 2]],
    ['(a+)?', [2, 2]],
    ['(a+)+', undefined],
    ['(a|b)*', undefined],
    ['((a*)b){2}', undefined],
    ['(a{1,20}){20}', undefined],
    ['(?=a)b', [1, 1]],
    ['(a)\\1', [1, 2]],
    ['a++', [1, 3]],
    ['(a++)+', undefined],
    ['^a$', [6, 1]],
  ];
  for (const [pattern, expected] of facts) {
    test(pattern, () => {
      const cost = searchCost(javaRegex(pattern, 'find'));
      assert.deepEqual(cost === undefined ? undefined : [cost.factor, cost.degree], expected);
    });
  }
});

describe('a search in a thread', () => {
  const astray = `${'a'.repeat(60)}!`;

  test('finds or does not', async () => {
    const worker = new RegexWorker([javaRegex('b+', 'find'), javaRegex('^x$', 'find')]);
    assert.deepEqual(
      await Promise.all([
        worker.search([{ pattern: 0, text: 'abc' }]),
        worker.search([{ pattern: 0, text: 'acc' }]),
        worker.search([{ pattern: 1, text: 'x' }]),
      ]),
      [0, -1, 0],
    );
  });

  test('tells which of several', async () => {
    const worker = new RegexWorker([javaRegex('b', 'find')]);
    assert.equal(await worker.search(['a', 'ab', 'b'].map((text) => ({ pattern: 0, text }))), 1);
  });

  test('is cut off; the next ones go on, and the process meanwhile', async () => {
    const worker = new RegexWorker([javaRegex('(a+)+$', 'find')], { time: 100, waiting: 10, idle: 1000 });
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const first = worker.search([{ pattern: 0, text: astray }]);
    const second = worker.search([{ pattern: 0, text: 'aaa' }]);
    await assert.rejects(first, SearchCutOff);
    clearInterval(timer);
    assert.ok(turns > 3, `${turns} turns`);
    assert.equal(await second, 0);
  });

  test('has a bounded queue', async () => {
    const worker = new RegexWorker([javaRegex('a', 'find')], { time: 1000, waiting: 1, idle: 1000 });
    const running = worker.search([{ pattern: 0, text: 'a' }]);
    const waiting = worker.search([{ pattern: 0, text: 'a' }]);
    await assert.rejects(worker.search([{ pattern: 0, text: 'a' }]), /Too many/);
    assert.deepEqual(await Promise.all([running, waiting]), [0, 0]);
  });
});
