import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileDateFormat } from '../../runtime/language/date-format.ts';
import { PatternError } from '../../runtime/language/pattern.ts';

/** Wednesday, 10 May 2017, 04:24:26.007 UTC. */
const may = 1494390266007;

const rows: readonly [pattern: string, expected: string, epoch?: number, zone?: string][] = [
  ['yyyy-MM-dd', '2017-05-10'],
  ['yyyy-MM-dd HH-mm-ss', '2017-05-10 04-24-26'],
  ['yyyyMMddHHmmss', '20170510042426'],
  ["yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", '2017-05-10T04:24:26.007Z'],
  ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '2017-05-10T04:24:26.007Z'],
  ['EEE, dd MMM yyyy HH:mm:ss z', 'Wed, 10 May 2017 04:24:26 UTC'],
  ['EEEE d MMMM yy G', 'Wednesday 10 May 17 AD'],
  ['y Y yyyyy YYYY', '2017 2017 02017 2017'],
  ['M/L/MM/LLL', '5/5/05/May'],
  ['w ww W D DDD F u', '19 19 2 130 130 2 3'],
  ['a h hh H k K', 'AM 4 04 4 4 4'],
  ['S SS SSSSSS', '7 07 000007'],
  ['m s', '24 26'],
  ['z zzzz Z X XX XXX', 'UTC Coordinated Universal Time +0000 Z Z Z'],
  ["h 'o''clock' '' ''''", "4 o'clock ' ''"],
  ['[yyyy]/é', '[2017]/é'],
  ['a h K k H', 'AM 12 0 24 0', Date.UTC(2020, 0, 1)],
  ['a h K k H', 'PM 12 0 12 12', Date.UTC(2020, 0, 1, 12)],
  ['a h K k H', 'PM 11 11 23 23', Date.UTC(2020, 0, 1, 23)],
  ['w YYYY W', '1 2025 5', Date.UTC(2024, 11, 31)],
  ['w YYYY W', '52 2024 4', Date.UTC(2024, 11, 28)],
  ['w YYYY W', '1 2024 1', Date.UTC(2024, 0, 6)],
  ['w YYYY W', '2 2024 2', Date.UTC(2024, 0, 7)],
  ['D', '366', Date.UTC(2024, 11, 31, 23, 59)],
  ['u', '7', Date.UTC(2024, 0, 7)],
  ['yyyy G', '0001 BC', Date.UTC(0, 0, 1) - Date.UTC(1900, 0, 1) + new Date(0).setUTCFullYear(0, 0, 1)],
  ['yyyy-MM-dd HH:mm:ss', '1969-12-31 23:59:59', -1],
  ['HH:mm z Z X XX XXX', '00:24 EDT -0400 -04 -0400 -04:00', may, 'America/New_York'],
  ['HH:mm z', '06:24 CEST', may, 'Europe/Berlin'],
  ['HH:mm z', '05:24 CET', Date.UTC(2017, 0, 10, 4, 24), 'Europe/Berlin'],
  ['HH:mm XXX z', '09:54 +05:30 IST', may, 'Asia/Kolkata'],
  ['zzzz', 'Pacific Daylight Time', may, 'America/Los_Angeles'],
  ['HH:mm XXX z', '06:24 +02:00 GMT+02:00', may, '+02:00'],
  ['HH:mm XXX', '20:54 -07:30', may, 'GMT-7:30'],
  ['HH:mm z', '04:24 GMT', may, 'GMT'],
  ['HH:mm z', '04:24 GMT', may, 'No/Such_Zone'],
  ['', ''],
];

for (const [pattern, expected, epoch = may, zone] of rows) {
  test(`${pattern} gives ${expected}`, () => {
    assert.equal(compileDateFormat(pattern)(epoch, zone), expected);
  });
}

test('one format serves several zones and both sides of a change of clocks', () => {
  const format = compileDateFormat('HH:mm');
  const change = Date.UTC(2024, 2, 31, 1);
  assert.equal(format(change - 60_000, 'Europe/Berlin'), '01:59');
  assert.equal(format(change, 'Europe/Berlin'), '03:00');
  assert.equal(format(change), '01:00');
  assert.equal(format(change - 60_000, 'Europe/Berlin'), '01:59');
});

test('times beyond the calendar are empty', () => {
  const format = compileDateFormat('yyyy');
  assert.equal(format(Number.NaN), '');
  assert.equal(format(1e300), '');
});

test('letters without meaning and open quotes are refused at their place', () => {
  for (const [pattern, index] of [
    ['yyyy b', 5],
    ["yyyy 'T", 5],
    ["''yyyy'", 6],
    ['XXXX', 0],
  ] as const) {
    assert.throws(
      () => compileDateFormat(pattern),
      (error) => error instanceof PatternError && error.index === index,
    );
  }
});
