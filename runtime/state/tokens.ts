import { type Answer, after, allOf } from './answer.ts';
import { Revocations, type Revoked } from './revocations.ts';
import { type Change, keyOf, type Store } from './store.ts';
import { type AuthorizationCode, idOfToken, type Token, type TokenKind } from './token-records.ts';

/** A record as it was read: `written` is what the store held, to change just that. */
export interface Found<T> {
  readonly id: string;
  readonly written: string;
  readonly record: T;
}

export type TokenState = 'good' | 'expired' | 'notApproved';

/** A token's text with what is to be known of it. */
export interface NewToken {
  readonly text: string;
  readonly token: Token;
}

/** How long what is over stays known, so that it is called expired and not unknown. Apigee: purging of access tokens. */
const retention = 3 * 24 * 3600 * 1000;

/** Records that are kept parsed. */
const mostParsed = 4096;

/** OAuth tokens and authorization codes of an organization, on top of a store. */
export class Tokens {
  readonly #store: Store;
  /** By kind; an id has nothing in it that a key would have to escape. */
  readonly #prefixes: Readonly<Record<TokenKind | 'code', string>>;
  readonly #revocations: Revocations;
  readonly #parsed = new Map<string, Token>();

  constructor(store: Store, organization: string) {
    this.#store = store;
    const prefix = (kind: TokenKind | 'code'): string => `${keyOf('oauth', organization, kind)}/`;
    this.#prefixes = { access: prefix('access'), refresh: prefix('refresh'), code: prefix('code') };
    this.#revocations = new Revocations(store, organization);
  }

  /** Writes one or both tokens of a pair, in one step with what goes away for them. */
  issue(access: NewToken, refresh: NewToken | undefined, gone: readonly Change[] = []): Answer<void> {
    const changes = [...gone, this.#change('access', access)];
    if (refresh !== undefined) changes.push(this.#change('refresh', refresh));
    return this.#store.write(changes);
  }

  find(kind: TokenKind, text: string): Answer<Found<Token> | undefined> {
    return this.findById(kind, idOfToken(text));
  }

  findById(kind: TokenKind, id: string): Answer<Found<Token> | undefined> {
    return after(this.#store.get(this.#key(kind, id)), (written) => this.#found(id, written));
  }

  /** A token and its state, as cheap as it gets: at a store over the network, one round trip. */
  check(
    kind: TokenKind,
    text: string,
  ): Answer<{ readonly found: Found<Token>; readonly state: TokenState } | undefined> {
    const id = idOfToken(text);
    return after(allOf([this.#store.get(this.#key(kind, id)), this.#revocations.any()]), ([written, anyRevoked]) => {
      const found = this.#found(id, written);
      if (found === undefined) return undefined;
      const state = stateOf(found.record);
      if (state !== 'good' || !anyRevoked) return { found, state };
      return after(this.#revocations.isRevoked(found.record, kind), (revoked) => {
        return { found, state: revoked ? 'notApproved' : 'good' };
      });
    });
  }

  /** Changes a token; what somebody else changes meanwhile is not lost. Answers the new one; undefined: there is none. */
  change(kind: TokenKind, id: string, edit: (token: Token) => Token): Answer<Token | undefined> {
    return after(this.findById(kind, id), (found) => {
      if (found === undefined) return undefined;
      const token = edit(found.record);
      return after(this.replace(kind, found, token), (done) => (done ? token : this.change(kind, id, edit)));
    });
  }

  /** Replaces a token, or removes it, unless it is no longer what was found. */
  replace(kind: TokenKind, { id, written }: Found<Token>, token: Token | undefined): Answer<boolean> {
    const value = token === undefined ? undefined : JSON.stringify(token);
    return this.#store.replace(this.#key(kind, id), written, value, token && lifetimeOf(token.expiresAt));
  }

  delete(kind: TokenKind, id: string): Answer<void> {
    return this.#store.delete(this.#key(kind, id));
  }

  /** Takes a token away along with what is written then. */
  removal(kind: TokenKind, id: string): Change {
    return { key: this.#key(kind, id), value: undefined };
  }

  revoke(whose: Revoked, before: number, kinds: readonly TokenKind[]): Answer<undefined> {
    return this.#revocations.revoke(whose, before, kinds);
  }

  isRevoked(token: Token, kind: TokenKind): Answer<boolean> {
    return this.#revocations.isRevoked(token, kind);
  }

  addCode(text: string, code: AuthorizationCode): Answer<void> {
    return this.#store.set(this.#key('code', idOfToken(text)), JSON.stringify(code), lifetimeOf(code.expiresAt));
  }

  findCode(text: string): Answer<AuthorizationCode | undefined> {
    return after(this.#store.get(this.#key('code', idOfToken(text))), codeOf);
  }

  /** A code is good for one: of several that take it at once, one gets it. RFC 6749 section 4.1.2. */
  takeCode(text: string): Answer<AuthorizationCode | undefined> {
    return after(this.#store.take(this.#key('code', idOfToken(text))), codeOf);
  }

  deleteCode(text: string): Answer<void> {
    return this.#store.delete(this.#key('code', idOfToken(text)));
  }

  #key(kind: TokenKind | 'code', id: string): string {
    return this.#prefixes[kind] + id;
  }

  #change(kind: TokenKind, { text, token }: NewToken): Change {
    const change = { key: this.#key(kind, idOfToken(text)), value: JSON.stringify(token) };
    const lifetime = lifetimeOf(token.expiresAt);
    return lifetime === undefined ? change : { ...change, lifetime };
  }

  #found(id: string, written: string | undefined): Found<Token> | undefined {
    return written === undefined ? undefined : { id, written, record: this.#parse(written) };
  }

  /** Parsing is most of what a look-up in memory would cost. */
  #parse(written: string): Token {
    const known = this.#parsed.get(written);
    if (known !== undefined) return known;
    const token = JSON.parse(written) as Token;
    if (this.#parsed.size >= mostParsed) this.#parsed.clear();
    this.#parsed.set(written, token);
    return token;
  }
}

/** What the record alone tells. */
export function stateOf({ status, expiresAt }: Token): TokenState {
  if (isOver(expiresAt)) return 'expired';
  return status === 'approved' ? 'good' : 'notApproved';
}

export function isOver(expiresAt: number | null): boolean {
  return expiresAt !== null && expiresAt <= Date.now();
}

function lifetimeOf(expiresAt: number | null): number | undefined {
  return expiresAt === null ? undefined : Math.max(expiresAt - Date.now(), 0) + retention;
}

function codeOf(written: string | undefined): AuthorizationCode | undefined {
  return written === undefined ? undefined : (JSON.parse(written) as AuthorizationCode);
}
