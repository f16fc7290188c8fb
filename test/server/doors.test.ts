import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { BodySink } from '../../runtime/message/body.ts';
import type { Call, CallHandler } from '../../runtime/server/call.ts';
import type { FrontDoor } from '../../runtime/server/front-door.ts';
import { openNodeDoor } from '../../runtime/server/node-door.ts';
import { sendRaw, statusesIn } from '../support/raw.ts';

const doors = { node: openNodeDoor };
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const megabyte = Buffer.alloc(1024 * 1024, 'x');

/** Waits for what happens without anybody telling. */
async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 10) {
    assert.ok(waited < 8000, 'it never came to be');
    await pause(10);
  }
}

function sendText(call: Call, text: string): void {
  call.writeHead(200, 'OK', ['Content-Length', String(Buffer.byteLength(text))]);
  call.end(text);
}

/** Notes what a payload brings. */
class Sink implements BodySink {
  bytes = 0;
  ended = false;
  failed = false;
  data(chunk: Uint8Array): void {
    this.bytes += chunk.length;
  }
  end(): void {
    this.ended = true;
  }
  error(): void {
    this.failed = true;
  }
}

for (const [name, open] of Object.entries(doors)) {
  test(`the door ${name}`, async (suite) => {
    const withDoor = async (handle: CallHandler, run: (door: FrontDoor) => Promise<void>): Promise<void> => {
      const door = await open('127.0.0.1', 0, handle);
      try {
        await run(door);
      } finally {
        await door.close(0);
      }
    };

    const client = async (port: number, bytes: string): Promise<Socket> => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => socket.destroy());
      await once(socket, 'connect');
      socket.write(bytes);
      return socket;
    };

    await suite.test('answers in the order of the requests, however long each takes', async () => {
      const handle: CallHandler = (call) => {
        setTimeout(() => sendText(call, call.target), call.target === '/1' ? 50 : 0);
      };
      await withDoor(handle, async ({ port }) => {
        const answers = await sendRaw(port, get('/1') + get('/2') + get('/3'));
        assert.deepEqual(answers.match(/\/\d(?!\.)/g), ['/1', '/2', '/3']);
      });
    });

    await suite.test('answers 3,000 requests that came at once', async () => {
      await withDoor(
        (call) => sendText(call, call.target),
        async ({ port }) => {
          const answers = await sendRaw(port, get('/x').repeat(3000));
          assert.equal(statusesIn(answers).length, 3000);
        },
      );
    });

    await suite.test('tells when the client has gone, once', async () => {
      const told: boolean[] = [];
      const handle: CallHandler = (call) => {
        call.watcher = { closed: (complete) => told.push(complete) };
      };
      await withDoor(handle, async ({ port }) => {
        const socket = await client(port, get('/x'));
        await pause(50);
        socket.destroy();
        await until(() => told.length > 0);
        assert.deepEqual(told, [false]);
      });
      assert.deepEqual(told, [false]);
    });

    await suite.test('tells when an answer is out, once', async () => {
      const told: boolean[] = [];
      const handle: CallHandler = (call) => {
        call.watcher = { closed: (complete) => told.push(complete) };
        sendText(call, 'x');
      };
      await withDoor(handle, async ({ port }) => {
        await sendRaw(port, get('/1') + get('/2'));
      });
      assert.deepEqual(told, [true, true]);
    });

    await suite.test('never takes a part of a payload for the whole', async () => {
      const sink = new Sink();
      await withDoor(
        (call) => call.payload?.start(sink),
        async ({ port }) => {
          const socket = await client(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
          await until(() => sink.bytes === 5);
          socket.end();
          await until(() => sink.failed);
          assert.equal(sink.ended, false);
        },
      );
    });

    await suite.test('makes a client wait that sends faster than its payload is taken', async () => {
      const sink = new Sink();
      let call: Call | undefined;
      const handle: CallHandler = (one) => {
        call = one;
        one.payload?.start(sink);
        one.payload?.pause();
      };
      await withDoor(handle, async ({ port }) => {
        const megabytes = 64;
        const socket = await client(
          port,
          `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${megabytes * megabyte.length}\r\n\r\n`,
        );
        for (let sent = 0; sent < megabytes; sent++) socket.write(megabyte);
        let unsent = -1;
        await until(() => {
          const before = unsent;
          unsent = socket.writableLength;
          return before === unsent && sink.bytes < 1024 * 1024;
        });
        assert.ok(unsent > 32 * megabyte.length, `${unsent} bytes wait at the client`);
        call?.payload?.resume();
        await until(() => sink.ended);
        assert.equal(sink.bytes, megabytes * megabyte.length);
        socket.destroy();
      });
    });

    await suite.test('makes an answer wait for a client that reads slowly', async () => {
      const chunks = 64;
      let written = 0;
      const handle: CallHandler = (call) => {
        const go = (): void => {
          while (written < chunks) {
            written++;
            if (!call.write(megabyte)) return;
          }
          call.end(undefined);
        };
        call.writer = { drained: go, closed: () => undefined };
        call.writeHead(200, 'OK', []);
        go();
      };
      await withDoor(handle, async ({ port }) => {
        const socket = await client(port, get('/x'));
        let before = -1;
        await until(() => {
          const same = before === written && written > 0;
          before = written;
          return same;
        });
        assert.ok(written < chunks, 'it was written without a reader');
        let received = 0;
        socket.on('data', (chunk) => {
          received += chunk.length;
        });
        await until(() => received > chunks * megabyte.length);
        socket.destroy();
      });
    });

    await suite.test('gives a payload whose reader was answered early to that reader', async () => {
      const sink = new Sink();
      const handle: CallHandler = (call) => {
        if (call.payload === undefined) sendText(call, 'second');
        else {
          call.payload.start(sink);
          sendText(call, 'first');
        }
      };
      await withDoor(handle, async ({ port }) => {
        const socket = await client(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
        let answers = '';
        socket.on('data', (chunk) => {
          answers += chunk.toString();
        });
        await until(() => answers.includes('first'));
        socket.write(`hello${get('/2')}`);
        await until(() => answers.includes('second'));
        assert.deepEqual([sink.bytes, sink.ended], [10, true]);
        socket.destroy();
      });
    });

    await suite.test('breaks an answer off, never ends it, when it is aborted', async () => {
      const handle: CallHandler = (call) => {
        call.writeHead(200, 'OK', []);
        call.write('begun');
        setTimeout(() => call.abort(), 20);
      };
      await withDoor(handle, async ({ port }) => {
        const answer = await sendRaw(port, get('/x'));
        assert.match(answer, /begun/);
        assert.doesNotMatch(answer, /\r\n0\r\n/);
      });
    });

    await suite.test('refuses texts that would begin another field', async () => {
      const thrown: unknown[] = [];
      const bad: readonly (readonly [string, readonly string[]])[] = [
        ['OK\r\nX: y', []],
        ['OK', ['X', 'a\r\nY: b']],
        ['OK', ['X: y\r\nY', 'b']],
        ['OK', ['X y', 'b']],
        ['OK', ['X', 'a\nb']],
        ['OK', ['X', '\u0100']],
      ];
      const handle: CallHandler = (call) => {
        for (const [reason, fields] of bad) {
          try {
            call.writeHead(200, reason, fields);
          } catch (error) {
            thrown.push(error);
          }
        }
        sendText(call, 'x');
      };
      await withDoor(handle, async ({ port }) => {
        assert.deepEqual(statusesIn(await sendRaw(port, get('/x'))), [200]);
      });
      assert.ok(thrown.every((error) => error instanceof TypeError));
      assert.equal(thrown.length, bad.length);
    });

    await suite.test('lets a running request end when it closes, and tells its client', async () => {
      const calls: Call[] = [];
      const door = await open('127.0.0.1', 0, (call) => {
        if (call.target === '/first') sendText(call, 'x');
        else calls.push(call);
      });
      const idle = await client(door.port, get('/first'));
      const socket = await client(door.port, get('/x'));
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk.toString();
      });
      idle.resume();
      await until(() => calls.length === 1);
      const closed = door.close(10_000);
      await once(idle, 'close');
      for (const call of calls) sendText(call, 'done');
      await once(socket, 'close');
      await closed;
      assert.match(answer, /connection: close\r\n[\s\S]*done$/i);
    });
  });
}
