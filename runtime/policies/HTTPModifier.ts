import { type ConfigOf, element, many } from '../schema/declare.ts';
import { flag, template } from '../schema/values.ts';
import { isEmptyAction } from './action.ts';
import { namedLists, valuedLists } from './action-fields.ts';
import { assignTo, compileDestination } from './destination.ts';
import { type ActionsConfig, addAction, compileActions } from './message-actions.ts';
import { type Compiler, policy } from './policy.ts';

const faults = {
  unresolvedVariable: {
    code: 'steps.httpmodifier.UnresolvedVariable',
    status: 500,
    text: 'HTTPModifier: unable to resolve a variable',
  },
  notMessage: {
    code: 'steps.httpmodifier.VariableOfNonMsgType',
    status: 500,
    text: 'HTTPModifier: value of a variable is not of type Message',
  },
  setVariableFailed: {
    code: 'steps.httpmodifier.SetVariableFailed',
    status: 500,
    text: 'HTTPModifier: a part of a message cannot be set',
  },
};

/** Neither has the payload of its namesake in AssignMessage: this policy never changes one. */
const set = element({
  children: {
    ...valuedLists,
    Path: template,
    StatusCode: template,
    ReasonPhrase: template,
    Verb: template,
    Version: template,
  },
});
const remove = element({ children: namedLists });

/** Changes headers, parameters and the start line of a message. Apigee: HTTPModifier policy reference. */
export const HTTPModifier = policy({
  element: 'HTTPModifier',
  failedPrefix: 'httpmodifier',
  children: {
    AssignTo: assignTo,
    IgnoreUnresolvedVariables: flag,
    Add: many(addAction),
    Remove: many(remove),
    Set: many(set),
  },
  faults,
  compile(config, compiler) {
    const destination = compileDestination(config.AssignTo, compiler, { element: 'HTTPModifier', faults });
    const actions: ActionsConfig = {
      Add: config.Add,
      Remove: removals(config.Remove, compiler),
      Set: config.Set.map((one) => ({ ...one, Payload: undefined, Authentication: undefined })),
    };
    const act = compileActions(actions, compiler, {
      element: 'HTTPModifier',
      faults,
      ignoreUnresolved: config.IgnoreUnresolvedVariables?.text ?? false,
      source: 'message',
      destination: destination.need,
    });
    if (config.Add.length + config.Remove.length + config.Set.length === 0 && !destination.makes) {
      compiler.warning('PO034', config.at, 'The policy does nothing.', 'Add one of Set, Add, Remove.');
    }
    const { find } = destination;
    return (exchange) => act(exchange, find(exchange));
  },
});

type RemoveConfig = ConfigOf<typeof remove>;

/** An empty Remove would clear the message, which is more than this policy may do. zerohop's choice. */
function removals(configs: readonly RemoveConfig[], compiler: Compiler): NonNullable<ActionsConfig['Remove']> {
  const none = { Payload: undefined, Path: undefined, Verb: undefined, Version: undefined };
  return configs
    .filter((one) => {
      const empty = isEmptyAction(one);
      if (empty) compiler.warning('PO034', one.at, '<Remove> is empty; it does nothing.', 'Name what to remove.');
      return !empty;
    })
    .map((one) => ({ ...one, ...none, StatusCode: undefined, ReasonPhrase: undefined }));
}
