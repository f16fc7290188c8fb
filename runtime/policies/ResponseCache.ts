import type { Condition } from '../language/condition.ts';
import { BodyNeed } from '../message/body-need.ts';
import { type Exchange, type Outcome, Phase } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import { type Leaf, required } from '../schema/declare.ts';
import { boolean, condition, integer } from '../schema/values.ts';
import { cacheKeyChildren, compileCacheKey } from './cache-key.ts';
import { compileLookup } from './cache-lookup.ts';
import { decodeResponse, encodeResponse } from './cached-response.ts';
import { compileExpiry, expirySettings } from './expiry-settings.ts';
import { type Compiler, policy } from './policy.ts';
import { checkPlaces } from './response-cache-places.ts';
import { freshness, isReadable, notModified, notModifiedResponse } from './response-freshness.ts';
import { compileWhenAnswered } from './store-answer.ts';

const accepted = ['accept', 'accept-encoding', 'accept-language', 'accept-charset'];

/** Keeps responses, and answers with them in place of the target. Apigee: ResponseCache policy. */
export const ResponseCache = policy({
  element: 'ResponseCache',
  failedPrefix: 'responsecache',
  children: {
    ...cacheKeyChildren,
    ExpirySettings: required(expirySettings),
    CacheLookupTimeoutInSeconds: integer(0),
    ExcludeErrorResponse: boolean,
    SkipCacheLookup: condition,
    SkipCachePopulation: condition,
    UseAcceptHeader: boolean,
    UseResponseCacheHeaders: boolean,
  },
  faults: {},
  compile(config, compiler) {
    checkPlaces(compiler);
    const { name, caches } = compiler;
    const key = compileCacheKey(config, compiler);
    const usesAccept = config.UseAcceptHeader?.text ?? false;
    const usesHeaders = config.UseResponseCacheHeaders?.text ?? false;
    const excludesErrors = config.ExcludeErrorResponse?.text ?? true;
    const skipsLookup = compileSkip(config.SkipCacheLookup, compiler);
    const skipsPopulation = compileSkip(config.SkipCachePopulation, compiler);
    const lifetime = compileExpiry(config.ExpirySettings, compiler);
    const lookUp = compileLookup(config.CacheLookupTimeoutInSeconds, caches);
    const whenAnswered = compileWhenAnswered();
    const at = (rest: string): string => `responsecache.${name}.${rest}`;
    const [cacheName, cacheKey] = [at('cachename'), at('cachekey')];
    const [cacheHit, invalidEntry] = [at('cachehit'), at('invalidentry')];
    /** The key of the request, which counts for its response too; undefined: this response comes from the cache. */
    const keys = new WeakMap<Exchange, string | undefined>();
    compiler.needs(BodyNeed.response);

    const keyOfRequest = (exchange: Exchange): string => {
      let text = key.read(exchange);
      if (usesAccept) for (const header of accepted) text += `__${exchange.request.headers.text(header) ?? ''}`;
      exchange.setVariable(cacheName, key.cacheName);
      exchange.setVariable(cacheKey, text);
      exchange.setVariable(cacheHit, false);
      exchange.setVariable(invalidEntry, false);
      keys.set(exchange, text);
      return text;
    };

    const answerFrom = (exchange: Exchange, entry: string | undefined): void => {
      if (entry === undefined) return;
      const response = decodeResponse(entry);
      if (response === undefined) {
        exchange.setVariable(invalidEntry, true);
        return;
      }
      if (!isReadable(exchange.request, response)) return;
      exchange.setVariable(cacheHit, true);
      keys.set(exchange, undefined);
      const isKnown = usesHeaders && notModified(exchange.request, response);
      exchange.response = isKnown ? notModifiedResponse(response) : response;
      exchange.skipsToResponse = true;
      exchange.resumesAt = name;
    };

    const look = (exchange: Exchange): Outcome => {
      const text = keyOfRequest(exchange);
      if (skipsLookup(exchange)) return undefined;
      const found = lookUp(key.prefix + text);
      return whenAnswered(exchange, found, (entry) => answerFrom(exchange, entry), noted);
    };

    const keep = (exchange: Exchange, response: Message): Outcome => {
      const isKnown = keys.has(exchange);
      const text = isKnown ? keys.get(exchange) : keyOfRequest(exchange);
      if (text === undefined || !isStorable(exchange, response, excludesErrors)) return undefined;
      if (skipsPopulation(exchange)) return undefined;
      const longest = lifetime(exchange);
      const said = usesHeaders ? freshness(response, Date.now()) : undefined;
      const milliseconds = said === undefined ? longest : Math.min(said, longest ?? said);
      if (milliseconds === 0) return undefined;
      return whenAnswered(
        exchange,
        caches.put(key.prefix + text, encodeResponse(response), milliseconds),
        noted,
        noted,
      );
    };

    return (exchange) => {
      if (exchange.error !== undefined) return undefined;
      if (exchange.phase <= Phase.targetRequest) return look(exchange);
      return exchange.response === undefined ? undefined : keep(exchange, exchange.response);
    };
  },
});

/**
 * Apigee: 200 to 205, unless error responses are to be kept. Never what is no whole answer: the payload of a HEAD, a part
 * (206), a confirmation for one client (304), one that streams past.
 */
function isStorable({ request }: Exchange, { status, body }: Message, excludesErrors: boolean): boolean {
  if (request.verb === 'HEAD' || status === 206 || status === 304 || !body.inMemory) return false;
  return !excludesErrors || (status >= 200 && status <= 205);
}

function compileSkip(config: Leaf<string> | undefined, compiler: Compiler): Condition['test'] {
  const compiled =
    config === undefined || config.text.trim() === '' ? undefined : compiler.condition(config.text, config.at);
  return compiled?.test ?? never;
}

function never(): boolean {
  return false;
}

function noted(): void {
  // A cache that cannot be read or written is one that holds nothing.
}
