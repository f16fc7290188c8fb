import type { ConditionPoint } from '../debug/trace.ts';
import type { Place } from '../diagnostic.ts';
import type { Condition } from '../language/condition.ts';
import type { Exchange } from '../message/exchange.ts';
import type { FlowCompiler } from './flow-compiler.ts';
import { holds } from './sequence.ts';

/** The test of a flow, route or fault rule; where calls are recorded, one whose verdict is noted. No condition always holds. */
export function verdict(
  of: ConditionPoint['of'],
  name: string,
  written: { readonly text: string; readonly at: Place } | undefined,
  condition: Condition | undefined,
  { parts }: FlowCompiler,
): (exchange: Exchange) => boolean {
  if (condition === undefined || written === undefined) return holds;
  if (parts.recorder === undefined) return condition.test;
  const { source, offset } = written.at;
  const site = { of, name, text: written.text.trim(), file: source.file, line: source.position(offset).line };
  return parts.recorder.verdict(site, condition.test);
}
