import { Fault, flowFaults } from '../fault.ts';
import type { GoogleTokenRequest, GoogleTokens } from '../policies/google-tokens.ts';
import type { Answer } from '../state/answer.ts';

/** A token as its source gives it. */
export interface MintedToken {
  readonly token: string;
  /** Milliseconds since 1970 after which it is good for nothing. */
  readonly expires: number;
}

/** Asks for one token, each time anew. Rejects with any error. */
export type GoogleTokenSource = (request: GoogleTokenRequest) => Promise<MintedToken>;

/** Milliseconds before its end at which a token is no longer given out: it has a way to go, and clocks differ. */
const margin = 60_000;
/** An audience can come from a request: more tokens than that are not kept. */
const mostKept = 1000;

/** Told why there is no token: the reason stays out of the fault, which a client may see. */
type Failed = (request: GoogleTokenRequest, error: unknown) => void;

/** Keeps tokens until shortly before they expire. However many calls wait for one, it is asked for once. */
export class KeptGoogleTokens implements GoogleTokens {
  readonly hasSource = true;
  readonly #source: GoogleTokenSource;
  readonly #failed: Failed;
  readonly #kept = new Map<string, { readonly token: string; readonly until: number }>();
  readonly #asked = new Map<string, Promise<string>>();

  constructor(source: GoogleTokenSource, failed: Failed) {
    this.#source = source;
    this.#failed = failed;
  }

  token(request: GoogleTokenRequest): Answer<string> {
    const key = keyOf(request);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > Date.now()) return kept.token;
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      asked = this.#ask(request, key).finally(() => this.#asked.delete(key));
      this.#asked.set(key, asked);
    }
    return asked;
  }

  async #ask(request: GoogleTokenRequest, key: string): Promise<string> {
    try {
      const now = Date.now();
      const { token, expires } = await this.#source(request);
      this.#keep(key, token, now, usableUntil(request, now, expires));
      return token;
    } catch (error) {
      this.#failed(request, error);
      throw new Fault(flowFaults.googleTokenGenerationFailure);
    }
  }

  #keep(key: string, token: string, now: number, until: number): void {
    this.#kept.delete(key);
    if (until <= now) return;
    for (const [oldest] of this.#kept) {
      if (this.#kept.size < mostKept) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(key, { token, until });
  }
}

/** For a token that lives for less than two margins: half of its life. */
function usableUntil(request: GoogleTokenRequest, now: number, expires: number): number {
  const usable = Math.max(expires - margin, now + (expires - now) / 2);
  const lifetime = request.kind === 'access' ? request.lifetimeSeconds : undefined;
  return lifetime === undefined ? usable : Math.min(usable, now + lifetime * 1000);
}

function keyOf(request: GoogleTokenRequest): string {
  if (request.kind === 'id') return `id ${request.includeEmail} ${request.audience}`;
  return `access ${request.lifetimeSeconds ?? ''} ${request.scopes.join(' ')}`;
}

/** Without a source every call is a fault. */
export const noGoogleTokens: GoogleTokens = {
  hasSource: false,
  token: () => {
    throw new Fault(flowFaults.googleTokenGenerationFailure);
  },
};
