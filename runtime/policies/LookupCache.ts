import { SetVariableError } from '../language/variable.ts';
import { required } from '../schema/declare.ts';
import { integer, variable } from '../schema/values.ts';
import { cacheKeyChildren, compileCacheKey } from './cache-key.ts';
import { compileLookup } from './cache-lookup.ts';
import { decodeValue } from './cached-value.ts';
import { policy } from './policy.ts';
import { compileWhenAnswered } from './store-answer.ts';

/** Reads into a variable what PopulateCache has kept. Apigee: LookupCache policy. */
export const LookupCache = policy({
  element: 'LookupCache',
  failedPrefix: 'lookupcache',
  children: { ...cacheKeyChildren, CacheLookupTimeoutInSeconds: integer(0), AssignTo: required(variable) },
  faults: {},
  compile(config, compiler) {
    const { name } = compiler;
    const key = compileCacheKey(config, compiler);
    const lookUp = compileLookup(config.CacheLookupTimeoutInSeconds, compiler.caches);
    const target = config.AssignTo.text;
    const write = compiler.writer(target);
    const whenAnswered = compileWhenAnswered();
    const at = (rest: string): string => `lookupcache.${name}.${rest}`;
    const [cacheName, cacheKey, cacheHit, assignTo] = [at('cachename'), at('cachekey'), at('cachehit'), at('assignto')];
    return (exchange) => {
      const text = key.read(exchange);
      exchange.setVariable(cacheName, key.cacheName);
      exchange.setVariable(cacheKey, text);
      exchange.setVariable(assignTo, target);
      const settle = (entry: string | undefined): void => {
        const value = entry === undefined ? undefined : decodeValue(entry);
        exchange.setVariable(cacheHit, value !== undefined);
        if (value === undefined) return;
        try {
          write(exchange, value);
        } catch (error) {
          if (!(error instanceof SetVariableError)) throw error;
          // No fault is documented for it: what cannot be assigned was not found.
          exchange.setVariable(cacheHit, false);
        }
      };
      return whenAnswered(exchange, lookUp(key.prefix + text), settle, () => settle(undefined));
    };
  },
});
