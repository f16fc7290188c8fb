import { flag } from '../schema/values.ts';
import { assignTo, compileDestination } from './destination.ts';
import { acts, compileActions, messageActions, writesMessage } from './message-actions.ts';
import { policy } from './policy.ts';

const faults = {
  unresolvedVariable: {
    code: 'steps.assignmessage.UnresolvedVariable',
    status: 500,
    text: 'AssignMessage: unable to resolve a variable',
  },
  notMessage: {
    code: 'steps.assignmessage.VariableOfNonMsgType',
    status: 500,
    text: 'AssignMessage: value of a variable is not of type Message',
  },
  setVariableFailed: {
    code: 'steps.assignmessage.SetVariableFailed',
    status: 500,
    text: 'AssignMessage: a variable cannot be set',
  },
};

/** Apigee: AssignMessage policy reference. */
export const AssignMessage = policy({
  element: 'AssignMessage',
  failedPrefix: 'assignmessage',
  children: { AssignTo: assignTo, IgnoreUnresolvedVariables: flag, ...messageActions },
  faults,
  compile(config, compiler) {
    const destination = compileDestination(config.AssignTo, compiler, { element: 'AssignMessage', faults });
    const act = compileActions(config, compiler, {
      element: 'AssignMessage',
      faults,
      ignoreUnresolved: config.IgnoreUnresolvedVariables?.text ?? false,
      source: 'message',
      destination: destination.need,
    });
    if (!acts(config) && !destination.makes) {
      const hint = 'Add one of Set, Add, Copy, Remove, AssignVariable.';
      compiler.warning('PO034', config.at, 'The policy does nothing.', hint);
    }
    // A policy of variables alone works wherever it is attached, whether or not there is the message it names.
    if (!writesMessage(config) && !destination.makes) return (exchange) => act(exchange, exchange.request);
    const { find } = destination;
    return (exchange) => act(exchange, find(exchange));
  },
});
