import { connect, type Socket } from 'node:net';
import { cpuBetween, readCpuTime } from './cpu-time.ts';
import { MessageReader, type ReadMessage } from './message-reader.ts';

/** One round of load, as the bench orders it from the process that runs this file. */
export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  /** Requests before measuring begins. */
  readonly warmup: number;
  /** Requests that are measured. */
  readonly requests: number;
  /** Seconds after which no more are sent, however many are left. */
  readonly mostSeconds: number;
  /** Request line and header fields, with the empty line. */
  readonly head: string;
  readonly bodyBytes: number;
  readonly expected: ExpectedAnswer;
  /** Processes whose CPU time is measured. */
  readonly pids: readonly number[];
}

/** What every single answer must be; another one ends the bench. */
export interface ExpectedAnswer {
  readonly status: number;
  /** Header fields in lower case, `name: value`, each of which must be there. */
  readonly fields: readonly string[];
  /** Text that begins within the first bytes of the body. */
  readonly text: string | undefined;
  readonly bodyLength: number;
}

export interface LoadResult {
  /** Requests that were measured. */
  readonly requests: number;
  readonly cpuNanoseconds: number;
  readonly nanoseconds: number;
}

export type LoadReply = { readonly result: LoadResult } | { readonly failure: string };

/** Milliseconds without any answer after which a round has failed. */
const patience = 20_000;

/**
 * Opens the connections, sends the warm-up, reads the server's CPU time, sends the measured requests, reads it again.
 * Closed loop: a connection sends its next request when its answer is complete.
 */
class Round {
  readonly #order: LoadOrder;
  readonly #request: Buffer;
  readonly #sockets: Socket[] = [];
  readonly #settle: (reply: LoadReply) => void;
  readonly #watch: NodeJS.Timeout;
  /** Connections that are not open yet. */
  #open: number;
  #toSend: number;
  #toReceive: number;
  #answers = 0;
  #seen = 0;
  #measuring = false;
  #requests = 0;
  #deadline = 0;
  #over = false;
  #cpu = readCpuTime([]);
  #start = 0n;

  constructor(order: LoadOrder, settle: (reply: LoadReply) => void) {
    this.#order = order;
    this.#settle = settle;
    this.#request = Buffer.concat([Buffer.from(order.head, 'latin1'), Buffer.alloc(order.bodyBytes, 'x')]);
    const warmup = Math.max(order.warmup, order.connections);
    this.#open = order.connections;
    this.#toSend = warmup;
    this.#toReceive = warmup;
    this.#watch = setInterval(() => this.#checkProgress(), patience);
    for (let index = 0; index < order.connections; index++) this.#connect();
  }

  #connect(): void {
    const socket = connect({ port: this.#order.port, host: '127.0.0.1', noDelay: true });
    const reader = new MessageReader((message) => this.#receive(socket, message));
    this.#sockets.push(socket);
    socket.on('connect', () => this.#connected());
    socket.on('data', (chunk) => {
      if (this.#over) return;
      try {
        reader.push(chunk);
      } catch (error) {
        this.#fail(String(error));
      }
    });
    socket.on('error', (error) => this.#fail(`the connection broke: ${error.message}`));
    socket.on('close', () => this.#fail(`the server closed a connection after ${this.#answers} answers`));
  }

  #connected(): void {
    this.#open--;
    if (this.#open === 0) this.#sendAll();
  }

  #sendAll(): void {
    for (const socket of this.#sockets) this.#send(socket);
  }

  #send(socket: Socket): void {
    if (this.#toSend === 0) return;
    this.#toSend--;
    socket.write(this.#request);
  }

  #receive(socket: Socket, message: ReadMessage): void {
    const wrong = mistakeIn(message, this.#order.expected);
    if (wrong !== undefined) {
      this.#fail(`${wrong}; the answer was:\n${message.head}\n\n${message.bodyStart.slice(0, 200)}`);
      return;
    }
    this.#answers++;
    this.#toReceive--;
    if (this.#measuring && this.#toSend > 0 && performance.now() > this.#deadline) this.#stopSending();
    if (this.#toReceive > 0) this.#send(socket);
    else if (this.#measuring) this.#end();
    else this.#measure();
  }

  #stopSending(): void {
    this.#toReceive -= this.#toSend;
    this.#requests -= this.#toSend;
    this.#toSend = 0;
  }

  #measure(): void {
    this.#measuring = true;
    this.#requests = this.#order.requests;
    this.#deadline = performance.now() + this.#order.mostSeconds * 1000;
    this.#toSend = this.#order.requests;
    this.#toReceive = this.#order.requests;
    this.#cpu = readCpuTime(this.#order.pids);
    this.#start = process.hrtime.bigint();
    this.#sendAll();
  }

  #end(): void {
    const nanoseconds = Number(process.hrtime.bigint() - this.#start);
    const cpuNanoseconds = cpuBetween(this.#cpu, readCpuTime(this.#order.pids));
    this.#close({ result: { requests: this.#requests, cpuNanoseconds, nanoseconds } });
  }

  #checkProgress(): void {
    if (this.#answers === this.#seen) this.#fail(`no answer within ${patience} ms, after ${this.#answers} answers`);
    this.#seen = this.#answers;
  }

  #fail(failure: string): void {
    if (!this.#over) this.#close({ failure });
  }

  #close(reply: LoadReply): void {
    this.#over = true;
    clearInterval(this.#watch);
    for (const socket of this.#sockets) socket.destroy();
    this.#settle(reply);
  }
}

function mistakeIn(message: ReadMessage, expected: ExpectedAnswer): string | undefined {
  const { head, bodyLength, bodyStart } = message;
  if (Number(head.slice(9, 12)) !== expected.status) return `status ${expected.status} was expected`;
  if (bodyLength !== expected.bodyLength)
    return `a body of ${expected.bodyLength} bytes was expected, not ${bodyLength}`;
  if (expected.text !== undefined && !bodyStart.includes(expected.text)) return `"${expected.text}" was expected`;
  if (expected.fields.length === 0) return undefined;
  const fields = head.toLowerCase();
  const missing = expected.fields.find((field) => !fields.includes(field));
  return missing === undefined ? undefined : `the header field "${missing}" was expected`;
}

process.on('message', (order: LoadOrder) => {
  new Round(order, (reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit(0));
