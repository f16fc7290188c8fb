import { Fault, type FaultKind } from '../fault.ts';
import { bodyNeed, variableReader } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import type { Compiler } from './policy.ts';

/** The faults of a policy that looks into a message, and their texts for a variable. */
export interface SourceFaults {
  readonly unavailable: FaultKind;
  readonly unavailableText: string;
  readonly notMessage: FaultKind;
  readonly notMessageText: string;
}

const messages: ReadonlySet<string> = new Set(['message', 'request', 'response', 'error']);

/**
 * The message that a policy looks into: the variable of `Source`, else the one the flow is at.
 * @param takesPayload whether its payload has to be in memory
 * @throws Fault when there is none, or the variable holds something else
 */
export function messageSource(
  variable: string,
  faults: SourceFaults,
  compiler: Compiler,
  takesPayload = true,
): (exchange: Exchange) => Message {
  // Naming a message does not yet take its payload; a part of one does.
  if (takesPayload || !messages.has(variable)) compiler.needs(bodyNeed(variable));
  const read = variableReader(variable);
  return (exchange) => {
    const value = read(exchange);
    if (value instanceof Message) return value;
    if (value === undefined || value === null) throw new Fault(faults.unavailable, faults.unavailableText);
    throw new Fault(faults.notMessage, faults.notMessageText);
  };
}
