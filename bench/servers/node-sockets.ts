import { connect, createServer, type Socket } from 'node:net';
import { answerBody } from '../answer.ts';
import { MessageReader } from '../message-reader.ts';
import { readTask } from './task.ts';

/**
 * The limit: bare sockets on both sides, with a parser that trusts its peers. No product may be this careless; it shows
 * what Node.js and the kernel cost alone. A chain runs in memory and does what a hop cannot leave out: own variables,
 * loop check, count, one response header.
 */
const { workload, port, backendPort } = readTask();
const counts = new Map<number, number>();
const staticHead = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${answerBody.length}`;

interface Flow {
  readonly hop: number;
  readonly parent: Flow | undefined;
  readonly variables: Map<string, string>;
}

/** Runs the hops from the outermost to the end and gives the fields they add. */
function runHops(hop: number, parent: Flow | undefined): string {
  for (let above = parent; above !== undefined; above = above.parent) {
    if (above.hop === hop) throw new Error('A loop');
  }
  const flow: Flow = { hop, parent, variables: new Map([['hop', String(hop)]]) };
  counts.set(hop, (counts.get(hop) ?? 0) + 1);
  const inner = hop > 1 ? runHops(hop - 1, flow) : '';
  return `${inner}\r\nX-Hop-${hop}: hop-${hop}`;
}

/** Backend connections that no request uses. */
const idle: BackendConnection[] = [];

class BackendConnection {
  readonly #socket: Socket;
  #answer: (message: string) => void = () => undefined;

  constructor() {
    this.#socket = connect({ port: backendPort, host: '127.0.0.1', noDelay: true });
    const reader = new MessageReader(({ head, bodyStart }) => {
      idle.push(this);
      const body = head.indexOf('\r\n');
      this.#answer(`HTTP/1.1 200 OK${head.slice(body)}\0${bodyStart}`);
    });
    this.#socket.on('data', (chunk) => reader.push(chunk));
    this.#socket.on('error', () => process.exit(1));
  }

  send(request: string, answer: (message: string) => void): void {
    this.#answer = answer;
    this.#socket.write(request, 'latin1');
  }
}

function forward(head: string, added: string, client: Socket): void {
  const path = head.indexOf(' ') + 1;
  const suffix = head.indexOf('/', path + 1);
  const connection = idle.pop() ?? new BackendConnection();
  connection.send(`${head.slice(0, path)}${head.slice(suffix)}\r\n\r\n`, (message) => {
    const end = message.indexOf('\0');
    client.write(`${message.slice(0, end)}${added}\r\n\r\n${message.slice(end + 1)}`, 'latin1');
  });
}

function receive(head: string, client: Socket): void {
  if (workload.kind === 'static') {
    client.write(`${staticHead}\r\n\r\n${answerBody}`, 'latin1');
    return;
  }
  const added = workload.kind === 'chain' ? runHops(workload.depth, undefined) : '';
  if (workload.kind === 'chain' && workload.end === 'static') {
    client.write(`${staticHead}${added}\r\n\r\n${answerBody}`, 'latin1');
    return;
  }
  forward(head, added, client);
}

const server = createServer({ noDelay: true }, (client) => {
  const reader = new MessageReader(({ head }) => receive(head, client));
  client.on('data', (chunk) => reader.push(chunk));
  client.on('error', () => client.destroy());
});
server.listen(port, '127.0.0.1', 4096);
