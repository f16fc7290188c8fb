import type { Exchange } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';

/**
 * The path that a callout adds to its URL: the one its request was given. The main request, sent as it is, has the path
 * it arrived with: that one is no part of the call. zerohop's choice where samples contradict each other.
 */
export function calloutPath(exchange: Exchange, request: Message): string {
  const { path } = request;
  if (request !== exchange.request) return path;
  const { arrivedUri } = exchange;
  const mark = arrivedUri.indexOf('?');
  const arrived = mark === -1 ? arrivedUri : arrivedUri.slice(0, mark);
  return path === arrived || exchange.response !== undefined ? '' : path;
}
