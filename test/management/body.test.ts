import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it } from 'node:test';
import { readBody } from '../../runtime/management/body.ts';
import { ApiError } from '../../runtime/management/failure.ts';
import { readMultipart } from '../../runtime/management/multipart.ts';

/** What becomes of a request that is written in the given pieces: the body's text, or the status of the refusal. */
async function read(pieces: readonly string[], limits = { size: 100, time: 5000 }): Promise<string | number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = once(server, 'request') as Promise<[IncomingMessage]>;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  for (const piece of pieces) socket.write(piece);
  const [message] = await request;
  try {
    return (await readBody(message, limits)).toString();
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return error.status;
  } finally {
    socket.destroy();
    server.close();
    server.closeAllConnections();
  }
}

const head = 'POST / HTTP/1.1\r\nHost: a\r\n';

describe('a body', () => {
  it('is read to its end', async () => {
    assert.equal(await read([`${head}Content-Length: 4\r\n\r\n`, 'ab', 'cd']), 'abcd');
    assert.equal(await read([`${head}Transfer-Encoding: chunked\r\n\r\n`, '2\r\nab\r\n', '0\r\n\r\n']), 'ab');
    assert.equal(await read([`${head}\r\n`]), '');
  });

  it('is refused before it is read when its length says so', async () => {
    assert.equal(await read([`${head}Content-Length: 101\r\n\r\n`]), 413);
  });

  it('is refused when it turns out to be larger', async () => {
    assert.equal(await read([`${head}Transfer-Encoding: chunked\r\n\r\n`, `65\r\n${'x'.repeat(101)}\r\n`]), 413);
  });

  it('is refused when it takes too long', async () => {
    assert.equal(await read([`${head}Content-Length: 4\r\n\r\n`, 'ab'], { size: 100, time: 50 }), 408);
  });
});

/** Text with line breaks as they are sent. */
const lines = (...texts: readonly string[]): Buffer => Buffer.from(texts.join('\r\n'));

describe('a multipart body', () => {
  const type = 'multipart/form-data; boundary="b1"';

  it('gives its parts, with and without a file name', async () => {
    const body = lines(
      '--b1',
      'Content-Disposition: form-data; name="note"',
      '',
      'hello',
      '--b1',
      'Content-Disposition: form-data; name="file"; filename="../../a.zip"',
      'Content-Type: application/octet-stream',
      '',
      'PK\u0000\r\n--b',
      '--b1--',
      '',
    );
    const parts = await readMultipart(body, type);
    assert.deepEqual(
      parts.map(({ name, fileName, bytes }) => [name, fileName, bytes.toString()]),
      [
        ['note', undefined, 'hello'],
        ['file', 'a.zip', 'PK\u0000\r\n--b'],
      ],
    );
  });

  it('may end with a delimiter that opens', async () => {
    const body = lines(
      '--b1',
      'Content-Disposition: form-data; name="certFile"; filename="c"',
      '',
      'PEM',
      '--b1',
      '',
      '',
    );
    const parts = await readMultipart(body, type);
    assert.deepEqual(
      parts.map(({ name, bytes }) => [name, bytes.toString()]),
      [['certFile', 'PEM']],
    );
  });

  for (const [what, body, contentType] of [
    ['without a boundary', lines('x'), 'multipart/form-data'],
    ['that breaks off', lines('--b1', 'Content-Disposition: form-data; name="a"; filename="c"', '', 'PE'), type],
    [
      'with very many parts',
      lines(
        ...Array.from({ length: 40 }, () => ['--b1', 'Content-Disposition: form-data; name="a"', '', 'x']).flat(),
        '--b1--',
        '',
      ),
      type,
    ],
  ] as const) {
    it(`${what} is refused`, async () => {
      await assert.rejects(readMultipart(body, contentType), { name: 'ApiError', status: 400 });
    });
  }
});
