import type { Exchange } from '../message/exchange.ts';

/** What a service of Google answered. */
export interface GoogleAnswer {
  readonly status: number;
  readonly text: string;
}

/** Calls of Google's services that policies make on their own. Target implements it. */
export interface GoogleServices {
  /** False when there is no source of tokens, and no other place where the services are: every call is a fault. */
  readonly canBeCalled: boolean;
  /**
   * Sends JSON with an access token for the whole of Google Cloud, and gives the answer, whatever its status.
   * @param url as Google documents it; the setting `googleEndpoint` replaces scheme, host and port
   * @throws Fault when there is no token (GoogleTokenGenerationFailure), or no answer
   */
  post(exchange: Exchange, url: string, body: unknown): Promise<GoogleAnswer>;
}
