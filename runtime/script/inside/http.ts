import type { messagesModel } from './messages.ts';
import type { Model, Run } from './types.ts';
import type { valuesModel } from './values.ts';

/** `httpClient`, its exchanges and `Request`. Apigee: JavaScript object model, `httpClient`. */
export function httpModel(
  { host, current, harden }: Model,
  { listOf }: ReturnType<typeof valuesModel>,
  { messageOf, isMessage }: ReturnType<typeof messagesModel>,
) {
  const { parse, stringify } = JSON;
  const calls = new WeakMap<object, number>();
  const callOf = (exchange: object): number => calls.get(exchange) as number;

  /** What waiting gives to a caller that can be suspended; `suspend` in entries.ts takes it. */
  class Waiting {
    readonly run: Run;

    constructor(run: Run) {
      this.run = run;
    }
  }

  class Exchange {
    constructor(call: number) {
      calls.set(this, call);
    }

    isComplete(): boolean {
      return host.isComplete(callOf(this));
    }

    isSuccess(): boolean {
      return resultOf(callOf(this))?.message !== undefined;
    }

    isError(): boolean {
      return resultOf(callOf(this))?.error !== undefined;
    }

    getResponse(): unknown {
      const message = resultOf(callOf(this))?.message;
      return message === undefined ? undefined : messageOf(message);
    }

    getError(): string | undefined {
      return resultOf(callOf(this))?.error;
    }

    waitForComplete(milliseconds?: number): unknown {
      const call = callOf(this);
      if (host.isComplete(call)) return undefined;
      host.wait(call, Math.max(0, Number(milliseconds ?? 0) || 0));
      current.run.unsettled++;
      return new Waiting(current.run);
    }

    toJSON(): undefined {
      return undefined;
    }
  }

  const resultOf = (call: number): { readonly message?: number; readonly error?: string } | undefined => {
    const json = host.result(call);
    return json === undefined ? undefined : (parse(json) as { message?: number; error?: string });
  };

  class Request {
    url: unknown;
    method: unknown;
    headers: unknown;
    body: unknown;

    constructor(url?: unknown, method?: unknown, headers?: unknown, body?: unknown) {
      this.url = url;
      this.method = method ?? 'GET';
      this.headers = headers ?? {};
      this.body = body;
    }
  }
  Object.defineProperty(Request.prototype, 'content', {
    get(this: Request) {
      return this.body;
    },
    set(this: Request, value: unknown) {
      this.body = value;
    },
  });

  const fieldsOf = (headers: unknown): [string, string][] => {
    if (headers === undefined || headers === null) return [];
    return Object.entries(headers as Record<string, unknown>).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : listOf(value).map((one): [string, string] => [name, one]),
    );
  };

  /** zerohop's choice: an object as body is sent as a form where the headers say so, else as JSON. */
  const bodyOf = (body: unknown, fields: readonly (readonly [string, string])[]): string => {
    if (body === undefined || body === null) return '';
    const plain =
      typeof body === 'object' && [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(body));
    if (!plain) return String(body);
    const type = fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
    if (!type.startsWith('application/x-www-form-urlencoded')) return stringify(body);
    return Object.entries(body as Record<string, unknown>)
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
      .join('&');
  };

  const send = (given: unknown, callback: unknown): Exchange => {
    const isRequest = given instanceof Request || isMessage(given) || (typeof given === 'object' && given !== null);
    const request = (isRequest ? given : new Request(String(given))) as Request;
    const fields = fieldsOf(request.headers);
    const json = stringify({
      url: String(request.url),
      method: String(request.method ?? 'GET'),
      headers: fields,
      body: bodyOf(request.body, fields),
    });
    const hasCallback = typeof callback === 'function';
    const call = host.send(json, hasCallback ? 1 : 0);
    if (hasCallback) {
      current.run.callbacks ??= new Map();
      current.run.callbacks.set(call, callback as (response: unknown, error: unknown) => unknown);
    }
    return new Exchange(call);
  };

  const httpClient = {
    get: (request: unknown, callback?: unknown) => send(request, callback),
    send: (request: unknown, callback?: unknown) => send(request, callback),
  };
  for (const one of [Exchange, Request, Waiting, httpClient]) harden(one);
  return { Request, httpClient, Waiting, resultOf };
}
