import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../../runtime/fault.ts';
import { EventStream, mostEventBytes, type Passed, sourceOfBytes } from '../../runtime/flow/event-stream.ts';
import type { BodySink, BodySource } from '../../runtime/message/body.ts';
import { CurrentEvent } from '../../runtime/message/event.ts';
import { EventSplitter } from '../../runtime/message/event-splitter.ts';
import { readAll } from '../support/target.ts';

/** The events of a text that comes in pieces of a size, and what is left. */
function split(text: string, size: number): string[] {
  const splitter = new EventSplitter();
  const bytes = Buffer.from(text);
  const events: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) events.push(...splitter.push(bytes.subarray(at, at + size)));
  return [...events, splitter.rest()].map((one) => one.toString()).filter((one) => one !== '');
}

describe('a stream is cut at its blank lines', () => {
  const table: readonly (readonly [string, string, readonly string[]])[] = [
    ['line feeds', 'data: a\n\ndata: b\n\n', ['data: a\n\n', 'data: b\n\n']],
    ['carriage returns and line feeds', 'data: a\r\n\r\ndata: b\r\n\r\n', ['data: a\r\n\r\n', 'data: b\r\n\r\n']],
    ['carriage returns', 'data: a\r\rdata: b\r\r', ['data: a\r\r', 'data: b\r\r']],
    ['several lines', 'event: x\ndata: a\ndata: b\n\n', ['event: x\ndata: a\ndata: b\n\n']],
    ['no blank line at the end', 'data: a\n\ndata: b', ['data: a\n\n', 'data: b']],
    ['letters of several bytes', 'data: äöü€😀\n\ndata: 日本\n\n', ['data: äöü€😀\n\n', 'data: 日本\n\n']],
    [
      'line ends of all kinds',
      'data: a\r\n\ndata: b\n\rdata: c\r\n\r\n',
      ['data: a\r\n\n', 'data: b\n\r', 'data: c\r\n\r\n'],
    ],
  ];
  for (const [name, text, events] of table) {
    test(name, () => {
      for (const size of [1, 2, 3, 5, 7, 1000]) {
        const got = split(text, size);
        assert.equal(got.join(''), text, 'no byte is lost');
        // A line feed may come after the carriage return that ended the event before.
        const trimmed = (list: readonly string[]) => list.map((one) => one.trim()).filter((one) => one !== '');
        assert.deepEqual(trimmed(got), trimmed(events), `in pieces of ${size}`);
        if (size === 1000) assert.deepEqual(got, events);
      }
    });
  }
});

describe('an event', () => {
  test('has the data of all its lines', () => {
    const event = new CurrentEvent(1, 'id: 7\ndata: a\r\ndata:b\rdata\n: comment');
    assert.equal(event.data, 'a\nb\n');
    assert.equal(event.changed, false);
    assert.equal(new CurrentEvent(1, 'id: 7').data, undefined);
  });

  test('gets new data in the place of the old', () => {
    const event = new CurrentEvent(1, 'event: x\ndata: a\nid: 7\ndata: b');
    event.data = 'one\ntwo';
    assert.equal(event.content, 'event: x\ndata: one\ndata: two\nid: 7');
    assert.equal(event.outgoing, 'event: x\ndata: one\ndata: two\nid: 7\n\n');
  });

  test('ends in one blank line', () => {
    for (const [text, out] of [
      ['data: a', 'data: a\n\n'],
      ['data: a\n', 'data: a\n\n'],
      ['data: a\n\n', 'data: a\n\n'],
      ['data: a\n\ndata: b\r\n\r\n', 'data: a\n\ndata: b\r\n\r\n'],
      ['', ''],
      [' \n', ''],
    ] as const) {
      const event = new CurrentEvent(1, 'data: x');
      event.content = text;
      assert.equal(event.outgoing, out);
    }
  });
});

describe('a stream of events', () => {
  const upper = (event: Buffer): Passed => ({ bytes: Buffer.from(event.toString().toUpperCase()), ends: false });
  const three = Buffer.from('data: a\n\ndata: b\n\ndata: c\n\n');
  const later = <T>(value: T) => new Promise<T>((resolve) => setImmediate(() => resolve(value)));

  test('passes one after the other, at once or not', async () => {
    assert.equal(await readAll(new EventStream(sourceOfBytes(three), upper)), 'DATA: A\n\nDATA: B\n\nDATA: C\n\n');
    let running = 0;
    const slow = async (event: Buffer): Promise<Passed> => {
      assert.equal(running++, 0, 'never two at a time');
      await later(undefined);
      running--;
      return upper(event);
    };
    assert.equal(await readAll(new EventStream(sourceOfBytes(three), slow)), 'DATA: A\n\nDATA: B\n\nDATA: C\n\n');
  });

  test('ends early when it is told to', async () => {
    const pass = (event: Buffer): Passed => ({ bytes: event, ends: event.includes('b') });
    assert.equal(await readAll(new EventStream(sourceOfBytes(three), pass)), 'data: a\n\ndata: b\n\n');
  });

  test('breaks off with the error of an event', async () => {
    for (const pass of [
      () => {
        throw new Error('no');
      },
      () => Promise.reject(new Error('no')),
    ]) {
      await assert.rejects(readAll(new EventStream(sourceOfBytes(three), pass)), /no/);
    }
  });

  test('waits for its reader, and its source for it', () => {
    const calls: string[] = [];
    let up: BodySink | undefined;
    const source: BodySource = {
      declaredLength: undefined,
      start: (sink) => {
        up = sink;
      },
      pause: () => void calls.push('pause'),
      resume: () => void calls.push('resume'),
      cancel: () => void calls.push('cancel'),
    };
    const got: string[] = [];
    const stream = new EventStream(source, (event) => ({ bytes: event, ends: false }));
    stream.start({
      data: (chunk) => {
        got.push(Buffer.from(chunk).toString().trim());
        stream.pause();
      },
      end: () => got.push('end'),
      error: () => got.push('error'),
    });
    up?.data(three);
    assert.deepEqual(got, ['data: a']);
    assert.deepEqual(calls, ['pause']);
    stream.resume();
    stream.resume();
    assert.deepEqual(got, ['data: a', 'data: b', 'data: c']);
    stream.resume();
    assert.deepEqual(calls, ['pause', 'resume']);
    stream.cancel();
    assert.deepEqual(calls, ['pause', 'resume', 'cancel']);
    up?.data(three);
    assert.equal(got.length, 3);
  });

  test('an event without an end is refused in time', async () => {
    const bytes = Buffer.alloc(mostEventBytes + 2, 'x');
    const reading = readAll(new EventStream(sourceOfBytes(bytes), (event) => ({ bytes: event, ends: false })));
    await assert.rejects(reading, (error) => error instanceof Fault && error.code === 'protocol.http.TooBigBody');
  });
});
