import { Fault } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import type { ScriptSource } from './engine.ts';

/** A request that a script sent. */
export interface Call {
  readonly hasCallback: boolean;
  /** Never rejects. */
  readonly done: Promise<void>;
  response: Message | undefined;
  error: string | undefined;
}

/** What the scripts of one exchange share in one heap: numbers for messages and calls. */
export class Transaction {
  readonly number: number;
  readonly #messages: Message[] = [];
  readonly #calls: Call[] = [];

  constructor(number: number) {
    this.number = number;
  }

  /** Numbers below are the exchange's own messages. */
  static readonly firstMessage = 16;

  message(number: number): Message | undefined {
    return this.#messages[number - Transaction.firstMessage];
  }

  numberOf(message: Message): number {
    const known = this.#messages.indexOf(message);
    return Transaction.firstMessage + (known === -1 ? this.#messages.push(message) - 1 : known);
  }

  call(number: number): Call | undefined {
    return this.#calls[number];
  }

  /** Sends a request, not before the script gave way: a local target must not run inside the script. */
  send(exchange: Exchange, source: ScriptSource, request: Message, url: string, hasCallback: boolean): number {
    const call: Call = { hasCallback, response: undefined, error: undefined, done: Promise.resolve() };
    const done = Promise.resolve()
      .then(() => source.send(exchange, request, url))
      .then(async (response) => {
        await response.body.buffer();
        call.response = response;
      })
      .catch((error: unknown) => {
        call.error = error instanceof Fault ? error.faultstring : 'The request could not be sent';
        if (!(error instanceof Fault)) exchange.surroundings.report(error, exchange);
      });
    return this.#calls.push(Object.assign(call, { done })) - 1;
  }
}

export function isComplete(call: Call): boolean {
  return call.response !== undefined || call.error !== undefined;
}
