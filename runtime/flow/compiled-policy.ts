import type { BodyNeed } from '../message/body-need.ts';
import type { Step } from '../policies/policy.ts';

/** A policy compiled once per bundle; every Step that names it shares it. */
export interface CompiledPolicy {
  readonly name: string;
  readonly element: string;
  readonly enabled: boolean;
  readonly continueOnError: boolean;
  /** Prefixes of `PREFIX.POLICY.failed`. */
  readonly failedPrefixes: readonly string[];
  readonly needs: BodyNeed;
  readonly step: Step;
  readonly file: string;
  readonly line: number;
}
