import { Fault, flowFaults } from '../fault.ts';
import type { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import type { Callout } from '../policies/policy.ts';
import { calloutPath } from './callout-path.ts';
import { readTimeout } from './failure.ts';
import { destinationByName, destinationByPath, dispatch, type LocalDestination } from './local-dispatch.ts';
import type { LocalConnection } from './local-target.ts';
import { joinPath, joinQuery } from './target-url.ts';

/** A ServiceCallout that calls another proxy in memory. The call is part of the chain. */
export class LocalCallout implements Callout {
  readonly needs: BodyNeed;
  readonly #connection: LocalConnection;

  constructor(connection: LocalConnection) {
    this.#connection = connection;
    this.needs = connection.needs;
  }

  send(exchange: Exchange, request: Message, timeoutMilliseconds: number): Promise<Message> {
    return sendLocally(exchange, this.#destination(exchange, request), request, timeoutMilliseconds);
  }

  url(): undefined {
    return undefined;
  }

  isError(status: number): boolean {
    return this.#connection.isError(status);
  }

  #destination(exchange: Exchange, request: Message): LocalDestination {
    const { proxy, endpoint, path } = this.#connection;
    const own = calloutPath(exchange, request);
    if (path !== undefined) {
      const text = path.render(exchange);
      const mark = text.indexOf('?');
      const query = joinQuery(mark === -1 ? '' : text.slice(mark + 1), request.querystring);
      return destinationByPath(exchange, joinPath(mark === -1 ? text : text.slice(0, mark), own), query);
    }
    const called = destinationByName(exchange, proxy?.render(exchange) ?? '', endpoint?.render(exchange));
    const suffix = own === '' || own.startsWith('/') ? own : `/${own}`;
    const query = request.querystring;
    return { endpoint: called, path: called.basePath + suffix || '/', pathSuffix: suffix, query };
  }
}

/**
 * Calls a proxy in memory and waits for the whole answer. A call that takes too long goes on, without anybody who waits.
 * @throws Fault when there is no answer: LoopDetected, TooManyCalls, GatewayTimeout
 */
export async function sendLocally(
  exchange: Exchange,
  destination: LocalDestination,
  request: Message,
  timeoutMilliseconds: number,
): Promise<Message> {
  const received: { answer: Message | undefined } = { answer: undefined };
  const outcome = dispatch(exchange, destination, request, Date.now(), (_, answer) => {
    received.answer = answer;
  });
  if (outcome !== undefined) await within(outcome, timeoutMilliseconds);
  const { answer } = received;
  if (answer === undefined) throw new Fault(flowFaults.internalServerError);
  await answer.body.buffer();
  return answer;
}

function within(outcome: Promise<void>, milliseconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(readTimeout()), milliseconds);
    outcome.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
