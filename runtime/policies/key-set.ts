import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { parseObject } from './compact-token.ts';
import { parsed } from './key-text.ts';
import type { Compiler } from './policy.ts';
import { TokenFailure } from './token-failure.ts';

/** Public keys by their ids. RFC 7517 section 5. */
export interface KeySet {
  /** The key for an id and an algorithm. @throws TokenFailure NoMatchingPublicKey, KeyParsingFailed */
  key(kid: string, algorithm: string): KeyObject;
  has(kid: string): boolean;
}

/** Keys a set may have; a larger one is somebody's mistake. */
const mostKeys = 1000;

/** @throws TokenFailure KeyParsingFailed */
export function parseKeySet(text: string): KeySet {
  const { keys } = readSet(text);
  const ready = new Map<JsonWebKey, KeyObject>();
  return {
    has: (kid) => keys.some((one) => one.kid === kid),
    key: (kid, algorithm) => {
      const fitting = keys.filter((one) => one.kid === kid);
      // Several keys may have one id when their types differ (RFC 7517 section 4.5).
      const key = fitting.find((one) => one.alg === algorithm) ?? fitting.find((one) => suits(one, algorithm));
      if (key === undefined) {
        if (fitting.length > 0) throw new TokenFailure('WrongKeyType');
        throw new TokenFailure('NoMatchingPublicKey');
      }
      let made = ready.get(key);
      if (made === undefined) {
        made = parsed('KeyParsingFailed', () => createPublicKey({ key, format: 'jwk' }));
        ready.set(key, made);
      }
      return made;
    },
  };
}

function readSet(text: string): { readonly keys: readonly JsonWebKey[] } {
  let keys: unknown;
  try {
    ({ keys } = parseObject(text));
  } catch (error) {
    if (error instanceof TokenFailure) throw new TokenFailure('KeyParsingFailed');
    throw error;
  }
  if (!Array.isArray(keys) || keys.length > mostKeys) throw new TokenFailure('KeyParsingFailed');
  // RFC 7517 section 5: what cannot be understood is passed over. A secret is no public key.
  return { keys: keys.filter(isPublic) };
}

function isPublic(value: unknown): value is JsonWebKey {
  return typeof value === 'object' && value !== null && 'kty' in value && (value.kty === 'RSA' || value.kty === 'EC');
}

/** RFC 7517 sections 4.2 and 4.4: a key may say what it is for. */
function suits(key: JsonWebKey, algorithm: string): boolean {
  if (key.alg !== undefined) return false;
  const type = /^(?:RS|PS)/.test(algorithm) ? 'RSA' : 'EC';
  const use = /^(?:RS|PS|ES)\d/.test(algorithm) ? 'sig' : 'enc';
  return key.kty === type && (key.use === undefined || key.use === use);
}

/** Apigee: what a URI gave is kept for five minutes. */
const freshMilliseconds = 300_000;
/** An id that is not in the set may be a new key: then it is fetched again, at most this often. zerohop's choice. */
const retryMilliseconds = 30_000;
/** zerohop's choice of limits: a set of keys is small, and its server near. */
const timeLimit = 10_000;
const largestSet = 1024 * 1024;
const mostUris = 100;

interface Fetched {
  readonly set: KeySet;
  readonly at: number;
}

/** Sets of keys by URI, fetched when they are needed, once for all who wait. */
export class RemoteKeySets {
  readonly #send: Compiler['httpClient'];
  readonly #now: () => number;
  readonly #fetched = new Map<string, Fetched>();
  readonly #arriving = new Map<string, Promise<KeySet>>();

  constructor(send: Compiler['httpClient'], now: () => number = Date.now) {
    this.#send = send;
    this.#now = now;
  }

  /** A set that has the id, when the server has one. @throws TokenFailure KeyParsingFailed */
  get(exchange: Exchange, uri: string, kid: string): KeySet | Promise<KeySet> {
    const known = this.#fetched.get(uri);
    if (known !== undefined) {
      const age = this.#now() - known.at;
      if (age < freshMilliseconds && (known.set.has(kid) || age < retryMilliseconds)) return known.set;
    }
    return this.#arrival(exchange, uri);
  }

  async #arrival(exchange: Exchange, uri: string): Promise<KeySet> {
    const arriving = this.#arriving.get(uri);
    if (arriving === undefined) return this.#fetch(exchange, uri);
    // Somebody else's call may have been given up together with his request.
    return arriving.catch(() => this.#fetch(exchange, uri));
  }

  #fetch(exchange: Exchange, uri: string): Promise<KeySet> {
    const current = this.#arriving.get(uri);
    if (current !== undefined) return current;
    const arriving = fetchText(this.#send, exchange, uri).then((text) => {
      const set = parseKeySet(text);
      if (this.#fetched.size >= mostUris) this.#fetched.clear();
      this.#fetched.set(uri, { set, at: this.#now() });
      return set;
    });
    const kept = arriving.finally(() => this.#arriving.delete(uri));
    this.#arriving.set(uri, kept);
    return kept;
  }
}

async function fetchText(send: Compiler['httpClient'], exchange: Exchange, uri: string): Promise<string> {
  if (!/^https?:\/\//i.test(uri)) throw new TokenFailure('KeyParsingFailed');
  const request = Message.request();
  request.headers.set('Accept', 'application/jwk-set+json, application/json');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TokenFailure('KeyParsingFailed')), timeLimit);
  });
  try {
    const response = await Promise.race([send(exchange, request, uri), late]);
    if (response.status !== 200 || response.body.length > largestSet) {
      throw new TokenFailure('KeyParsingFailed');
    }
    return response.content;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new TokenFailure('KeyParsingFailed');
  } finally {
    clearTimeout(timer);
  }
}
