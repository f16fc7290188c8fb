import type { Place } from '../diagnostic.ts';
import { Fault, type FaultKind } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Leaf } from '../schema/declare.ts';
import type { Compiler } from './policy.ts';

/** Where requests to Gemini have the user's prompt. Apigee: the usual UserPromptSource. */
export const usualPrompt = "{jsonPath('$.contents[-1].parts[-1].text',request.content,true)}";

/**
 * A text for a model or a service: what was written, or the usual place.
 * @param missing the fault for a variable without value, unless those are ignored
 */
export function sourceOf(
  written: Leaf<string> | undefined,
  usual: string,
  at: Place,
  ignoresUnresolved: boolean,
  missing: FaultKind,
  compiler: Compiler,
): (exchange: Exchange) => string {
  const unresolved = (name: string): never => {
    throw new Fault(missing, `${missing.text}: unable to resolve variable ${name}`);
  };
  const options = { unresolved: ignoresUnresolved ? undefined : unresolved };
  return compiler.template(written?.text || usual, written?.at ?? at, options).render;
}
