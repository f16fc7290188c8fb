import { STATUS_CODES } from 'node:http';
import { Fault, faultBody, flowFaults } from '../fault.ts';
import type { Body, BodySink, BodySource } from '../message/body.ts';
import { isHopByHop } from '../message/hop-by-hop.ts';
import type { Message } from '../message/message.ts';
import type { Call, CallWriter } from './call.ts';

/**
 * Writes an answer to its connection. The head goes out with the first bytes of the payload, in one write where that is
 * all: a payload that breaks before its first byte can still become an error answer.
 */
export function respond(call: Call, answer: Message, verb: string, end: End = endNow): void {
  const { body } = answer;
  const source = body.takeSource();
  if (answer.status < 200 || source?.tunnel !== undefined) {
    switchOrRefuse(call, answer, source, verb, end);
    return;
  }
  if (source !== undefined && !hasPayload(answer.status)) {
    source.cancel();
    respondInMemory(call, answer, verb, body, end);
  } else if (source === undefined) respondInMemory(call, answer, verb, body, end);
  else source.start(new StreamedAnswer(call, answer, source));
}

/** Joins client and target after a 101 that was asked for. A policy that changes the status has decided otherwise. */
function switchOrRefuse(call: Call, answer: Message, source: BodySource | undefined, verb: string, end: End): void {
  if (answer.status === 101 && source?.tunnel !== undefined && call.upgrade !== undefined) {
    call.switchProtocols(answer.reason, fieldsOf(answer, false), source.tunnel);
    return;
  }
  source?.cancel();
  // An interim status is no answer: the client would wait for one (RFC 9110 section 15.2).
  if (answer.status < 200) respondFault(call, new Fault(flowFaults.unexpectedEOFAtTarget), end);
  else respondInMemory(call, answer, verb, answer.body, end);
}

/** Apigee's error body for a fault outside any proxy, or one that comes too late for its fault rules. */
export function respondFault(call: Call, fault: Fault, end: End = endNow, more: readonly string[] = []): void {
  const text = faultBody(fault);
  call.writeHead(fault.status, STATUS_CODES[fault.status] ?? '', [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(Buffer.byteLength(text)),
    ...more,
  ]);
  end(call, text);
}

/** Writes the payload, the last of an answer, and ends it. */
export type End = (call: Call, payload: Buffer | string | undefined) => void;

const endNow: End = (call, payload) => {
  call.end(payload);
};

/** Statuses that never have a payload (RFC 9110 sections 15.2, 15.3.5, 15.4.5). */
function hasPayload(status: number): boolean {
  return status !== 204 && status !== 304 && status >= 200;
}

function respondInMemory(call: Call, answer: Message, verb: string, body: Body, end: End): void {
  const described = verb === 'HEAD' || answer.status === 304;
  const fields = fieldsOf(answer, described && body.isEmpty);
  if (!hasPayload(answer.status)) {
    writeHead(call, answer, fields);
    end(call, undefined);
    return;
  }
  if (!described || !body.isEmpty) fields.push('Content-Length', String(body.length));
  writeHead(call, answer, fields);
  end(call, body.outgoing);
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
function writeHead(call: Call, answer: Message, fields: string[]): void {
  const reason = answer.reason;
  try {
    call.writeHead(answer.status, reason, fields);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // A text beyond Latin-1 goes out as its UTF-8 bytes, the only way a field can carry it (RFC 9110 section 5.5).
    call.writeHead(answer.status, asBytes(reason), fields.map(asBytes));
  }
}

function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Passes a payload on as it arrives; the source waits while the client reads slowly. */
class StreamedAnswer implements BodySink, CallWriter {
  readonly #call: Call;
  readonly #answer: Message;
  readonly #source: BodySource;
  #started = false;
  #over = false;

  constructor(call: Call, answer: Message, source: BodySource) {
    this.#call = call;
    this.#answer = answer;
    this.#source = source;
    call.writer = this;
  }

  drained(): void {
    this.#source.resume();
  }

  closed(): void {
    if (!this.#over) this.#source.cancel();
    this.#over = true;
  }

  data(chunk: Uint8Array): void {
    if (this.#over) return;
    const { declaredLength } = this.#source;
    if (!this.#started) {
      this.#start();
      if (chunk.length === declaredLength) {
        this.#over = true;
        this.#call.end(chunk);
        return;
      }
    }
    if (!this.#call.write(chunk)) this.#source.pause();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#started) this.#start();
    this.#call.end(undefined);
  }

  error(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#started) {
      // Never a body that looks complete: the client sees a broken transfer (RFC 9112 section 8).
      this.#call.abort();
      return;
    }
    respondFault(this.#call, error instanceof Fault ? error : new Fault(flowFaults.unexpectedEOFAtTarget));
  }

  #start(): void {
    this.#started = true;
    const fields = fieldsOf(this.#answer, false);
    const { declaredLength } = this.#source;
    if (declaredLength !== undefined) fields.push('Content-Length', String(declaredLength));
    writeHead(this.#call, this.#answer, fields);
  }
}
