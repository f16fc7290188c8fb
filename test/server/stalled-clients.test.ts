import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { CallHandler } from '../../runtime/server/call.ts';
import { defaultTimeouts, type FrontDoor, type Timeouts } from '../../runtime/server/front-door.ts';
import { openNodeDoor } from '../../runtime/server/node-door.ts';
import { sendRaw, statusesIn } from '../support/raw.ts';

/** Clients that send, or read, nothing more. Time limits are short here; what is asserted is what happens, not when. */

const short: Timeouts = { ...defaultTimeouts, stalled: 60 };

async function withDoor(
  handle: CallHandler,
  run: (door: FrontDoor) => Promise<void>,
  timeouts: Timeouts = short,
): Promise<void> {
  const door = await openNodeDoor('127.0.0.1', 0, handle, { timeouts });
  try {
    await run(door);
  } finally {
    await door.close(0);
  }
}

/** Reads the whole payload, then answers its length; a fault is answered with its status. */
const reader: CallHandler = (call) => {
  let bytes = 0;
  const send = (status: number): void => {
    call.writeHead(status, 'x', ['Content-Length', '0', 'X-Bytes', String(bytes)]);
    call.end(undefined);
  };
  call.payload?.start({
    data: (chunk) => {
      bytes += chunk.length;
    },
    end: () => send(200),
    error: (error) => send((error as Error & { status: number }).status),
  });
  if (call.payload === undefined) send(200);
};

function open(port: number, bytes: string): { socket: Socket; closed: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  const closed = new Promise<string>((resolve) => {
    socket.on('data', (part) => {
      answer += part.toString('latin1');
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(answer));
  });
  socket.write(bytes);
  return { socket, closed };
}

const half = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello';

test('a payload that stops half-way is answered with 408, and its connection closed', async () => {
  await withDoor(reader, async ({ port }) => {
    const clients = Array.from({ length: 100 }, () => open(port, half));
    for (const { closed } of clients) {
      const answer = await closed;
      assert.deepEqual(statusesIn(answer), [408]);
      assert.match(answer, /connection: close/i);
    }
  });
});

test('a payload that comes slowly, but comes, is taken', async () => {
  await withDoor(
    reader,
    async ({ port }) => {
      const { socket, closed } = open(
        port,
        'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 8\r\n\r\n',
      );
      for (let sent = 0; sent < 8; sent++) {
        await pause(300);
        socket.write('x');
      }
      assert.match(await closed, /200 x[\s\S]*X-Bytes: 8/);
    },
    { ...short, stalled: 2_000 },
  );
});

test('a client that waits for a slow answer is not taken for one that stalls', async () => {
  const slow: CallHandler = (call) => {
    setTimeout(() => {
      call.writeHead(200, 'OK', ['Content-Length', '0']);
      call.end(undefined);
    }, 400);
  };
  await withDoor(slow, async ({ port }) => {
    assert.deepEqual(statusesIn(await sendRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')), [200]);
  });
});

test('a reader that stops reading is cut off, and the call is told', async () => {
  const told: boolean[] = [];
  const big = Buffer.alloc(64 * 1024 * 1024, 'x');
  const handle: CallHandler = (call) => {
    call.watcher = { closed: (complete) => told.push(complete) };
    call.writeHead(200, 'OK', ['Content-Length', String(big.length)]);
    call.end(big);
  };
  await withDoor(handle, async ({ port }) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    while (told.length === 0) await pause(10);
    assert.deepEqual(told, [false]);
    socket.destroy();
  });
});

test('a reader that reads slowly gets all of one long write', async () => {
  const big = Buffer.alloc(24 * 1024 * 1024, 'x');
  const handle: CallHandler = (call) => {
    call.writeHead(200, 'OK', ['Content-Length', String(big.length), 'Connection', 'close']);
    call.closeAfter();
    call.end(big);
  };
  await withDoor(
    handle,
    async ({ port }) => {
      const socket = connect(port, '127.0.0.1');
      let received = 0;
      socket.on('data', (chunk) => {
        received += chunk.length;
        socket.pause();
        setTimeout(() => socket.resume(), 10);
      });
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await new Promise((resolve) => socket.on('close', resolve));
      assert.ok(received > big.length, `${received} of ${big.length} bytes`);
    },
    { ...short, stalled: 3_000 },
  );
});

test('a head that does not end is answered with 408; other clients are served meanwhile', async () => {
  await withDoor(
    reader,
    async ({ port }) => {
      const slow = Array.from({ length: 50 }, () => open(port, 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow'));
      assert.deepEqual(statusesIn(await sendRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')), [200]);
      for (const { closed } of slow) assert.deepEqual(statusesIn(await closed), [408]);
    },
    { ...short, head: 300, request: 300 },
  );
});

test('requests that came at once run one at a time', async () => {
  let running = 0;
  let most = 0;
  const handle: CallHandler = (call) => {
    most = Math.max(most, ++running);
    setImmediate(() => {
      running--;
      call.writeHead(200, 'OK', ['Content-Length', '0']);
      call.end(undefined);
    });
  };
  await withDoor(handle, async ({ port }) => {
    const answers = await sendRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(500));
    assert.equal(statusesIn(answers).length, 500);
    assert.equal(most, 1);
  });
});

test('nothing is read from a client that does not read its answers', async () => {
  const body = Buffer.alloc(256 * 1024, 'x');
  const handle: CallHandler = (call) => {
    call.writeHead(200, 'OK', ['Content-Length', String(body.length)]);
    call.end(body);
  };
  const patient = { ...short, stalled: 60_000 };
  await withDoor(
    handle,
    async ({ port }) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => socket.destroy());
      socket.pause();
      const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(10_000);
      for (let sent = 0; sent < 100; sent++) socket.write(request);
      let before = -1;
      while (before !== socket.writableLength) {
        before = socket.writableLength;
        await pause(100);
      }
      assert.ok(before > 10 * request.length, `${before} bytes wait at the client`);
      socket.destroy();
    },
    patient,
  );
});
