import type { XPathEngine } from './xpath.ts';

/** What some functions need besides their arguments. */
export interface Engines {
  /** Undefined unless the deployment has loaded it. */
  readonly xpath: XPathEngine | undefined;
}

/**
 * Gives the function's value, or undefined as for a variable that is not set: because an argument is not set, or cannot
 * be used (a wrong pattern, a text for a number). Never throws on account of its arguments.
 */
export type Call = (args: readonly unknown[], engines: Engines) => unknown;

export interface TemplateFunction {
  /** How many arguments it takes. */
  readonly minimum: number;
  readonly maximum: number;
  /** For arguments already evaluated; undefined (or null) stands for a variable that is not set. */
  readonly call: Call;
  /**
   * A `call` that has compiled what it can: `literals` holds the arguments that are literals, at their places.
   * @throws PatternError for a literal that is not a valid pattern, path, format or encoding
   */
  readonly prepare?: (literals: readonly unknown[]) => Call;
  /** Place of the argument that is a Java expression run on the text of another. */
  readonly expression?: number;
}
