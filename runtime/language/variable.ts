import type { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';

/** Gives a variable's value; undefined when it is unresolved (null in Apigee's words). */
export type Reader = (exchange: Exchange) => unknown;

/** @throws SetVariableError for a name or value that cannot be set; read-only names are ignored silently */
export type Writer = (exchange: Exchange, value: unknown) => void;

/** Makes a variable unresolved; no effect where it cannot be. */
export type Remover = (exchange: Exchange) => void;

/** What a name was resolved to, once. */
export interface Variable {
  readonly read: Reader;
  readonly write: Writer;
  readonly remove: Remover;
  /** Payloads that must be in memory when it is read. */
  readonly readNeed: BodyNeed;
  /** Payloads that must be in memory when it is written or removed. */
  readonly writeNeed: BodyNeed;
}

/** A flow variable cannot be set. Policies turn it into their own `SetVariableFailed` fault. */
export class SetVariableError extends Error {
  /** The variable's name. */
  readonly variable: string;

  constructor(variable: string, reason: string) {
    super(`Failed to set variable ${variable}: ${reason}`);
    this.name = 'SetVariableError';
    this.variable = variable;
  }
}

/** A variable that is computed when read and cannot be written. Apigee's flow variables reference marks these "Read". */
export function readOnly(read: Reader): Variable {
  return { read, write: ignore, remove: ignore, readNeed: 0, writeNeed: 0 };
}

export function ignore(): void {
  // Writing a read-only variable has no effect and is no error. zerohop's choice.
}
