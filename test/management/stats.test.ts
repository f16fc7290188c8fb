import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError } from '../../runtime/management/failure.ts';
import { readFilter } from '../../runtime/management/stats-filter.ts';
import { readTimeRange, readUnit } from '../../runtime/management/stats-time.ts';

const same = (name: string): string => name;
const row = (dimension: string): string => ({ apiproxy: 'shop', caller: 'local' })[dimension] ?? '';

/** Filter, and whether it wants a row of proxy shop with caller local. */
const filters: readonly [string, boolean][] = [
  ['', true],
  ["(apiproxy eq 'shop')", true],
  ["apiproxy eq 'shop'", true],
  ["(apiproxy ne 'shop')", false],
  ["(apiproxy in 'a','shop')", true],
  ["(apiproxy notin 'a', 'b')", true],
  ["(apiproxy eq 'shop') and (caller eq 'external')", false],
  ["(apiproxy eq 'shop' and caller eq 'local')", true],
];

describe('a filter of stats', () => {
  for (const [text, wanted] of filters) {
    it(text === '' ? 'left out' : text, () => assert.equal(readFilter(text, same)(row), wanted));
  }

  for (const text of ['nonsense', "apiproxy gt 'a'", "a eq 'b' or c eq 'd'", 'apiproxy eq shop']) {
    it(`${text}: refused`, () => assert.throws(() => readFilter(text, same), ApiError));
  }
});

/** Hour, and where its stretch begins. */
const stretches: readonly [string, string, string][] = [
  ['hour', '2026-11-25T13:00Z', '2026-11-25T13:00Z'],
  ['day', '2026-11-25T13:00Z', '2026-11-25T00:00Z'],
  ['week', '2026-11-25T13:00Z', '2026-11-23T00:00Z'],
  ['week', '2026-11-23T00:00Z', '2026-11-23T00:00Z'],
  ['month', '2026-11-25T13:00Z', '2026-11-01T00:00Z'],
];

describe('the time of stats', () => {
  for (const [name, hour, begin] of stretches) {
    it(`${name} of ${hour}`, () => assert.equal(readUnit(name, [])?.(Date.parse(hour)), Date.parse(begin)));
  }

  it('a unit below an hour is answered as one, and said', () => {
    const notices: string[] = [];
    assert.equal(readUnit('minute', notices)?.(7_200_000), 7_200_000);
    assert.equal(notices.length, 1);
    assert.throws(() => readUnit('fortnight', []), ApiError);
  });

  it('a range is read in UTC', () => {
    assert.deepEqual(readTimeRange('11/24/2026 00:00~11/25/2026 13:30'), {
      from: Date.parse('2026-11-24T00:00Z'),
      to: Date.parse('2026-11-25T13:30Z'),
    });
    for (const text of ['', '11/24/2026 00:00', '2026-11-24~2026-11-25', '11/25/2026 00:00~11/24/2026 00:00']) {
      assert.throws(() => readTimeRange(text), ApiError, text);
    }
  });
});
