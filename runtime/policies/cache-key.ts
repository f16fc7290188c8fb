import type { Place } from '../diagnostic.ts';
import { toText } from '../language/variables.ts';
import { type Endpoint, type Exchange, Phase } from '../message/exchange.ts';
import { type ConfigOf, element, many, required } from '../schema/declare.ts';
import { oneOf, text, variable } from '../schema/values.ts';
import type { Compiler } from './policy.ts';

/** The key of a cache entry. Apigee: working with cache keys. */

const keyFragment = element({ content: text, attributes: { ref: variable, type: text } });

export const cacheKeyChildren = {
  CacheKey: required(element({ children: { Prefix: text, KeyFragment: many(keyFragment) } })),
  Scope: oneOf('Global', 'Application', 'Proxy', 'Target', 'Exclusive'),
  CacheResource: text,
};

type Scope = 'Global' | 'Application' | 'Proxy' | 'Target' | 'Exclusive';

interface CacheKeyConfig {
  readonly at: Place;
  readonly CacheKey: { readonly at: Place; readonly Prefix: WrittenText; readonly KeyFragment: readonly Fragment[] };
  readonly Scope: { readonly text: Scope } | undefined;
  readonly CacheResource: WrittenText;
}

type WrittenText = { readonly text: string; readonly at: Place } | undefined;
type Fragment = ConfigOf<typeof keyFragment>;

export interface CacheKey {
  /** `cachename` of the variables. zerohop's choice for the shared cache: `shared`. */
  readonly cacheName: string;
  /** What keys of this cache begin with in the store. */
  readonly prefix: string;
  /** `cachekey` of the variables. With `prefix` before it, the key in the store. */
  read(exchange: Exchange): string;
}

/** What another proxy's entries are addressed by. Apigee: InvalidateCache policy, CacheContext. */
export interface CacheContext {
  readonly proxy: string | undefined;
  readonly proxyEndpoint: string | undefined;
  readonly targetEndpoint: string | undefined;
}

/** Apigee: what is between the parts of a key. */
const joint = '__';

export function compileCacheKey(config: CacheKeyConfig, compiler: Compiler, context?: CacheContext): CacheKey {
  const { organization, environment, caches } = compiler;
  const { Prefix: written, KeyFragment: fragments, at } = config.CacheKey;
  const literal = written === undefined || written.text === '' ? undefined : written.text;
  if (literal === undefined && fragments.length === 0) {
    const hint = 'Add <KeyFragment>...</KeyFragment> or <Prefix>...</Prefix>.';
    compiler.warning('ZH525', at, '<CacheKey> names nothing: there is one entry per scope.', hint);
  }
  const prefixOf =
    literal === undefined ? scopePrefix(config.Scope?.text ?? 'Exclusive', compiler, context) : () => literal;
  const readers = fragments.map((fragment) => compileFragment(fragment, compiler));
  const cacheName = config.CacheResource?.text ?? '';
  const name = cacheName === '' ? undefined : cacheName;
  return {
    cacheName: name ?? 'shared',
    prefix: caches.prefix({ organization, environment, name }),
    read: (exchange) => {
      let key = prefixOf(exchange);
      for (const read of readers) key += joint + read(exchange);
      return key;
    },
  };
}

type Part = (exchange: Exchange) => string;

/** A variable without value is an empty part: what follows it must not move into its place. zerohop's choice. */
function compileFragment(config: Fragment, compiler: Compiler): Part {
  const literal = cacheKeyPart(config.text ?? '');
  if (config.ref === undefined) return () => literal;
  const read = compiler.reader(config.ref.text);
  return (exchange) => {
    const value = read(exchange);
    return value === undefined || value === null ? literal : cacheKeyPart(toText(value));
  };
}

/** No two lists of fragments give one key, whatever a client sends: a fragment never looks like a joint. */
function cacheKeyPart(fragment: string): string {
  if (!fragment.includes('_') && !fragment.includes('%')) return fragment;
  const text = fragment.replaceAll('%', '%25');
  const isPlain = !text.includes(joint) && !text.startsWith('_') && !text.endsWith('_');
  return isPlain ? text : text.replaceAll('_', '%5F');
}

/**
 * What the scope puts before the fragments. The revision is a part of it: a new one begins with an empty cache.
 * Exclusive is Target in the flows of a TargetEndpoint, else Proxy.
 */
function scopePrefix(scope: Scope, compiler: Compiler, context: CacheContext | undefined): Part {
  const { organization, environment } = compiler;
  const ground = organization + joint + environment;
  if (scope === 'Global') return () => ground;
  const application = (proxy: string, revision: string): string => [ground, proxy, revision].join(joint);
  const other = context?.proxy;
  const proxyPrefix: Part =
    other === undefined
      ? perEndpoint(({ proxy, revision }) => application(proxy, revision))
      : (exchange) => application(other, addressed(exchange, other, context)?.revision ?? exchange.endpoint.revision);
  if (scope === 'Application') return proxyPrefix;
  const endpointPrefix: Part = (exchange) =>
    proxyPrefix(exchange) + joint + (context?.proxyEndpoint ?? addressed(exchange, other, context)?.name ?? '');
  if (scope === 'Proxy') return endpointPrefix;
  const targetPrefix: Part = (exchange) =>
    proxyPrefix(exchange) + joint + (context?.targetEndpoint ?? exchange.target?.name ?? '');
  if (scope === 'Target') return targetPrefix;
  if (context?.targetEndpoint !== undefined) return targetPrefix;
  return (exchange) => (atTarget(exchange) ? targetPrefix(exchange) : endpointPrefix(exchange));
}

/** The endpoint whose entries are meant. */
function addressed(exchange: Exchange, proxy: string | undefined, context: CacheContext | undefined) {
  return proxy === undefined ? exchange.endpoint : exchange.directory.endpointByName(proxy, context?.proxyEndpoint);
}

function atTarget({ phase }: Exchange): boolean {
  return phase === Phase.targetRequest || phase === Phase.targetResponse;
}

/** The last endpoint's text is kept: most policies ever see one. */
function perEndpoint(make: (endpoint: Endpoint) => string): Part {
  let before: Endpoint | undefined;
  let text = '';
  return ({ endpoint }) => {
    if (endpoint !== before) {
      before = endpoint;
      text = make(endpoint);
    }
    return text;
  };
}
