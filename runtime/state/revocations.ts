import { type Answer, after, allOf } from './answer.ts';
import { keyOf, type Store } from './store.ts';
import type { Token, TokenKind } from './token-records.ts';

/** Whose tokens are revoked: an app's, an end user's, or those of an end user at an app. */
export interface Revoked {
  readonly appId?: string | undefined;
  readonly endUser?: string | undefined;
}

/** Moments in milliseconds since 1970 before which tokens were given that are no longer good. */
type Moments = Readonly<Record<TokenKind, number>>;

/**
 * Revocation of all tokens of an app or end user without looking for them: one moment is kept for each, and a token that
 * was given before it is revoked. Servers on one store see it at once.
 */
export class Revocations {
  readonly #store: Store;
  readonly #prefix: readonly string[];
  readonly #mark: string;

  constructor(store: Store, organization: string) {
    this.#store = store;
    this.#prefix = ['oauth', organization, 'revoked'];
    this.#mark = keyOf('oauth', organization, 'revocations');
  }

  /** @param before milliseconds since 1970 */
  revoke(whose: Revoked, before: number, kinds: readonly TokenKind[]): Answer<undefined> {
    const key = this.#key(whose);
    // The mark comes first: who sees the moment must look for it.
    return after(this.#store.set(this.#mark, 'some'), () => this.#raise(key, before, kinds));
  }

  #raise(key: string, before: number, kinds: readonly TokenKind[]): Answer<undefined> {
    return after(this.#store.get(key), (written) => {
      const moments: Record<TokenKind, number> = { ...momentsOf(written) };
      for (const kind of kinds) moments[kind] = Math.max(moments[kind], before);
      const value = JSON.stringify(moments);
      if (value === written) return undefined;
      return after(this.#store.replace(key, written, value), (done) =>
        done ? undefined : this.#raise(key, before, kinds),
      );
    });
  }

  /** Whether there is any: most organizations never revoke so, and their tokens need no second look. */
  any(): Answer<boolean> {
    return after(this.#store.get(this.#mark), (mark) => mark !== undefined);
  }

  isRevoked(token: Pick<Token, 'appId' | 'endUser' | 'issuedAt'>, kind: TokenKind): Answer<boolean> {
    const { appId, endUser } = token;
    const keys = [this.#key({ appId })];
    if (endUser !== undefined) keys.push(this.#key({ endUser }), this.#key({ appId, endUser }));
    return after(allOf(keys.map((key) => this.#store.get(key))), (written) =>
      written.some((one) => momentsOf(one)[kind] > token.issuedAt),
    );
  }

  #key({ appId, endUser }: Revoked): string {
    const of = appId === undefined ? 'user' : endUser === undefined ? 'app' : 'both';
    return keyOf(...this.#prefix, of, appId ?? '', endUser ?? '');
  }
}

function momentsOf(written: string | undefined): Moments {
  return written === undefined ? { access: 0, refresh: 0 } : (JSON.parse(written) as Moments);
}
