import { element } from '../schema/declare.ts';
import { boolean, text } from '../schema/values.ts';
import { type CacheContext, cacheKeyChildren, compileCacheKey } from './cache-key.ts';
import { policy } from './policy.ts';
import { compileWhenAnswered } from './store-answer.ts';

const cacheContext = element({ children: { APIProxyName: text, ProxyName: text, TargetName: text } });

/** Removes entries of a cache. Apigee: InvalidateCache policy. */
export const InvalidateCache = policy({
  element: 'InvalidateCache',
  failedPrefix: 'invalidatecache',
  children: { ...cacheKeyChildren, CacheContext: cacheContext, PurgeChildEntries: boolean },
  faults: {},
  compile(config, compiler) {
    const { name, caches } = compiler;
    const given = config.CacheContext;
    const context: CacheContext | undefined =
      given === undefined
        ? undefined
        : {
            proxy: filled(given.APIProxyName?.text),
            proxyEndpoint: filled(given.ProxyName?.text),
            targetEndpoint: filled(given.TargetName?.text),
          };
    const key = compileCacheKey(config, compiler, context);
    const children = config.PurgeChildEntries?.text ?? false;
    const whenAnswered = compileWhenAnswered();
    return (exchange) => {
      const text = key.read(exchange);
      exchange.setVariable(`invalidatecache.${name}.cachename`, key.cacheName);
      exchange.setVariable(`invalidatecache.${name}.cachekey`, text);
      return whenAnswered(exchange, caches.remove(key.prefix + text, children), noted, () => {
        exchange.setVariable(`invalidatecache.${name}.failed`, true);
      });
    };
  },
});

function filled(written: string | undefined): string | undefined {
  return written === '' ? undefined : written;
}

function noted(): void {
  // An entry that was not there is no error.
}
