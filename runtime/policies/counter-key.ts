import { createHash } from 'node:crypto';
import type { Exchange } from '../message/exchange.ts';
import { keyOf } from '../state/store.ts';
import type { Compiler } from './policy.ts';

/** What a counter belongs to besides proxy and policy: an identifier, and what more divides it. */
export type CounterKey = (exchange: Exchange, identifier: string, ...more: readonly string[]) => string;

/** The identifier of requests that have none. Apigee: Quota policy, Identifier. */
export const defaultIdentifier = '_default';

/** Characters of an identifier that stand in the key as they are; what is longer stands for itself by its digest. */
const longestIdentifier = 256;

/**
 * Keys of counters. They belong to proxy, policy and identifier, in one environment of one organization; a policy of a
 * shared flow counts for each proxy apart. zerohop's choice. @param name the policy, or what several of them share
 */
export function compileCounterKey(kind: string, compiler: Compiler, name: readonly string[]): CounterKey {
  const { bundle, organization, environment } = compiler;
  const prefixOf = (proxy: string): string => `${keyOf(kind, organization, environment, proxy, bundle, ...name)}/`;
  let proxyBefore = bundle;
  let prefix = prefixOf(bundle);
  return (exchange, identifier, ...more) => {
    const { proxy } = exchange.endpoint;
    if (proxy !== proxyBefore) {
      proxyBefore = proxy;
      prefix = prefixOf(proxy);
    }
    const own = prefix + counterPart(identifier);
    return more.length === 0 ? own : `${own}/${more.map(counterPart).join('/')}`;
  };
}

function counterPart(text: string): string {
  const short = text.length > longestIdentifier ? createHash('sha256').update(text).digest('base64url') : text;
  return short.includes('/') || short.includes('%') ? keyOf(short) : short;
}
