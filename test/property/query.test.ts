import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Parameters } from '../../runtime/message/query.ts';
import { Random } from '../support/random.ts';

const names = ['a', 'b', 'A', 'x y', 'ü', 'a[]', '', '&', '=', '%', '+', '😀', 'a.b'];
const values = ['1', '', 'x y', 'a+b', 'ä€', '😀', 'a&b=c', '%', '%41', "it's (so)!*~", '/?#', '"<>', 'a,b'];
/** Raw text as clients send it, broken escapes among it. */
const rawPieces = ['a', 'b', '=', '&', '+', '%20', '%2B', '%26', '%C3%BC', '%', '%4', '%zz', '%ff', '=', '&', '%E2%82'];

/** URLSearchParams cannot tell a value that is missing from an empty one, and neither do we. */
function entriesOf(text: string): [string, string][] {
  return [...new URLSearchParams(text)];
}

function entriesIn(parameters: Parameters): [string, string][] {
  return parameters.names().flatMap((name) => parameters.all(name).map((value): [string, string] => [name, value]));
}

/** By name, in order of first appearance: `Parameters` lists values by name. */
function grouped(entries: readonly [string, string][]): [string, string][] {
  return [...new Set(entries.map(([name]) => name))].flatMap((name) => entries.filter(([other]) => other === name));
}

test('query texts are read as URLSearchParams reads them', () => {
  const random = new Random(11);
  for (let count = 0; count < 10_000; count++) {
    const text = random.text(12, rawPieces);
    const parameters = new Parameters(text);
    assert.deepEqual(entriesIn(parameters), grouped(entriesOf(`?${text}`)), text);
    assert.equal(parameters.get('a') ?? null, new URLSearchParams(text).get('a'), text);
  }
});

test('what is not ASCII survives beside broken escapes', () => {
  // Node's own URLSearchParams reads these letters as single bytes.
  assert.equal(new Parameters('a=%zzü€😀').get('a'), '%zzü€😀');
  assert.equal(new Parameters('a=%E2%82ü').get('a'), '\ufffdü');
});

test('what nobody touches stays as it came', () => {
  const random = new Random(12);
  for (let count = 0; count < 5_000; count++) {
    const text = random.text(12, rawPieces).replace(/&+/g, '&').replace(/^&|&$/g, '');
    const parameters = new Parameters(text);
    parameters.names();
    parameters.get('a');
    assert.equal(parameters.toString(), text);
  }
});

test('any sequence of changes leaves what URLSearchParams would be left with', () => {
  const random = new Random(13);
  for (let count = 0; count < 3_000; count++) {
    const text = random.text(8, rawPieces);
    const parameters = new Parameters(text);
    const expected = new URLSearchParams(text);
    for (let step = random.below(6); step >= 0; step--) {
      const name = random.of(names);
      const value = random.of(values);
      const action = random.of(['add', 'set', 'remove'] as const);
      parameters[action](name, value);
      if (action === 'add') expected.append(name, value);
      else if (action === 'set') expected.set(name, value);
      else expected.delete(name);
    }
    assert.deepEqual(entriesIn(parameters), grouped([...expected]), text);
    // Written and read again it is the same, here and elsewhere.
    assert.deepEqual(entriesOf(parameters.toString()), [...expected], text);
    assert.deepEqual(entriesIn(new Parameters(parameters.toString())), entriesIn(parameters), text);
  }
});
