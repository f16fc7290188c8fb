import { createServer } from 'node:net';
import { answerBody } from './answer.ts';
import { MessageReader } from './message-reader.ts';

/**
 * The server behind the proxies: bare sockets, so that it costs the shared second core little. Answers every request
 * with the small JSON, or with N bytes when the path holds `/size-N`.
 */
const answers = new Map<number, Buffer>();

function answerOf(head: string): Buffer {
  const line = head.slice(0, head.indexOf('\r\n'));
  const size = Number(/\/size-(\d+)/.exec(line)?.[1] ?? 0);
  let answer = answers.get(size);
  if (answer === undefined) {
    const body = size === 0 ? Buffer.from(answerBody) : Buffer.alloc(size, 'x');
    const fields = `Content-Type: application/json\r\nContent-Length: ${body.length}`;
    answer = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`), body]);
    answers.set(size, answer);
  }
  return answer;
}

const server = createServer({ noDelay: true }, (socket) => {
  const reader = new MessageReader(({ head }) => socket.write(answerOf(head)));
  socket.on('data', (chunk) => reader.push(chunk));
  // A proxy that is stopped resets its connections.
  socket.on('error', () => socket.destroy());
});

server.listen(0, '127.0.0.1', 4096, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The backend has no port');
  process.send?.(address.port);
});
process.on('disconnect', () => process.exit(0));
