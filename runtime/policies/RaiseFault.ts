import { Fault, faultBody } from '../fault.ts';
import { Body } from '../message/body.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import { Headers } from '../message/headers.ts';
import { Message } from '../message/message.ts';
import { element, ignored } from '../schema/declare.ts';
import { flag } from '../schema/values.ts';
import { compileActions, givesPayload, messageActions } from './message-actions.ts';
import { policy } from './policy.ts';

const faults = {
  raised: { code: 'steps.raisefault.RaiseFault', status: 500, text: 'Raising fault' },
  unresolvedVariable: {
    code: 'steps.raisefault.UnresolvedVariable',
    status: 500,
    text: 'RaiseFault: unable to resolve a variable',
  },
  notMessage: {
    code: 'steps.raisefault.VariableOfNonMsgType',
    status: 500,
    text: 'RaiseFault: value of a variable is not of type Message',
  },
  setVariableFailed: {
    code: 'steps.raisefault.SetVariableFailed',
    status: 500,
    text: 'RaiseFault: a variable cannot be set',
  },
};

/** Apigee: RaiseFault policy reference. */
export const RaiseFault = policy({
  element: 'RaiseFault',
  failedPrefix: 'raisefault',
  children: {
    FaultResponse: element({
      children: { ...messageActions, IgnoreUnresolvedVariables: flag, AssignTo: ignored },
    }),
    IgnoreUnresolvedVariables: flag,
    ShortFaultReason: flag,
    AssignTo: ignored,
  },
  faults,
  compile(config, compiler) {
    const { FaultResponse } = config;
    for (const stray of [config.AssignTo, FaultResponse?.AssignTo]) {
      if (stray === undefined) continue;
      const message = 'RaiseFault always writes to a response of its own; AssignTo has no effect.';
      compiler.warning('ZH113', stray.at, message, 'Remove it.');
    }
    const ignoring = FaultResponse?.IgnoreUnresolvedVariables ?? config.IgnoreUnresolvedVariables;
    const act = compileActions(FaultResponse ?? {}, compiler, {
      element: 'RaiseFault',
      faults,
      ignoreUnresolved: ignoring?.text ?? true,
      source: 'message',
      destination: BodyNeed.none,
    });
    const short = config.ShortFaultReason?.text ?? false;
    const faultstring = short ? compiler.name : `Raising fault. Fault name : ${compiler.name}`;
    const ownPayload = givesPayload(FaultResponse ?? {});
    const body = ownPayload ? Body.empty : Body.ofText(faultBody(new Fault(faults.raised, faultstring)));
    const fields = ownPayload ? [] : ['Content-Type', 'application/json'];
    const shared = new Headers(fields, true);
    return (exchange) => {
      let response = raisedBefore(exchange);
      if (response === undefined) {
        response = new Message('response', shared.share(), body);
        response.status = faults.raised.status;
      }
      const raised = response;
      const outcome = act(exchange, raised);
      if (outcome !== undefined) return outcome.then(() => raise(exchange, raised, faultstring));
      return raise(exchange, raised, faultstring);
    };
  },
});

function raise(exchange: Exchange, response: Message, faultstring: string): never {
  exchange.error = response;
  exchange.setVariable('raisefault.failed', true);
  const fault = new Fault(faults.raised, faultstring);
  fault.carriesResponse = true;
  throw fault;
}

/**
 * The answer of a RaiseFault whose fault rule is running: a RaiseFault in that rule writes over it, and what it does not
 * set stays. Any other pending error, that of a target too, gives way to a new answer. Apigee: handling faults,
 * RaiseFault and fault rules.
 */
function raisedBefore(exchange: Exchange): Message | undefined {
  return exchange.fault?.code === faults.raised.code ? exchange.error : undefined;
}
