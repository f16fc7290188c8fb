import type { contentModel } from './content.ts';
import type { Model } from './types.ts';
import type { valuesModel } from './values.ts';

/** Request and response objects, live views of messages by number. Apigee: JavaScript object model. */
export function messagesModel(
  { host, harden }: Model,
  { mapOf }: ReturnType<typeof valuesModel>,
  { Content, setText, flush }: ReturnType<typeof contentModel>,
) {
  const numbers = new WeakMap<object, number>();
  const numberOf = (view: object): number => numbers.get(view) as number;

  class Message {
    constructor(message: number) {
      numbers.set(this, message);
    }

    get headers(): object {
      return mapOf(numberOf(this), 'headers');
    }

    set headers(given: unknown) {
      replaceAll(mapOf(numberOf(this), 'headers'), given);
    }

    get content(): unknown {
      return new Content(numberOf(this));
    }

    set content(value: unknown) {
      setText(numberOf(this), value);
    }

    get body(): unknown {
      return new Content(numberOf(this));
    }

    set body(value: unknown) {
      setText(numberOf(this), value);
    }

    toString(): string {
      flush();
      return host.content(numberOf(this));
    }
  }

  class RequestMessage extends Message {
    get queryParams(): object {
      return mapOf(numberOf(this), 'queryParams');
    }

    set queryParams(given: unknown) {
      replaceAll(mapOf(numberOf(this), 'queryParams'), given);
    }

    get formParams(): object {
      return mapOf(numberOf(this), 'formParams');
    }

    set formParams(given: unknown) {
      replaceAll(mapOf(numberOf(this), 'formParams'), given);
    }
  }
  for (const name of ['method', 'verb', 'url', 'uri', 'path', 'protocol', 'host', 'port', 'version', 'querystring']) {
    Object.defineProperty(RequestMessage.prototype, name, {
      enumerable: true,
      get(this: object) {
        return host.field(numberOf(this), name);
      },
      set(this: object, value: unknown) {
        host.setField(numberOf(this), name, String(value));
      },
    });
  }

  /** Compares with a number: `status == 200`. */
  class Status {
    constructor(message: number) {
      numbers.set(this, message);
    }

    get code(): number {
      return host.field(numberOf(this), 'status') as number;
    }

    set code(value: unknown) {
      host.setField(numberOf(this), 'status', String(Number(value)));
    }

    get message(): string {
      return host.field(numberOf(this), 'reason') as string;
    }

    set message(value: unknown) {
      host.setField(numberOf(this), 'reason', String(value));
    }

    valueOf(): number {
      return this.code;
    }

    toString(): string {
      return String(this.code);
    }

    toJSON(): number {
      return this.code;
    }
  }

  class ResponseMessage extends Message {
    get status(): unknown {
      return new Status(numberOf(this));
    }

    set status(value: unknown) {
      host.setField(numberOf(this), 'status', String(Number(value)));
    }

    get statusCode(): number {
      return host.field(numberOf(this), 'status') as number;
    }

    set statusCode(value: unknown) {
      host.setField(numberOf(this), 'status', String(Number(value)));
    }
  }

  const replaceAll = (map: object, given: unknown): void => {
    const target = map as Record<string, unknown>;
    const wanted = Object.entries((given ?? {}) as Record<string, unknown>);
    for (const name of Object.keys(target)) delete target[name];
    for (const [name, value] of wanted) target[name] = value;
  };

  for (const one of [Message, RequestMessage, ResponseMessage, Status]) harden(one);
  const isMessage = (value: unknown): value is object => value instanceof Message;
  const isStatus = (value: unknown): value is { code: number } => value instanceof Status;
  /** The view of a message; null for number 0. */
  const messageOf = (message: number): object | null => {
    if (message === 0) return null;
    return host.field(message, 'kind') === 'request' ? new RequestMessage(message) : new ResponseMessage(message);
  };
  return { isMessage, isStatus, messageOf, numberOf };
}
