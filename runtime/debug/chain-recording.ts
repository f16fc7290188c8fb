import { isUtf8 } from 'node:buffer';
import { Fault } from '../fault.ts';
import type { Body } from '../message/body.ts';
import { type Message, mediaType } from '../message/message.ts';
import { type Direction, isQuery, type Mask } from './mask.ts';
import { Secrets } from './secrets.ts';
import type { TraceBody, TraceCall, TraceMessage } from './trace.ts';
import { scrubCall } from './trace-scrub.ts';

/** A payload that is looked at when the chain is over: contents never change, and it may still be arriving. */
interface Seen {
  readonly body: Body;
  readonly shown: TraceBody;
  readonly direction: Direction;
  readonly type: string;
  readonly charset: string | undefined;
  readonly encoding: string | undefined;
  /** The first bytes of a payload that passes by. */
  readonly chunks: Uint8Array[];
  kept: number;
  passed: number;
}

/** Points of one chain: a loop that makes thousands of calls must not fill the memory. zerohop's choice. */
const mostPoints = 20_000;

/** What the recordings of one chain have in common. */
export class ChainRecording {
  readonly mask: Mask;
  readonly secrets = new Secrets();
  /** Bytes of a payload, and characters of a variable, that are kept. */
  readonly limit: number;
  /** Nothing is added any more. */
  isClosed = false;
  /** Calls in the order they began. */
  readonly calls: TraceCall[] = [];
  readonly #seen = new Map<Body, Seen>();
  #pointsLeft = mostPoints;

  constructor(mask: Mask, limit: number) {
    this.mask = mask;
    this.limit = limit;
  }

  /** Whether there is room for one more point. */
  takePoint(): boolean {
    return this.#pointsLeft-- > 0;
  }

  message(message: Message, kind: TraceMessage['kind']): TraceMessage {
    const { mask, secrets } = this;
    const { raw } = message.headers;
    const headers = [];
    for (let at = 0; at < raw.length; at += 2) {
      const name = raw[at] ?? '';
      headers.push({ name, value: mask.header(name, raw[at + 1] ?? '', secrets) });
    }
    const isRequest = message.kind === 'request';
    return {
      kind,
      verb: isRequest ? message.verb : null,
      uri: isRequest ? mask.uri(message.uri, secrets) : null,
      status: isRequest ? null : message.status,
      reason: isRequest ? null : message.reason,
      headers,
      body: this.#body(message, kind === 'error' ? 'fault' : kind),
    };
  }

  /** A value as text: masked, and no longer than the limit. */
  value(name: string, text: string): string {
    const { mask, secrets, limit } = this;
    const value = mask.variable(name, text, secrets);
    const safe = /^\s{0,99}[{[<]/.test(value) ? this.#document(name, value) : this.#plain(value);
    return safe.length > limit ? `${secrets.scrub(safe).slice(0, limit)}…` : safe;
  }

  #document(name: string, text: string): string {
    const direction = /^request\b/.test(name) ? 'request' : /^error\b/.test(name) ? 'fault' : 'response';
    const payload = { direction, text, type: '', isWhole: true, keep: this.limit } as const;
    return this.mask.body(payload, this.secrets) ?? '[withheld]';
  }

  #plain(text: string): string {
    const part = text.slice(0, this.limit + 8192);
    return isQuery.test(part) ? this.mask.uri(part, this.secrets) : part;
  }

  /** The chain is over: payloads are read, and what turned out to be secret is hidden everywhere. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const seen of this.#seen.values()) this.#settle(seen);
    this.#seen.clear();
    this.secrets.sort();
    if (this.secrets.isEmpty) return;
    for (const call of this.calls) scrubCall(call, this.secrets);
  }

  #body(message: Message, direction: Direction): TraceBody {
    const { body, headers } = message;
    const before = this.#seen.get(body);
    if (before !== undefined) return before.shown;
    const shown: TraceBody = { text: null, bytes: null, truncated: false, note: null };
    const contentType = headers.line('content-type');
    const seen: Seen = {
      body,
      shown,
      direction,
      type: mediaType(contentType) ?? '',
      charset: /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase(),
      encoding: headers.line('content-encoding'),
      chunks: [],
      kept: 0,
      passed: 0,
    };
    this.#seen.set(body, seen);
    body.observe((chunk) => {
      seen.passed += chunk.length;
      if (this.isClosed || seen.kept >= this.limit) return;
      // A copy: the chunk belongs to whoever reads it.
      const part = Buffer.from(chunk.subarray(0, this.limit - seen.kept));
      seen.kept += part.length;
      seen.chunks.push(part);
    });
    return shown;
  }

  #settle(seen: Seen): void {
    const { body, shown } = seen;
    const passedBy = !body.inMemory || (body.isEmpty && seen.passed > 0);
    if (passedBy && seen.passed === 0) {
      shown.note = 'not read';
      return;
    }
    shown.bytes = passedBy ? seen.passed : body.length;
    const isWhole = !passedBy || seen.kept === seen.passed;
    const text = passedBy ? textOfBytes(Buffer.concat(seen.chunks), seen, isWhole) : textOfBody(body, seen);
    if (text === undefined) {
      shown.note = 'binary';
      return;
    }
    const { direction, type } = seen;
    const masked = this.mask.body({ direction, text, type, isWhole, keep: this.limit }, this.secrets);
    if (masked === undefined) {
      shown.note = 'withheld';
      return;
    }
    // Hidden before it is cut: what is left of a secret is one too.
    const clean = this.secrets.scrub(masked);
    shown.truncated = !isWhole || clean.length > this.limit;
    shown.text = clean.length > this.limit ? clean.slice(0, this.limit) : clean;
  }
}

/** Undefined when it is no text. */
function textOfBody(body: Body, { encoding, charset }: Seen): string | undefined {
  try {
    const plain = body.decoded(encoding);
    return isLatin(charset) ? plain.toString('latin1') : isText(plain) ? plain.toString('utf8') : undefined;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

function textOfBytes(bytes: Buffer, { encoding, charset }: Seen, isWhole: boolean): string | undefined {
  // A part of a compressed payload cannot be read; the end of a part may be half a character.
  if (encoding !== undefined && encoding !== 'identity') return undefined;
  if (isLatin(charset)) return bytes.toString('latin1');
  for (let cut = 0; cut < (isWhole ? 1 : 4); cut++) {
    const part = bytes.subarray(0, bytes.length - cut);
    if (isText(part)) return part.toString('utf8');
  }
  return undefined;
}

function isLatin(charset: string | undefined): boolean {
  return charset === 'iso-8859-1' || charset === 'latin1';
}

function isText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.subarray(0, 8192).includes(0);
}
