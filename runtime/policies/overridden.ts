import type { Place } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import type { Compiler, Step } from './policy.ts';
import { compileScript, type ScriptFaults, scriptOf } from './script-step.ts';

/** A policy that cannot run here, and what is known of it. */
export interface Foreign {
  readonly element: string;
  /** Why it cannot run. */
  readonly reason: string;
  /** File of its resource, as in `py://FILE`; empty when it has none. */
  readonly resource: string;
  readonly timeLimit: number;
  readonly properties: ReadonlyMap<string, string>;
  readonly at: Place;
}

/** Runs the script that the overrides directory has for it; without one, says so now and fails when it is reached. */
export function compileOverridden(foreign: Foreign, faults: ScriptFaults, compiler: Compiler): Step {
  const { element, reason, resource, timeLimit, properties, at } = foreign;
  const script = compiler.override(resource);
  if (script !== undefined) return compileScript([scriptOf(script)], timeLimit, properties, at, faults, compiler);
  const message = `${reason} Calling the step "${compiler.name}" raises a fault.`;
  const hint = `Write the same in JavaScript, as overrides/${compiler.bundle}/${compiler.name}.js, and serve with --overrides overrides.`;
  compiler.warning('ZH020', at, message, hint);
  const text = `${element}[${compiler.name}]: ${reason} A script in JavaScript can stand for it.`;
  return () => {
    throw new Fault(faults.failed, text);
  };
}

/** The file of a resource URL such as `py://check.py`. */
export function fileOf(url: string | undefined): string {
  return /^[a-z]+:\/\/(?:.*\/)?([^/]*)$/i.exec(url ?? '')?.[1] ?? '';
}
