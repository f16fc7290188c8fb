import type { Leaf } from '../schema/declare.ts';
import type { Answer } from '../state/answer.ts';
import type { Caches } from '../state/cache.ts';

/** Seconds. Apigee: CacheLookupTimeoutInSeconds. */
const defaultTimeout = 30;

/** A look-up that takes longer than it may is a miss. What answers at once takes no time. */
export function compileLookup(
  timeout: Leaf<number> | undefined,
  caches: Caches,
): (key: string) => Answer<string | undefined> {
  const milliseconds = (timeout?.text ?? defaultTimeout) * 1000;
  return (key) => {
    const answer = caches.get(key);
    if (!(answer instanceof Promise)) return answer;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(undefined), milliseconds);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  };
}
