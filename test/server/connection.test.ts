import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import type { Call } from '../../runtime/server/call.ts';
import { Connection } from '../../runtime/server/connection.ts';
import { Llhttp } from '../../runtime/server/llhttp.ts';
import { statusesIn } from '../support/raw.ts';

const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n';

/** What a client gets whose connection stands still at some point until its deadline passes. */
const rows: readonly (readonly [
  name: string,
  bytes: string,
  statuses: readonly number[],
  handle?: (call: Call) => void,
])[] = [
  ['nothing was sent', '', []],
  ['a head is begun', 'POST / HT', [408]],
  ['a head is not ended', head, [408]],
  ['a payload is begun', `${head}\r\nhello`, [408], (call) => call.payload?.start(sink)],
  ['a payload is expected', `${head}Expect: 100-continue\r\n\r\n`, [100, 408], (call) => call.payload?.start(sink)],
  [
    'the payload of an answered request is begun',
    `${head}\r\nhello`,
    [200],
    (call) => {
      call.writeHead(200, 'OK', ['Content-Length', '0']);
      call.end(undefined);
    },
  ],
  [
    'an answer is begun',
    `${head}\r\nhello`,
    [200],
    (call) => {
      call.payload?.start(sink);
      call.writeHead(200, 'OK', ['Content-Length', '5']);
      call.write('he');
    },
  ],
  ['the second head is begun', `GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /`, [200, 408], answerAll],
  ['a request was answered', `GET / HTTP/1.1\r\nHost: a\r\n\r\n`, [200], answerAll],
];

const sink = { data: (): void => undefined, end: (): void => undefined, error: (): void => undefined };

function answerAll(call: Call): void {
  call.writeHead(200, 'OK', ['Content-Length', '0']);
  call.end(undefined);
}

test('a connection whose deadline passes', async (suite) => {
  const llhttp = new Llhttp();
  for (const [name, bytes, statuses, handle = (): void => undefined] of rows) {
    await suite.test(`${name}: ${statuses.join(', ') || 'closed'}`, async () => {
      const door = { handle, llhttp, now: 0, date: new Date(0).toUTCString(), draining: false, left: () => undefined };
      const connections: Connection[] = [];
      const server = createServer({ allowHalfOpen: true }, (socket) => connections.push(new Connection(socket, door)));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
      });
      await once(socket, 'connect');
      socket.write(bytes);
      await new Promise((resolve) => setTimeout(resolve, 50));
      door.now = 1_000_000;
      for (const connection of connections) {
        assert.ok(connection.deadline < door.now, 'it waits for ever');
        connection.expire();
      }
      await once(socket, 'close');
      server.close();
      assert.deepEqual(statusesIn(answer), statuses);
    });
  }
});
