import type { ServerResponse } from 'node:http';
import { Fault, faultBody, flowFaults } from '../fault.ts';
import type { Body, BodySink, BodySource } from '../message/body.ts';
import { isHopByHop } from '../message/hop-by-hop.ts';
import type { Message } from '../message/message.ts';

/**
 * Writes an answer to its connection. The head goes out with the first bytes of the payload, in one write where that is
 * all: a payload that breaks before its first byte can still become an error answer.
 */
export function respond(response: ServerResponse, answer: Message, verb: string, end: End = endNow): void {
  const { body } = answer;
  const source = body.takeSource();
  if (source !== undefined && !hasPayload(answer.status)) {
    source.cancel();
    respondInMemory(response, answer, verb, body, end);
  } else if (source === undefined) respondInMemory(response, answer, verb, body, end);
  else source.start(new StreamedAnswer(response, answer, source));
}

/** Apigee's error body for a fault outside any proxy, or one that comes too late for its fault rules. */
export function respondFault(response: ServerResponse, fault: Fault, end: End = endNow): void {
  const text = faultBody(fault);
  response.writeHead(fault.status, [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(Buffer.byteLength(text)),
  ]);
  end(response, text);
}

/** Writes the payload, the last of an answer, and ends it. */
export type End = (response: ServerResponse, payload: Buffer | string | undefined) => void;

const endNow: End = (response, payload) => {
  response.end(payload);
};

/** Statuses that never have a payload (RFC 9110 sections 15.2, 15.3.5, 15.4.5). */
function hasPayload(status: number): boolean {
  return status !== 204 && status !== 304 && status >= 200;
}

function respondInMemory(response: ServerResponse, answer: Message, verb: string, body: Body, end: End): void {
  const described = verb === 'HEAD' || answer.status === 304;
  const fields = fieldsOf(answer, described && body.isEmpty);
  if (!hasPayload(answer.status)) {
    writeHead(response, answer, fields);
    end(response, undefined);
    return;
  }
  if (!described || !body.isEmpty) fields.push('Content-Length', String(body.length));
  writeHead(response, answer, fields);
  end(response, body.outgoing);
}

/** What goes out: fields of the connection left out; the length too, unless it describes a payload that is not sent. */
function fieldsOf(answer: Message, keepsLength: boolean): string[] {
  const { raw } = answer.headers;
  const fields: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (isHopByHop(name) || (!keepsLength && isContentLength(name))) continue;
    fields.push(name, raw[at + 1] ?? '');
  }
  return fields;
}

function isContentLength(name: string): boolean {
  return name.length === 14 && name.toLowerCase() === 'content-length';
}

/** @throws TypeError when a text cannot be written even as bytes */
function writeHead(response: ServerResponse, answer: Message, fields: string[]): void {
  const reason = answer.reason;
  try {
    response.writeHead(answer.status, reason, fields);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // A text beyond Latin-1 goes out as its UTF-8 bytes, the only way a field can carry it (RFC 9110 section 5.5).
    response.writeHead(answer.status, asBytes(reason), fields.map(asBytes));
  }
}

function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Passes a payload on as it arrives; the source waits while the client reads slowly. */
class StreamedAnswer implements BodySink {
  readonly #response: ServerResponse;
  readonly #answer: Message;
  readonly #source: BodySource;
  #started = false;
  #over = false;

  constructor(response: ServerResponse, answer: Message, source: BodySource) {
    this.#response = response;
    this.#answer = answer;
    this.#source = source;
    response.on('close', () => {
      if (!this.#over) source.cancel();
      this.#over = true;
    });
  }

  data(chunk: Uint8Array): void {
    if (this.#over) return;
    const { declaredLength } = this.#source;
    if (!this.#started) {
      this.#start();
      if (chunk.length === declaredLength) {
        this.#over = true;
        this.#response.end(chunk);
        return;
      }
      this.#response.on('drain', () => this.#source.resume());
    }
    if (!this.#response.write(chunk)) this.#source.pause();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#started) this.#start();
    this.#response.end();
  }

  error(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#started) {
      // Never a body that looks complete: the client sees a broken transfer (RFC 9112 section 8).
      this.#response.destroy();
      return;
    }
    respondFault(this.#response, error instanceof Fault ? error : new Fault(flowFaults.unexpectedEOFAtTarget));
  }

  #start(): void {
    this.#started = true;
    const fields = fieldsOf(this.#answer, false);
    const { declaredLength } = this.#source;
    if (declaredLength !== undefined) fields.push('Content-Length', String(declaredLength));
    writeHead(this.#response, this.#answer, fields);
  }
}
