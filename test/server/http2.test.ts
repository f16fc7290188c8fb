import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { BodySink } from '../../runtime/message/body.ts';
import type { Call, CallHandler } from '../../runtime/server/call.ts';
import { type DoorTls, defaultTimeouts, type FrontDoor, type Timeouts } from '../../runtime/server/front-door.ts';
import { openNodeDoor } from '../../runtime/server/node-door.ts';
import { createAuthority } from '../support/certificates.ts';
import { closeStatus, FrameType, frame, frames, headersFrame, preface } from '../support/http2-frames.ts';

/** HTTP/2 at the door (RFC 9113): what a call sees and what goes out, and clients that mean harm. */

test('HTTP/2', async (suite) => {
  const authority = createAuthority();
  after(() => authority.close());
  const { key, cert } = authority.issue('/CN=localhost', 'DNS:localhost,IP:127.0.0.1');
  const tls: DoorTls = { context: () => ({ key, cert }), onChange: () => undefined, clientCertificate: 'none' };

  const withDoor = async (
    handle: CallHandler,
    run: (door: FrontDoor, session: ClientHttp2Session) => Promise<void>,
    timeouts: Timeouts = defaultTimeouts,
  ): Promise<void> => {
    const door = await openNodeDoor('127.0.0.1', 0, handle, { tls, timeouts });
    const session = connect(`https://localhost:${door.port}`, { ca: authority.ca });
    session.on('error', () => undefined);
    await once(session, 'connect');
    try {
      await run(door, session);
    } finally {
      session.destroy();
      await door.close(0);
    }
  };

  /** A connection that speaks frames as they are written down. */
  const rawConnection = async (port: number): Promise<TLSSocket> => {
    const options = { port, host: '127.0.0.1', ca: authority.ca, servername: 'localhost', ALPNProtocols: ['h2'] };
    const socket = tlsConnect(options);
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.write(preface);
    return socket;
  };

  const text = (call: Call, body: string): void => {
    call.writeHead(200, 'OK', ['Content-Length', String(Buffer.byteLength(body)), 'X-Mark', 'a', 'x-mark', 'b']);
    call.end(body);
  };

  const bodyOf = async (stream: ClientHttp2Stream): Promise<string> => {
    let body = '';
    stream.setEncoding('utf8');
    for await (const part of stream) body += part;
    return body;
  };

  await suite.test('pseudo-header fields are the request line and Host; cookies are one field', async () => {
    const handle: CallHandler = (call) =>
      text(call, JSON.stringify([call.verb, call.target, call.version, call.rawHeaders, call.payload === undefined]));
    await withDoor(handle, async ({ port }, session) => {
      const stream = session.request({ ':path': '/a?b=c', cookie: ['x=1', 'y=2'], 'x-own': 'z' });
      const [headers] = await once(stream, 'response');
      assert.equal(headers['x-mark'], 'a, b');
      assert.deepEqual(JSON.parse(await bodyOf(stream)), [
        ...['GET', '/a?b=c', '2'],
        ['host', `localhost:${port}`, 'x-own', 'z', 'cookie', 'x=1; y=2'],
        true,
      ]);
    });
  });

  await suite.test('fields of the connection do not go out, cookies stay apart', async () => {
    const handle: CallHandler = (call) => {
      const connection = [
        'Connection',
        'keep-alive',
        'Keep-Alive',
        'a',
        'Transfer-Encoding',
        'chunked',
        'Upgrade',
        'x',
      ];
      call.writeHead(200, 'OK', [...connection, 'Set-Cookie', 'a=1', 'set-cookie', 'b=2']);
      call.end('x');
    };
    await withDoor(handle, async (_door, session) => {
      const stream = session.request({ ':path': '/' });
      const [headers] = await once(stream, 'response');
      stream.resume();
      assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
      assert.deepEqual(
        ['connection', 'keep-alive', 'transfer-encoding', 'upgrade'].filter((name) => name in headers),
        [],
      );
    });
  });

  await suite.test('HEAD and 204 have no payload', async () => {
    const handle: CallHandler = (call) => {
      if (call.verb === 'HEAD') text(call, 'hello');
      else {
        call.writeHead(204, 'No Content', []);
        call.end(undefined);
      }
    };
    await withDoor(handle, async (_door, session) => {
      const head = session.request({ ':path': '/', ':method': 'HEAD' });
      const [headers] = await once(head, 'response');
      assert.deepEqual([headers[':status'], headers['content-length'], await bodyOf(head)], [200, '5', '']);
      const none = session.request({ ':path': '/', ':method': 'DELETE' });
      const [answer] = await once(none, 'response');
      assert.deepEqual([answer[':status'], await bodyOf(none)], [204, '']);
    });
  });

  await suite.test('a text that cannot be a header is refused', async () => {
    const thrown: unknown[] = [];
    const handle: CallHandler = (call) => {
      for (const fields of [
        ['X', 'a\r\nb'],
        ['X y', 'a'],
        ['X', '\u0100'],
      ]) {
        try {
          call.writeHead(200, 'OK', fields);
        } catch (error) {
          thrown.push(error);
        }
      }
      text(call, 'x');
    };
    await withDoor(handle, async (_door, session) => {
      assert.equal(await bodyOf(session.request({ ':path': '/' })), 'x');
    });
    assert.equal(thrown.length, 3);
    assert.ok(thrown.every((error) => error instanceof TypeError));
  });

  await suite.test('payloads stream both ways, at the pace of who reads', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const chunks = 400;
    let received = 0;
    const handle: CallHandler = (call) => {
      const sink: BodySink = {
        data: (part) => {
          received += part.length;
          if (!call.write(part)) call.payload?.pause();
        },
        end: () => call.end(undefined),
        error: () => call.abort(),
      };
      call.writer = { drained: () => call.payload?.resume(), closed: () => undefined };
      call.writeHead(200, 'OK', []);
      call.payload?.start(sink);
    };
    await withDoor(handle, async (_door, session) => {
      const stream = session.request({ ':path': '/', ':method': 'POST' });
      stream.pause();
      let sent = 0;
      const send = (): void => {
        while (sent < chunks) {
          sent++;
          if (!stream.write(chunk)) {
            stream.once('drain', send);
            return;
          }
        }
        stream.end();
      };
      send();
      let before = -1;
      while (before !== received || received === 0) {
        before = received;
        await pause(50);
      }
      assert.ok(received < (chunks / 2) * chunk.length, `${received} bytes were taken of a client that does not read`);
      let back = 0;
      stream.on('data', (part: Buffer) => {
        back += part.length;
      });
      stream.resume();
      await once(stream, 'end');
      assert.deepEqual([received, back], [chunks * chunk.length, chunks * chunk.length]);
    });
  });

  await suite.test('trailers are taken and dropped', async () => {
    let ended = false;
    const handle: CallHandler = (call) => {
      call.payload?.start({
        data: () => undefined,
        end: () => {
          ended = true;
          text(call, call.rawHeaders.join());
        },
        error: () => call.abort(),
      });
    };
    await withDoor(handle, async (_door, session) => {
      const stream = session.request({ ':path': '/', ':method': 'POST' }, { waitForTrailers: true } as object);
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-late': '1' }));
      stream.end('hello');
      assert.doesNotMatch(await bodyOf(stream), /x-late/);
      assert.equal(ended, true);
    });
  });

  await suite.test('a client that resets its stream is gone: the payload fails, the call is told, once', async () => {
    const told: string[] = [];
    const handle: CallHandler = (call) => {
      call.watcher = { closed: (complete) => told.push(`closed ${complete}`) };
      call.payload?.start({
        data: (part) => told.push(Buffer.from(part).toString()),
        end: () => told.push('end'),
        error: () => told.push('error'),
      });
    };
    await withDoor(handle, async ({ port }) => {
      const socket = await rawConnection(port);
      socket.resume();
      socket.write(Buffer.concat([headersFrame(1, true, false), frame(FrameType.data, 0, 1, Buffer.from('hello'))]));
      while (told.length === 0) await pause(10);
      socket.write(frame(FrameType.reset, 0, 1, Buffer.from([0, 0, 0, 8])));
      while (told.length < 3) await pause(10);
      socket.destroy();
    });
    assert.deepEqual(told.sort(), ['closed false', 'error', String(Buffer.from('hello'))]);
  });

  await suite.test('a client whose connection breaks is gone: the payload fails, never ends', async () => {
    const told: string[] = [];
    const handle: CallHandler = (call) => {
      call.watcher = { closed: (complete) => told.push(`closed ${complete}`) };
      call.payload?.start({
        data: () => undefined,
        end: () => told.push('end'),
        error: () => told.push('error'),
      });
    };
    await withDoor(handle, async ({ port }) => {
      const socket = await rawConnection(port);
      socket.write(headersFrame(1, true, false));
      await pause(50);
      socket.destroy();
      while (told.length < 2) await pause(10);
    });
    assert.deepEqual(told.sort(), ['closed false', 'error']);
  });

  await suite.test('an answer that is broken off never looks complete', async () => {
    const handle: CallHandler = (call) => {
      call.writeHead(200, 'OK', []);
      call.write('begun');
      setTimeout(() => call.abort(), 20);
    };
    await withDoor(handle, async ({ port }) => {
      const socket = await rawConnection(port);
      let seen = Buffer.alloc(0);
      const isReset = (): boolean => frames(seen).some(({ type }) => type === FrameType.reset);
      socket.on('data', (part: Buffer) => {
        seen = Buffer.concat([seen, part]);
      });
      socket.write(headersFrame(1, true));
      while (!isReset()) await pause(10);
      const ended = frames(seen).filter(({ type, flags }) => type === FrameType.data && (flags & 1) === 1);
      assert.deepEqual(ended, []);
      socket.destroy();
    });
  });

  await suite.test('an early answer ends an upload that nobody reads', async () => {
    await withDoor(
      (call) => text(call, 'early'),
      async (_door, session) => {
        const stream = session.request({ ':path': '/', ':method': 'POST' });
        stream.on('error', () => undefined);
        stream.write(Buffer.alloc(1024));
        const [headers] = await once(stream, 'response');
        assert.equal(headers[':status'], 200);
        assert.equal(await bodyOf(stream), 'early');
        await once(stream, 'close').catch(() => undefined);
        assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
      },
    );
  });

  await suite.test('a payload that stops half-way is answered with 408', async () => {
    const handle: CallHandler = (call) => {
      call.payload?.start({
        data: () => undefined,
        end: () => text(call, 'whole'),
        error: (error) => {
          call.writeHead((error as Error & { status: number }).status, 'x', []);
          call.end(undefined);
        },
      });
    };
    await withDoor(
      handle,
      async (_door, session) => {
        const stream = session.request({ ':path': '/', ':method': 'POST' });
        stream.write('half');
        const [headers] = await once(stream, 'response');
        assert.equal(headers[':status'], 408);
        stream.resume();
      },
      { ...defaultTimeouts, stalled: 60 },
    );
  });

  await suite.test('a client that gives no window is cut off', async () => {
    const told: boolean[] = [];
    const handle: CallHandler = (call) => {
      call.watcher = { closed: (complete) => told.push(complete) };
      call.writeHead(200, 'OK', []);
      call.end(Buffer.alloc(1024 * 1024));
    };
    await withDoor(
      handle,
      async (_door, session) => {
        const stream = session.request({ ':path': '/' });
        stream.on('error', () => undefined);
        stream.pause();
        while (told.length === 0) await pause(10);
        assert.deepEqual(told, [false]);
      },
      { ...defaultTimeouts, stalled: 100 },
    );
  });

  await suite.test('when the door closes running streams end, and the client is told', async () => {
    const calls: Call[] = [];
    const door = await openNodeDoor('127.0.0.1', 0, (call) => calls.push(call), { tls });
    const session = connect(`https://localhost:${door.port}`, { ca: authority.ca });
    const goaway = once(session, 'goaway');
    const stream = session.request({ ':path': '/' });
    while (calls.length === 0) await pause(10);
    const closed = door.close(10_000);
    await goaway;
    for (const call of calls) text(call, 'done');
    assert.equal(await bodyOf(stream), 'done');
    await closed;
  });

  await suite.test('a rapid reset ends the connection, and the next one is served', async () => {
    let calls = 0;
    const handle: CallHandler = (call) => {
      calls++;
      if (call.target === '/last') text(call, 'served');
    };
    await withDoor(handle, async ({ port }, session) => {
      const socket = await rawConnection(port);
      socket.resume();
      const closed = new Promise((resolve) => socket.on('close', resolve));
      for (let id = 1; id < 20_000 && !socket.destroyed; id += 2) {
        socket.write(Buffer.concat([headersFrame(id, true), frame(FrameType.reset, 0, id, Buffer.from([0, 0, 0, 8]))]));
        if (id % 200 === 1) await pause(1);
      }
      await closed;
      assert.ok(calls < 2_000, `${calls} requests were begun`);
      assert.equal(await bodyOf(session.request({ ':path': '/last' })), 'served');
    });
  });

  const floods: readonly (readonly [name: string, begin: Buffer, flood: Buffer])[] = [
    ['PING', Buffer.alloc(0), frame(FrameType.ping, 0, 0, Buffer.alloc(8))],
    ['SETTINGS', Buffer.alloc(0), frame(FrameType.settings, 0, 0, Buffer.alloc(0))],
    ['CONTINUATION', headersFrame(1, false), frame(FrameType.continuation, 0, 1, Buffer.from([0, 1, 97, 1, 98]))],
    ['DATA without data', headersFrame(1, true, false), frame(FrameType.data, 0, 1, Buffer.alloc(0))],
    ['a header list beyond all bounds', headersFrame(1, false), frame(FrameType.continuation, 0, 1, hugeField())],
  ];
  for (const [name, begin, flood] of floods) {
    await suite.test(`a flood of ${name} ends the connection, and the next one is served`, async () => {
      await withDoor(
        (call) => {
          if (call.target === '/last') text(call, 'served');
        },
        async ({ port }, session) => {
          const socket = await rawConnection(port);
          socket.resume();
          const closed = new Promise((resolve) => socket.on('close', resolve));
          socket.write(begin);
          const many = Buffer.concat(Array.from({ length: 50 }, () => flood));
          for (let sent = 0; sent < 2_000 && !socket.destroyed; sent++) {
            if (!socket.write(many))
              await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
            if (sent % 20 === 0) await pause(1);
          }
          await closed;
          assert.equal(await bodyOf(session.request({ ':path': '/last' })), 'served');
        },
      );
    });
  }

  await suite.test('streams beyond the limit are refused', async () => {
    let calls = 0;
    await withDoor(
      () => {
        calls++;
      },
      async ({ port }) => {
        const socket = await rawConnection(port);
        const refused = new Promise<number>((resolve) => {
          let seen = Buffer.alloc(0);
          socket.on('data', (part: Buffer) => {
            seen = Buffer.concat([seen, part]);
            const reset = frames(seen).find(({ type }) => type === FrameType.reset);
            if (reset !== undefined) resolve(closeStatus(reset));
          });
        });
        await pause(50);
        // Acknowledges the settings, from when on the limit binds.
        socket.write(frame(FrameType.settings, 1, 0, Buffer.alloc(0)));
        for (let id = 1; id < 2 * 105; id += 2) socket.write(headersFrame(id, true));
        assert.notEqual(await refused, constants.NGHTTP2_NO_ERROR);
        assert.equal(calls, 100);
        socket.destroy();
      },
    );
  });

  await suite.test('a value that holds a line feed never becomes a field', async () => {
    let fields: readonly string[] | undefined;
    const handle: CallHandler = (call) => {
      fields = call.rawHeaders;
      text(call, '');
    };
    await withDoor(handle, async ({ port }) => {
      const socket = await rawConnection(port);
      socket.resume();
      socket.write(headersFrame(1, true, true, [['x-evil', 'a\nx-more: b']]));
      while (fields === undefined) await pause(10);
      assert.deepEqual(fields, ['host', 'localhost']);
      socket.destroy();
    });
  });

  const malformed: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ['Connection', [['connection', 'close']]],
    ['Transfer-Encoding', [['transfer-encoding', 'chunked']]],
    ['TE', [['te', 'gzip']]],
    ['a name in capitals', [['X-Upper', 'a']]],
    ['a second path', [[':path', '/b']]],
    ['a length that is not what comes', [['content-length', '5']]],
  ];
  for (const [name, fields] of malformed) {
    await suite.test(`a request with ${name} never becomes a call`, async () => {
      let calls = 0;
      await withDoor(
        () => {
          calls++;
        },
        async ({ port }) => {
          const socket = await rawConnection(port);
          const reset = new Promise<void>((resolve) => {
            let seen = Buffer.alloc(0);
            socket.on('data', (part: Buffer) => {
              seen = Buffer.concat([seen, part]);
              if (frames(seen).some(({ type }) => type === FrameType.reset || type === FrameType.goaway)) resolve();
            });
          });
          socket.write(headersFrame(1, true, true, fields));
          await reset;
          assert.equal(calls, 0);
          socket.destroy();
        },
      );
    });
  }
});

/** A field that is 16 KB in the list and few bytes less on the wire. */
function hugeField(): Buffer {
  const value = Buffer.alloc(16_000, 'x');
  // Literal without indexing, name "a", value in a length of 7 bits and more (RFC 7541 sections 5.1 and 6.2.2).
  const rest = value.length - 127;
  return Buffer.concat([Buffer.from([0, 1, 97, 127, (rest & 127) | 128, rest >> 7]), value]);
}
