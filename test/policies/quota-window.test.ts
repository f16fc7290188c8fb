import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type QuotaType,
  startTimeOf,
  type TimeUnit,
  timeUnitOf,
  windowLength,
} from '../../runtime/policies/quota-window.ts';

const at = (text: string) => Date.parse(text);
/** When the window ends that a first message at `now` opens. */
const end = (type: QuotaType, interval: number, unit: TimeUnit, now: string, start = '1970-01-01T00:00:00Z') =>
  new Date(at(now) + windowLength(type, interval, unit, at(start), at(now))).toISOString().replace('.000', '');

test('without a type windows end with a unit of the clock', () => {
  const now = '2026-11-25T03:42:17Z';
  assert.equal(end('default', 1, 'second', now), '2026-11-25T03:42:18Z');
  assert.equal(end('default', 1, 'minute', now), '2026-11-25T03:43:00Z');
  assert.equal(end('default', 1, 'hour', now), '2026-11-25T04:00:00Z');
  assert.equal(end('default', 1, 'day', now), '2026-11-26T00:00:00Z');
  assert.equal(end('default', 1, 'week', now), '2026-11-29T00:00:00Z');
  assert.equal(end('default', 1, 'month', now), '2026-12-01T00:00:00Z');
  assert.equal(end('default', 2, 'hour', now), '2026-11-25T05:00:00Z');
  assert.equal(end('default', 3, 'month', now), '2027-02-01T00:00:00Z');
  assert.equal(end('default', 1, 'week', '2026-11-29T00:00:00Z'), '2026-12-06T00:00:00Z');
});

test('flexi windows begin with the first message', () => {
  assert.equal(end('flexi', 90, 'minute', '2026-11-25T03:42:17Z'), '2026-11-25T05:12:17Z');
  assert.equal(end('flexi', 1, 'month', '2026-11-25T03:42:17Z'), '2026-12-25T03:42:17Z');
  assert.equal(end('flexi', 1, 'month', '2026-01-31T12:00:00Z'), '2026-02-28T12:00:00Z');
  assert.equal(end('flexi', 14, 'month', '2026-12-31T12:00:00Z'), '2028-02-29T12:00:00Z');
});

test('calendar windows follow one another from the start, and before it', () => {
  const start = '2026-02-18T10:30:00Z';
  assert.equal(end('calendar', 5, 'hour', '2026-02-18T11:00:00Z', start), '2026-02-18T15:30:00Z');
  assert.equal(end('calendar', 5, 'hour', '2026-02-18T15:30:00Z', start), '2026-02-18T20:30:00Z');
  assert.equal(end('calendar', 1, 'day', '2026-02-17T11:00:00Z', start), '2026-02-18T10:30:00Z');
  assert.equal(end('calendar', 1, 'month', '2026-11-25T03:42:17Z', start), '2026-12-18T10:30:00Z');
  assert.equal(end('calendar', 1, 'month', '2026-12-18T10:30:00Z', start), '2027-01-18T10:30:00Z');
  assert.equal(end('calendar', 3, 'month', '2026-11-25T03:42:17Z', start), '2027-02-18T10:30:00Z');
  assert.equal(end('calendar', 1, 'month', '2026-01-01T00:00:00Z', start), '2026-01-18T10:30:00Z');
});

test('a rolling month is 30 days', () => {
  assert.equal(windowLength('rollingwindow', 2, 'hour', 0, 5), 7_200_000);
  assert.equal(windowLength('rollingwindow', 1, 'month', 0, 5), 30 * 86_400_000);
});

test('start times and units', () => {
  assert.equal(startTimeOf('2024-02-18 10:30:00'), at('2024-02-18T10:30:00Z'));
  assert.equal(startTimeOf('2024-2-1'), at('2024-02-01T00:00:00Z'));
  for (const text of ['', 'now', '2024-02-30 10:30:00', '2024-13-01 00:00:00', '2024-01-01 24:00:00', '18.2.2024']) {
    assert.equal(startTimeOf(text), undefined, text);
  }
  assert.equal(timeUnitOf(' Hour '), 'hour');
  for (const text of ['', 'hours', 'year', 'constructor']) assert.equal(timeUnitOf(text), undefined, text);
});
