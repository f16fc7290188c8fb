import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { castText, type ValueKind } from '../../runtime/language/cast.ts';

describe('castText', () => {
  const cases: readonly (readonly [ValueKind, string, unknown])[] = [
    ['string', ' as it is ', ' as it is '],
    ['nodeset', '<a/>', '<a/>'],
    ['boolean', ' TRUE ', true],
    ['boolean', 'false', false],
    ['boolean', '1', undefined],
    ['integer', '-42', -42],
    ['integer', '2147483647', 2147483647],
    ['integer', '2147483648', undefined],
    ['integer', '37.5', undefined],
    ['integer', '', undefined],
    ['long', '9007199254740991', 9007199254740991],
    ['long', '9223372036854775807', '9223372036854775807'],
    ['long', '+9223372036854775807', '9223372036854775807'],
    ['long', '9223372036854775808', undefined],
    ['float', '37.5', 37.5],
    ['double', '-1e3', -1000],
    ['double', '.5', 0.5],
    ['double', '1e999', undefined],
    ['double', 'NaN', undefined],
    ['double', '0x10', undefined],
  ];
  for (const [kind, text, value] of cases) {
    test(`"${text}" as ${kind}`, () => {
      assert.equal(castText(text, kind), value);
    });
  }
});
