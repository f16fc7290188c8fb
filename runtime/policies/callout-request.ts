import { Fault, type FaultKind } from '../fault.ts';
import { bodyNeed, variableReader } from '../language/variables.ts';
import { Body } from '../message/body.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import type { Leaf } from '../schema/declare.ts';
import { type Answer, after } from '../state/answer.ts';
import { type ActionsConfig, compileActions } from './message-actions.ts';
import type { Compiler } from './policy.ts';

/** The request of a ServiceCallout. */
export interface CalloutRequest {
  /** The message to send, made or found, with the policy's actions done to it. @throws Fault */
  readonly prepare: (exchange: Exchange) => Answer<Message>;
  /** After it was sent: its payload is let go unless the policy keeps it. */
  readonly clear: (message: Message) => void;
}

type RequestConfig = ActionsConfig & {
  readonly variable: Leaf<string> | undefined;
  readonly clearPayload: Leaf<boolean> | undefined;
  readonly IgnoreUnresolvedVariables: Leaf<boolean> | undefined;
};

interface RequestFaults {
  readonly notMessage: FaultKind;
  readonly notRequest: FaultKind;
  readonly unresolvedVariable: FaultKind;
  readonly sourceNotMessage: FaultKind;
  readonly setVariableFailed: FaultKind;
}

/** The name of the message that is made when the policy names none. Apigee: ServiceCallout policy reference. */
const usualVariable = 'servicecallout.request';

export function compileCalloutRequest(
  config: RequestConfig | undefined,
  compiler: Compiler,
  faults: RequestFaults,
): CalloutRequest {
  if (config === undefined) return { prepare: () => Message.request(), clear: () => undefined };
  const name = config.variable?.text || usualVariable;
  const need = bodyNeed(name);
  compiler.needs(need);
  const act = compileActions(config, compiler, {
    element: 'ServiceCallout',
    faults: { ...faults, notMessage: faults.sourceNotMessage },
    ignoreUnresolved: config.IgnoreUnresolvedVariables?.text ?? false,
    source: 'request',
    destination: need,
  });
  const find = finder(name, compiler.name, faults);
  const clears = config.clearPayload?.text ?? true;
  return {
    prepare: (exchange) => {
      const message = find(exchange);
      return after(act(exchange, message), () => message);
    },
    // The message keeps no more than its head. What is being sent holds the payload itself.
    clear: (message) => {
      if (clears) message.adoptBody(Body.empty);
    },
  };
}

/** Without a variable of its own each call begins with a fresh message. */
function finder(name: string, policy: string, faults: RequestFaults): (exchange: Exchange) => Message {
  const make = (exchange: Exchange): Message => {
    const message = Message.request();
    exchange.setVariable(name, message);
    return message;
  };
  if (name === usualVariable) return make;
  const read = variableReader(name);
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === null) return make(exchange);
    const prefix = `ServiceCallout[${policy}]: request variable ${name} value is not of type`;
    if (!(value instanceof Message)) throw new Fault(faults.notMessage, `${prefix} Message`);
    if (value.kind !== 'request') throw new Fault(faults.notRequest, `${prefix} Request Message`);
    return value;
  };
}
