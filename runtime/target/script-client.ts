import { Fault, flowFaults } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import { sendOver } from './http-callout.ts';
import type { HttpConnection } from './http-connection.ts';
import { sendLocally } from './local-callout.ts';
import { destinationByPath } from './local-dispatch.ts';
import { joinQuery, parseTargetUrl, type TargetUrl } from './target-url.ts';

/** Milliseconds a request of a script may take. Apigee: the default of ServiceCallout. */
const timeLimit = 55_000;

/**
 * Sends what a script's `httpClient` asks for, to exactly its URL. The URL that a local target has, this runtime's own
 * address, is called in memory and is part of the chain. zerohop's choice.
 * @throws Fault when there is no response
 */
export async function sendForScript(
  connection: HttpConnection,
  exchange: Exchange,
  request: Message,
  text: string,
): Promise<Message> {
  const url = parseTargetUrl(text);
  if (url === undefined) throw new Fault(flowFaults.invalidPath, 'Invalid URL');
  await request.body.buffer();
  if (isOwn(exchange, url)) {
    const query = joinQuery(url.query, request.querystring);
    return sendLocally(exchange, destinationByPath(exchange, url.path || '/', query), request, timeLimit);
  }
  request.path = '';
  const options = { timeoutMilliseconds: timeLimit, detached: false, policy: undefined, computed: true };
  return sendOver(connection, exchange, request, url, url, options);
}

function isOwn(exchange: Exchange, url: TargetUrl): boolean {
  if (url.scheme !== 'http' || url.port !== exchange.surroundings.port) return false;
  return url.host === '127.0.0.1' || url.host === 'localhost';
}
