/** Longest part of a body that is kept for checking. */
const keptBytes = 512;

const States = { head: 0, body: 1, chunkSize: 2, chunkData: 3, chunkEnd: 4, trailer: 5 } as const;
type State = (typeof States)[keyof typeof States];

/** A message that is complete: its head as text, and what is known of its body. */
export interface ReadMessage {
  /** Start line and header fields, without the empty line. */
  readonly head: string;
  readonly bodyLength: number;
  /** The first bytes of the body, Latin-1. */
  readonly bodyStart: string;
}

/**
 * Takes HTTP/1.1 messages off a connection, by Content-Length or chunked; a message with neither has no body. It trusts
 * its peer, as both ends belong to the bench, and counts body bytes where a real client would keep them.
 */
export class MessageReader {
  readonly #onMessage: (message: ReadMessage) => void;
  #state: State = States.head;
  #pending: Buffer | undefined;
  #head = '';
  #left = 0;
  #bodyLength = 0;
  #bodyStart = '';

  constructor(onMessage: (message: ReadMessage) => void) {
    this.#onMessage = onMessage;
  }

  push(received: Buffer): void {
    const chunk = this.#pending === undefined ? received : Buffer.concat([this.#pending, received]);
    this.#pending = undefined;
    let at = 0;
    while (at < chunk.length) {
      const next = this.#step(chunk, at);
      if (next === -1) {
        this.#pending = chunk.subarray(at);
        return;
      }
      at = next;
    }
  }

  /** Where reading goes on, or -1 when more bytes are needed first. */
  #step(chunk: Buffer, at: number): number {
    switch (this.#state) {
      case States.head:
        return this.#readHead(chunk, at);
      case States.body:
      case States.chunkData:
        return this.#readData(chunk, at);
      default:
        return this.#readLine(chunk, at);
    }
  }

  #readHead(chunk: Buffer, at: number): number {
    const end = chunk.indexOf('\r\n\r\n', at, 'latin1');
    if (end === -1) return -1;
    this.#head = chunk.toString('latin1', at, end);
    this.#bodyLength = 0;
    this.#bodyStart = '';
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head)?.[1];
    if (length !== undefined) {
      this.#left = Number(length);
      this.#state = States.body;
      if (this.#left === 0) this.#finish();
    } else if (/\r\ntransfer-encoding: *chunked/i.test(this.#head)) this.#state = States.chunkSize;
    else this.#finish();
    return end + 4;
  }

  #readData(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#left, chunk.length - at);
    if (this.#bodyStart.length < keptBytes) {
      this.#bodyStart += chunk.toString('latin1', at, at + Math.min(taken, keptBytes - this.#bodyStart.length));
    }
    this.#bodyLength += taken;
    this.#left -= taken;
    if (this.#left === 0) {
      if (this.#state === States.body) this.#finish();
      else this.#state = States.chunkEnd;
    }
    return at + taken;
  }

  #readLine(chunk: Buffer, at: number): number {
    const end = chunk.indexOf('\r\n', at, 'latin1');
    if (end === -1) return -1;
    if (this.#state === States.chunkEnd) this.#state = States.chunkSize;
    else if (this.#state === States.chunkSize) {
      this.#left = Number.parseInt(chunk.toString('latin1', at, end), 16);
      if (Number.isNaN(this.#left)) throw new Error('A chunk size is not a hexadecimal number');
      this.#state = this.#left === 0 ? States.trailer : States.chunkData;
    } else if (end === at) this.#finish();
    return end + 2;
  }

  #finish(): void {
    this.#state = States.head;
    this.#onMessage({ head: this.#head, bodyLength: this.#bodyLength, bodyStart: this.#bodyStart });
  }
}
