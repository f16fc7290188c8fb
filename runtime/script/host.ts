/**
 * What the object model inside a heap may ask of the runtime. Only plain values cross: no object of the host ever gets
 * inside, so there is nothing to climb out on. Every call is about the exchange whose script runs at the moment.
 */
export type Plain = string | number | boolean | null | undefined;

/** Marks, as first character of a text that crosses: what follows is JSON, or the message of an error to throw. */
export const wireMarks = { json: '\u0001', error: '\u0002' } as const;

/** Kinds of plain values where a text stands for one. */
export const kinds = { none: 0, text: 1, number: 2, boolean: 3 } as const;

/** What crosses to the host, by operation: `s` a text, `n` a number. Engines need not ask a value what it is. */
export const signatures: Readonly<Record<keyof HostOperations, string>> = {
  getVariable: 's',
  takeValue: '',
  setVariable: 'sns',
  setObject: 'sn',
  setMessage: 'sn',
  removeVariable: 's',
  flow: '',
  message: 's',
  transaction: '',
  field: 'ns',
  setField: 'nss',
  names: 'ns',
  values: 'nss',
  setValues: 'nsss',
  content: 'n',
  setContent: 'ns',
  xml: 'n',
  hash: 'sss',
  formatDate: 'ssn',
  print: 's',
  send: 'sn',
  isComplete: 'n',
  result: 'n',
  wait: 'nn',
};

/** `message` is a number the runtime gave out: 1 the request, 2 the response, 3 the error, others from `httpClient`. */
export interface HostOperations {
  /** null: no such variable. undefined: no plain value, `takeValue` tells. */
  getVariable(name: string): Plain;
  /** The value `getVariable` just found, as JSON of a `CrossingValue`. */
  takeValue(): string;
  /** `kind`: what the text stands for, see `kinds`. */
  setVariable(name: string, kind: number, text: string): void;
  /** A value that stays inside; the runtime keeps its number. */
  setObject(name: string, object: number): void;
  setMessage(name: string, message: number): void;
  removeVariable(name: string): void;
  /** The flow's constant, such as `PROXY_REQ_FLOW`. */
  flow(): string;
  /** Number of `proxyRequest`, `request` ...; 0 when it is out of scope. */
  message(role: string): number;
  /** Number of the transaction, under which objects are kept inside. */
  transaction(): number;
  field(message: number, name: string): Plain;
  setField(message: number, name: string, text: string): void;
  /** JSON list of the names of a map: `headers`, `queryParams`, `formParams`. */
  names(message: number, map: string): string;
  /** JSON list of values; undefined when there is none. */
  values(message: number, map: string, name: string): string | undefined;
  setValues(message: number, map: string, name: string, values: string): void;
  content(message: number): string;
  setContent(message: number, text: string): void;
  /** The payload as JSON of an `XmlNode`. */
  xml(message: number): string;
  hash(algorithm: string, text: string, encoding: string): string;
  formatDate(pattern: string, zone: string, time: number): string;
  print(text: string): void;
  /** Sends a request, given as JSON; gives the number of the call. */
  send(request: string, hasCallback: number): number;
  isComplete(call: number): boolean;
  /** JSON of `{ message }` or `{ error }`; undefined while it is under way. */
  result(call: number): string | undefined;
  /** The script is about to be suspended until that call is complete or the time (0: none) is over. */
  wait(call: number, milliseconds: number): void;
}

export type CrossingValue =
  | { readonly kind: 'json'; readonly json: unknown }
  | { readonly kind: 'object'; readonly object: number }
  | { readonly kind: 'message'; readonly message: number };

/** An element: name, attributes, children in order (texts as strings). */
export interface XmlNode {
  readonly n: string;
  readonly a: readonly (readonly [string, string])[];
  readonly c: readonly (XmlNode | string)[];
}

/** What the prelude gives back: the ways into a heap. */
export interface HeapEntries {
  /** Takes a compiled script; gives its number. `parameters` is a comma-separated list, `properties` and `reads` JSON. */
  define(factory: unknown, parameters: string, properties: string, perRun: boolean, reads: string): number;
  /**
   * Runs a script. 0: done. Else the number of a run that is not over: it waits, or calls are under way.
   * @param reads values of the variables in `reads` of `define`; undefined: that one is asked for when it is read
   */
  start(script: number, ...reads: readonly Plain[]): number;
  /** Goes on with a run that waited; whether it waits again. */
  resume(run: number): boolean;
  /** Runs a callback of `httpClient`; whether it waits. */
  callback(run: number, call: number): boolean;
  /** Forgets a run. */
  end(run: number): void;
  /** JSON of an object kept for a transaction; undefined when it has none. */
  json(transaction: number, object: number): string | undefined;
  /** Forgets everything kept for a transaction. */
  release(transaction: number): void;
  /** What was thrown, as JSON `{ text, name, stack }`. */
  describe(error: unknown): string;
}
