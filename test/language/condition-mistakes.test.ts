import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type ConditionProblem, compileCondition } from '../../runtime/language/condition.ts';
import { exchangeOf } from '../support/exchange.ts';

const mistakes: readonly (readonly [text: string, place: string, says: RegExp, hint?: RegExp])[] = [
  ['(request.verb = "GET"', '(', /expected "\)"/, /closing bracket/],
  ['request.verb = "GET")', ')', /end of the condition, found "\)"/],
  ['request.verb = "GET', '"GET', /closing double quote/, /add " after/],
  ["request.verb = 'GET", "'GET", /closing single quote/],
  ['request.verb Equal "GET"', 'Equal', /expected an operator/, /did you mean Equals\?/],
  ['request.verb startWith "G"', 'startWith', /expected an operator/, /StartsWith/],
  ['request.verb "GET"', '"GET"', /expected an operator/],
  ['request.verb = GET POST', 'POST', /expected an operator/],
  ['= "GET"', '=', /expected a variable, found "="/],
  ['request.verb =', '', /expected a value, the condition ends/],
  ['request.verb = "a" and', '', /expected a variable, the condition ends/],
  ['request.verb = "a" and and x', 'and', /found the operator "and"/],
  ['request.verb & x', '&', /expected "&&"/, /"&&" or "and"/],
  ['request.verb | x', '|', /expected "\|\|"/, /"\|\|" or "or"/],
  ['a :=| "x"', ':=|', /found ":=\|"/, /StartsWith/],
  ['a ~~ "[bc"', '[bc', /valid pattern.*not closed/],
  ['a = "x" and b JavaRegex "a(b"', '(b', /valid pattern/],
  ['a MatchesPath /pets', '/pets', /expected a variable name, found "\/pets"/, /double quotes/],
  ['a = {b}', '{b}', /expected a variable name/],
  ['()', ')', /expected a variable, found "\)"/],
  ["'' = 1", "''", /variable name between the quotes/],
  ['a = = b', '=', /expected a value, found "="/],
  ['a matches', '', /the condition ends/],
  ['is null', 'is', /found the operator "is"/],
  ['a = “x”', '“x”', /expected a variable name/],
];

suite('mistakes have a place, a message and a hint', () => {
  for (const [text, place, says, hint] of mistakes) {
    test(text, () => {
      const problems = compileCondition(text);
      assert.ok(Array.isArray(problems));
      const [problem] = problems as readonly ConditionProblem[];
      assert.ok(problem !== undefined && problems.length === 1);
      assert.match(problem.message, says);
      if (hint !== undefined) assert.match(problem.hint ?? '', hint);
      if (place === '') assert.equal(problem.index, text.length);
      else {
        assert.equal(problem.index, text.lastIndexOf(place));
        assert.equal(text.slice(problem.index, problem.index + problem.length).startsWith(place), true);
      }
    });
  }
});

test('hostile nesting is refused, long lists are not', () => {
  for (const text of [
    `${'('.repeat(10_000)}a${')'.repeat(10_000)}`,
    `${'!'.repeat(10_000)}a`,
    `${'not '.repeat(10_000)}a`,
    Array.from({ length: 10_000 }, () => 'a').join(' = '),
  ]) {
    const problems = compileCondition(text);
    assert.ok(Array.isArray(problems));
    assert.match(problems[0]?.message ?? '', /at most 200 levels/);
  }
  const long = compileCondition(Array.from({ length: 10_000 }, (_, index) => `a = "${index}"`).join(' or '));
  assert.ok(!Array.isArray(long));
  assert.equal(long.test(exchangeOf({ variables: { a: '9999' } })), true);
});
