import { compileDateFormat } from '../language/date-format.ts';
import { type HashAlgorithm, hash } from '../language/hashes.ts';
import { Body } from '../message/body.ts';
import { type Exchange, Phase } from '../message/exchange.ts';
import { Headers } from '../message/headers.ts';
import { Message } from '../message/message.ts';
import { ScriptFailure, type ScriptSource } from './engine.ts';
import { type Heap, HeapError } from './heap.ts';
import { type CrossingValue, type HostOperations, kinds, type Plain } from './host.ts';
import { namesIn, readField, setValuesIn, valuesIn, writeField, xmlTree } from './message-view.ts';
import { ScriptValue } from './script-value.ts';
import { isComplete, Transaction } from './transaction.ts';

/** A run of a script, as the host sees it. */
export class HostRun {
  readonly exchange: Exchange;
  readonly source: ScriptSource;
  /** What the script is suspended for. */
  waiting: { readonly call: number; readonly milliseconds: number } | undefined;
  /** Calls whose callback has yet to run. */
  readonly callbacks = new Set<number>();
  /** Set when the script asked for what it may not have. */
  violation: ScriptFailure | undefined;

  constructor(exchange: Exchange, source: ScriptSource) {
    this.exchange = exchange;
    this.source = source;
    this.waiting = undefined;
    this.violation = undefined;
  }
}

/** The host's side of one heap. `run` is whose script runs at the moment; it is set at every entry. */
export class Operations implements HostOperations {
  #run: HostRun | undefined;
  #taken: unknown;
  #lastTransaction = 0;
  readonly #heap: () => Heap;
  readonly #transactions = new WeakMap<Exchange, Transaction>();
  /** Objects that scripts keep are let go with the exchange they belong to. */
  readonly #ended = new FinalizationRegistry<number>((transaction) => {
    try {
      if (!this.#heap().isBroken) this.#heap().release(transaction);
    } catch (error) {
      // A heap without memory is replaced whole; there is nothing left to let go.
      if (!(error instanceof HeapError)) throw error;
    }
  });

  constructor(heap: () => Heap) {
    this.#heap = heap;
  }

  /** Makes a run the current one while `action` runs. Entries may nest. */
  during<T>(run: HostRun, action: () => T): T {
    const outer = this.#run;
    this.#run = run;
    try {
      return action();
    } finally {
      this.#run = outer;
    }
  }

  transactionOf(exchange: Exchange): Transaction {
    const known = this.#transactions.get(exchange);
    if (known !== undefined) return known;
    const made = new Transaction(++this.#lastTransaction);
    this.#transactions.set(exchange, made);
    this.#ended.register(exchange, made.number);
    return made;
  }

  get #current(): HostRun {
    if (this.#run === undefined) throw new Error('No script is running');
    return this.#run;
  }

  get #exchange(): Exchange {
    return this.#current.exchange;
  }

  getVariable(name: string): Plain {
    const value = this.#exchange.read(name);
    if (value === undefined || value === null) return null;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    if (typeof value === 'bigint') return String(value);
    this.#taken = value;
    return undefined;
  }

  takeValue(): string {
    const value = this.#taken;
    this.#taken = undefined;
    return JSON.stringify(this.#crossing(value));
  }

  #crossing(value: unknown): CrossingValue {
    if (value instanceof Message) return { kind: 'message', message: this.#numberOf(value) };
    if (value instanceof ScriptValue) {
      const own = value.heap() === this.#heap() && value.transaction === this.transaction();
      if (own) return { kind: 'object', object: value.object };
    }
    // From another heap, or of another policy: a copy.
    return { kind: 'json', json: value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : (value ?? null) };
  }

  #numberOf(message: Message): number {
    const { request, response, error } = this.#exchange;
    const known = [request, response, error].indexOf(message);
    return known === -1 ? this.transactionOf(this.#exchange).numberOf(message) : known + 1;
  }

  setVariable(name: string, kind: number, text: string): void {
    if (kind === kinds.none) this.removeVariable(name);
    else
      this.#exchange.write(
        name,
        kind === kinds.number ? Number(text) : kind === kinds.boolean ? text === 'true' : text,
      );
  }

  setObject(name: string, object: number): void {
    this.#exchange.write(name, new ScriptValue(this.#heap, this.transaction(), object));
  }

  setMessage(name: string, message: number): void {
    this.#exchange.write(name, this.#message(message));
  }

  removeVariable(name: string): void {
    this.#exchange.remove(name);
  }

  flow(): string {
    const { phase, isError } = this.#exchange;
    if (phase === Phase.proxyRequest) return isError ? 'PROXY_RESP_FLOW' : 'PROXY_REQ_FLOW';
    if (phase === Phase.targetRequest) return isError ? 'TARGET_RESP_FLOW' : 'TARGET_REQ_FLOW';
    return phase === Phase.targetResponse ? 'TARGET_RESP_FLOW' : 'PROXY_RESP_FLOW';
  }

  message(role: string): number {
    const { phase, target, response, isError } = this.#exchange;
    if (role === 'request' || role === 'proxyRequest') return 1;
    if (role === 'targetRequest') return target === undefined ? 0 : 1;
    if (response === undefined || isError) return 0;
    if (role === 'targetResponse') return target === undefined ? 0 : 2;
    return role === 'response' || phase >= Phase.proxyResponse ? 2 : 0;
  }

  transaction(): number {
    return this.transactionOf(this.#exchange).number;
  }

  #message(number: number): Message {
    const { request, response, error } = this.#exchange;
    const message =
      number < Transaction.firstMessage
        ? [request, response, error][number - 1]
        : this.transactionOf(this.#exchange).message(number);
    if (message === undefined) throw new Error('The message is no longer there');
    return message;
  }

  field(message: number, name: string): Plain {
    return readField(this.#exchange, this.#message(message), name);
  }

  setField(message: number, name: string, text: string): void {
    writeField(this.#exchange, this.#message(message), name, text);
  }

  names(message: number, map: string): string {
    return JSON.stringify(namesIn(this.#message(message), map));
  }

  values(message: number, map: string, name: string): string | undefined {
    const values = valuesIn(this.#message(message), map, name);
    return values.length === 0 ? undefined : JSON.stringify(values);
  }

  setValues(message: number, map: string, name: string, values: string): void {
    setValuesIn(this.#message(message), map, name, JSON.parse(values) as string[]);
  }

  content(message: number): string {
    const one = this.#message(message);
    return one.body.inMemory ? one.content : '';
  }

  setContent(message: number, text: string): void {
    this.#message(message).content = text;
  }

  xml(message: number): string {
    return JSON.stringify(xmlTree(this.content(message)));
  }

  hash(algorithm: string, text: string, encoding: string): string {
    return hash(algorithm as HashAlgorithm, text, encoding === 'hex' ? 'hex' : 'base64');
  }

  formatDate(pattern: string, zone: string, time: number): string {
    return compileDateFormat(pattern)(time, zone);
  }

  print(text: string): void {
    this.#current.source.print?.(this.#exchange, text);
  }

  send(request: string, hasCallback: number): number {
    const { url, method, headers, body } = JSON.parse(request) as OutgoingRequest;
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
    if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
      this.#forbid(`httpClient cannot open ${scheme} URLs`);
    const message = new Message('request', new Headers([]), Body.ofText(body));
    for (const [name, value] of headers) message.headers.add(name, value);
    message.verb = method;
    writeField(this.#exchange, message, 'url', url);
    const run = this.#current;
    const call = this.transactionOf(run.exchange).send(run.exchange, run.source, message, url, hasCallback === 1);
    if (hasCallback === 1) run.callbacks.add(call);
    return call;
  }

  #forbid(message: string): never {
    this.#current.violation = new ScriptFailure('security', message);
    throw this.#current.violation;
  }

  isComplete(number: number): boolean {
    const call = this.transactionOf(this.#exchange).call(number);
    return call === undefined || isComplete(call);
  }

  result(number: number): string | undefined {
    const call = this.transactionOf(this.#exchange).call(number);
    if (call?.response !== undefined) return JSON.stringify({ message: this.#numberOf(call.response) });
    return call?.error === undefined ? undefined : JSON.stringify({ error: call.error });
  }

  wait(call: number, milliseconds: number): void {
    this.#current.waiting = { call, milliseconds };
  }
}

interface OutgoingRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}
