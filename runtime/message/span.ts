import type { Exchange } from './exchange.ts';

/** One request over the network made for an exchange: a target's, a callout's, a script's, or a repetition of one. */
export interface NetworkRequest {
  readonly exchange: Exchange;
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly uri: string;
  /** Name of the TargetEndpoint; undefined for what is not the target's. */
  readonly target: string | undefined;
  /** Name of the policy that calls; undefined for what is no callout of a policy. */
  readonly policy: string | undefined;
  /** How many times it was sent before, to this server or another. */
  readonly resends: number;
}

/** A request over the network as it is traced. */
export interface NetworkSpan {
  /** The flat list of header fields to send, with the trace's in place of what was there. */
  fields(headers: readonly string[]): string[];
  /** @param status 0: there was no response */
  end(status: number, failure: Error | undefined): void;
}

/** The run of one proxy as it is traced. Telemetry implements it; an exchange that is not traced has none. */
export interface CallSpan {
  /** Begins that of a proxy that is called in memory. */
  called(exchange: Exchange): CallSpan;
  sent(request: NetworkRequest): NetworkSpan;
  /** Adds an attribute, such as a value that TraceCapture names. */
  set(name: string, value: unknown): void;
  /** The answer is known, or nobody waits for it any more. Only the first one counts. */
  end(exchange: Exchange, status: number): void;
}

export interface Tracer {
  /** An outside request begins. */
  begin(exchange: Exchange): CallSpan;
}

/** Told how long things took: a few additions each. Telemetry implements it. */
export interface Meter {
  /** An outside request begins. */
  arrived(): void;
  /** Its answer is out, or the client went away (499). */
  served(exchange: Exchange, status: number, milliseconds: number): void;
  /** @param status 0: there was no response */
  sent(request: NetworkRequest, status: number, milliseconds: number): void;
}
