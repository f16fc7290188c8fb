import type { BodyNeed } from '../message/body-need.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';

/** A compiled connection of a TargetEndpoint: http, local or script. */
export interface Target {
  /** Makes `exchange.target`, with the URL as configured, when the target request flow starts. */
  begin(exchange: Exchange): void;
  /**
   * Sends `exchange.request` and sets `exchange.response`, whatever its status; its payload may still be arriving.
   * @throws Fault when there is no response
   */
  connect(exchange: Exchange): Outcome;
  /** Whether a status is an error (`success.codes`). */
  isError(status: number): boolean;
  /** Payloads that the connection itself needs in memory (templates in its URL). */
  readonly needs: BodyNeed;
  /** Names of local proxies or paths it calls, as written, when they are literals: for the graph and for warnings. */
  readonly calls: readonly LocalCall[];
  /** Stops health monitors and lets go of connections. */
  close(): void;
}

export type LocalCall = { readonly proxy: string; readonly endpoint: string | undefined } | { readonly path: string };
