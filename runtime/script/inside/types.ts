import type { HostOperations } from '../host.ts';

/**
 * The functions in this folder run inside a heap, not here: their text is evaluated there, so they use nothing but
 * their parameters and what ECMAScript has.
 */

/** Operations of the host, with texts that survive the crossing and errors that are thrown inside. */
export type Host = HostOperations;

/** A run of a script, inside. */
export interface Run {
  readonly number: number;
  /** Live JSON of payloads, written back when the payload is next looked at from outside. */
  views: View[];
  /** What a suspended script goes on with. */
  suspended: Generator<unknown, unknown, unknown> | undefined;
  /** Calls of waiting functions that nobody waited for yet. */
  unsettled: number;
  callbacks: Map<number, (response: unknown, error: unknown) => unknown> | undefined;
  /** The object the script takes for the global one. */
  global: object | undefined;
  exposed: boolean;
}

export interface View {
  readonly message: number;
  readonly value: object;
  /** The text the value had when it was last the payload. */
  text: string;
}

/** What is so at the moment. */
export interface Current {
  run: Run;
  /** Variables that came with the start of the run, by name; undefined as soon as anything may have changed. */
  reads: Record<string, unknown> | undefined;
}

/** What the pieces of the object model share. */
export interface Model {
  readonly host: Host;
  readonly current: Current;
  /** Makes a class's prototypes and functions unchangeable. */
  harden<T>(value: T): T;
}
