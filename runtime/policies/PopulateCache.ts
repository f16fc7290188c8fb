import { Fault } from '../fault.ts';
import { required } from '../schema/declare.ts';
import { variable } from '../schema/values.ts';
import { cacheKeyChildren, compileCacheKey } from './cache-key.ts';
import { encodeValue } from './cached-value.ts';
import { compileExpiry, expirySettings } from './expiry-settings.ts';
import { policy } from './policy.ts';
import { compileWhenAnswered } from './store-answer.ts';

const faults = {
  cannotBeCached: {
    code: 'policies.populatecache.EntryCannotBeCached',
    status: 500,
    text: 'Entry cannot be cached',
  },
};

/** Keeps the value of a variable. Apigee: PopulateCache policy. */
export const PopulateCache = policy({
  element: 'PopulateCache',
  failedPrefix: 'populatecache',
  children: { ...cacheKeyChildren, ExpirySettings: required(expirySettings), Source: required(variable) },
  faults,
  compile(config, compiler) {
    const { name, caches } = compiler;
    const key = compileCacheKey(config, compiler);
    const lifetime = compileExpiry(config.ExpirySettings, compiler);
    const source = config.Source.text;
    const read = compiler.reader(source);
    const whenAnswered = compileWhenAnswered();
    const [cacheName, cacheKey, failed] = ['cachename', 'cachekey', 'failed'].map(
      (one) => `populatecache.${name}.${one}`,
    );
    return (exchange) => {
      const text = key.read(exchange);
      exchange.setVariable(cacheName ?? '', key.cacheName);
      exchange.setVariable(cacheKey ?? '', text);
      const note = (stored: boolean): void => exchange.setVariable(failed ?? '', !stored);
      const value = read(exchange);
      // There is nothing to keep. zerohop's choice: nothing is removed either.
      if (value === undefined || value === null) return note(true);
      const entry = encodeValue(value);
      if (entry === undefined) {
        throw new Fault(faults.cannotBeCached, `Entry ${source} cannot be cached in ${name}: it is not a value`);
      }
      return whenAnswered(exchange, caches.put(key.prefix + text, entry, lifetime(exchange)), note, () => note(false));
    };
  },
});
