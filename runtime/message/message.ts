import { STATUS_CODES } from 'node:http';
import { Body } from './body.ts';
import { Headers } from './headers.ts';
import { Parameters } from './query.ts';

export type MessageKind = 'request' | 'response';

/**
 * A request or a response: what flow variables call a message. Parameters are parsed when first asked for, and the raw
 * text stays the truth until somebody writes one.
 */
export class Message {
  readonly kind: MessageKind;
  headers: Headers;
  #body: Body;
  /** Whether another message has the same payload, and may still read it. */
  #borrowed: boolean;
  verb: string;
  path: string;
  /** `1.1`, without `HTTP/`. */
  version: string;
  status: number;
  /** The protocol that the sender of a request asks to switch to, and that is passed through to a target. */
  upgrade: string | undefined;
  #reason: string | undefined;
  #queryText: string;
  #query: Parameters | undefined;
  #form: Parameters | undefined;

  constructor(kind: MessageKind, headers: Headers, body: Body) {
    this.kind = kind;
    this.headers = headers;
    this.#body = body;
    this.#borrowed = false;
    this.verb = 'GET';
    this.path = '';
    this.version = '1.1';
    this.status = 200;
    this.upgrade = undefined;
    this.#reason = undefined;
    this.#queryText = '';
    this.#query = undefined;
    this.#form = undefined;
  }

  static request(): Message {
    return new Message('request', new Headers([]), Body.empty);
  }

  static response(): Message {
    return new Message('response', new Headers([]), Body.empty);
  }

  /** The reason phrase: as set, else the standard one of the status. */
  get reason(): string {
    return this.#reason ?? STATUS_CODES[this.status] ?? '';
  }

  set reason(text: string | undefined) {
    this.#reason = text;
  }

  /** The reason phrase that was set or received, undefined when there was none. */
  get ownReason(): string | undefined {
    return this.#reason;
  }

  get body(): Body {
    return this.#body;
  }

  /** Replaces the payload by one that stands as it is: a Content-Encoding no longer applies. */
  set body(body: Body) {
    if (this.headers.has('content-encoding')) this.headers.remove('content-encoding');
    this.discardBody();
    this.#body = body;
    this.#borrowed = false;
    this.#form = undefined;
  }

  /** Takes over another message's payload together with the headers that describe it. */
  adoptBody(body: Body): void {
    this.discardBody();
    this.#body = body;
    this.#borrowed = true;
    this.#form = undefined;
  }

  /**
   * A response whose payload nobody will read must not keep its connection waiting. The rest of a request is the
   * server's concern, and may still be read by the caller of a chain.
   */
  discardBody(): void {
    if (this.kind === 'response' && !this.#borrowed) this.#body.discard();
  }

  /** Payload as text. Only once it is in memory. @throws Fault when Content-Encoding does not fit */
  get content(): string {
    const encoding = this.headers.line('content-encoding');
    return this.#body.text(encoding, charsetOf(this.headers.line('content-type')));
  }

  set content(text: string) {
    this.body = Body.ofText(text);
  }

  /** Raw query string, without `?`. */
  get querystring(): string {
    return this.#query === undefined ? this.#queryText : this.#query.toString();
  }

  set querystring(text: string) {
    this.#queryText = text;
    this.#query = undefined;
  }

  get query(): Parameters {
    this.#query ??= new Parameters(this.#queryText);
    return this.#query;
  }

  /** Path and query, as in a request line. */
  get uri(): string {
    const query = this.querystring;
    return query === '' ? this.path : `${this.path}?${query}`;
  }

  get hasForm(): boolean {
    return isForm(this.headers.line('content-type'));
  }

  /** Form parameters of an `application/x-www-form-urlencoded` payload; empty for any other. Only once it is in memory. */
  get form(): Parameters {
    this.#form ??= new Parameters(this.hasForm ? this.content : '');
    return this.#form;
  }

  /** Writes changed form parameters back into the payload, which becomes a form if it was none. */
  writeForm(): void {
    const form = this.form;
    if (!this.hasForm) this.headers.set('Content-Type', 'application/x-www-form-urlencoded');
    this.body = Body.ofText(form.toString());
    this.#form = form;
  }

  /** Clears headers, parameters and payload. */
  clear(): void {
    this.headers = new Headers([]);
    this.querystring = '';
    this.adoptBody(Body.empty);
  }
}

/** The media type without parameters, lower case; undefined for none. */
export function mediaType(contentType: string | undefined): string | undefined {
  if (contentType === undefined) return undefined;
  const semicolon = contentType.indexOf(';');
  return (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

function isForm(contentType: string | undefined): boolean {
  return contentType !== undefined && mediaType(contentType) === 'application/x-www-form-urlencoded';
}

function charsetOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !contentType.includes(';')) return undefined;
  const match = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType);
  return match?.[1]?.toLowerCase();
}
