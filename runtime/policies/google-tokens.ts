import type { Answer } from '../state/answer.ts';

/** What a Google token is asked for. */
export type GoogleTokenRequest =
  | {
      readonly kind: 'access';
      /** OAuth scopes; at least one. */
      readonly scopes: readonly string[];
      /** The longest a token may be used; undefined: as long as it is good for. */
      readonly lifetimeSeconds: number | undefined;
    }
  | {
      readonly kind: 'id';
      readonly audience: string;
      readonly includeEmail: boolean;
    };

/** Where Google tokens come from. Target implements it. */
export interface GoogleTokens {
  /** Without a source every request is a fault: who asks for tokens says so when it is compiled. */
  readonly hasSource: boolean;
  /**
   * A token, without the word Bearer: at once when one is in memory that is good for a while, else as soon as it is there.
   * @throws Fault messaging.adaptors.http.filter.GoogleTokenGenerationFailure
   */
  token(request: GoogleTokenRequest): Answer<string>;
}

/** What to do when there is no source. */
export const noTokensHint =
  'Name one with --google-tokens, GOOGLE_APPLICATION_CREDENTIALS or GCE_METADATA_HOST; "stand-in" makes dummy tokens.';
