import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MessageReader, type ReadMessage } from '../../bench/message-reader.ts';

const plain = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const chunked =
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\nTrailer: x\r\n\r\n';
const empty = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const bare = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** Bytes of a connection, and the bodies in them. */
const facts: readonly [string, string, readonly string[]][] = [
  ['content-length', plain, ['hello']],
  ['chunked', chunked, ['hello']],
  ['no body', empty, ['']],
  ['a request without a length', bare, ['']],
  ['several in one', plain + chunked + empty + bare + plain, ['hello', 'hello', '', '', 'hello']],
];

function read(pieces: readonly string[]): ReadMessage[] {
  const found: ReadMessage[] = [];
  const reader = new MessageReader((message) => found.push(message));
  for (const piece of pieces) reader.push(Buffer.from(piece, 'latin1'));
  return found;
}

describe('message reader', () => {
  for (const [name, bytes, bodies] of facts) {
    it(`${name}, whole`, () => {
      assert.deepEqual(
        read([bytes]).map((one) => one.bodyStart),
        bodies,
      );
    });

    it(`${name}, byte by byte`, () => {
      const found = read([...bytes]);
      assert.deepEqual(
        found.map((one) => one.bodyStart),
        bodies,
      );
      assert.deepEqual(
        found.map((one) => one.bodyLength),
        bodies.map((body) => body.length),
      );
    });
  }

  it('counts a body it does not keep', () => {
    const body = 'x'.repeat(100_000);
    const [message] = read([`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`, body]);
    assert.equal(message?.bodyLength, body.length);
    assert.ok((message?.bodyStart.length ?? 0) < 1000);
  });
});
