import { Fault, flowFaults } from '../fault.ts';
import type { Exchange, Outcome, SharedFlow } from '../message/exchange.ts';
import { type ConfigOf, element, many, required, requiredAttribute } from '../schema/declare.ts';
import { boolean, rawText, template, text, variable } from '../schema/values.ts';
import { type Compiler, policy } from './policy.ts';

const sharedFlowName = { ...text, expects: 'the name of a shared flow', empty: undefined };

const parameter = element({
  content: template,
  attributes: {
    name: requiredAttribute({ ...variable, expects: 'the name of a parameter' }),
    value: rawText,
    ref: variable,
  },
});

/** Deeper than any sensible nesting, far from the end of the stack. zerohop's choice. */
const deepestNesting = 64;

const faults = {
  notFound: flowFaults.sharedFlowNotFound,
  tooDeep: {
    code: 'flow.SharedFlowLoopDetected',
    status: 508,
    text: `Shared flows call each other more than ${deepestNesting} deep`,
  },
};

/** Runs a shared flow in place, like a call of a function. Apigee: FlowCallout policy. */
export const FlowCallout = policy({
  element: 'FlowCallout',
  children: {
    SharedFlowBundle: required(sharedFlowName),
    Parameters: element({
      attributes: { ignoreUnresolvedVariables: boolean },
      children: { Parameter: many(parameter) },
    }),
  },
  faults,
  compile(config, compiler) {
    const name = config.SharedFlowBundle.text;
    const parameters = (config.Parameters?.Parameter ?? []).map((one) => compileParameter(one, compiler));
    return (exchange) => {
      const flow = exchange.directory.sharedFlow(name);
      if (flow === undefined) throw new Fault(faults.notFound, `Shared Flow ${name} Not Found`);
      if (exchange.sharedFlowDepth >= deepestNesting)
        throw new Fault(faults.tooDeep, `${faults.tooDeep.text}: ${name}`);
      return call(parameters, exchange, flow);
    };
  },
});

interface Parameter {
  readonly name: string;
  /** The value; undefined hides the caller's variable of that name all the same. */
  value(exchange: Exchange): unknown;
}

/** zerohop's choice where several forms are written: the variable when it has a value, else `value`, else the text. */
function compileParameter(config: ConfigOf<typeof parameter>, compiler: Compiler): Parameter {
  const name = config.name.text;
  const fallback = compileFallback(config, compiler);
  if (config.ref === undefined) return { name, value: fallback };
  const read = compiler.reader(config.ref.text);
  return { name, value: (exchange) => read(exchange) ?? fallback(exchange) };
}

function compileFallback(config: ConfigOf<typeof parameter>, compiler: Compiler): Parameter['value'] {
  const literal = config.value?.text;
  if (literal !== undefined) return () => literal;
  if (config.text === undefined || config.text === '') {
    const none = config.ref === undefined ? '' : undefined;
    return () => none;
  }
  return compiler.template(config.text, config.textAt).render;
}

/** Parameters are set only once all are read: their values are the caller's. */
function call(parameters: readonly Parameter[], exchange: Exchange, flow: SharedFlow): Outcome {
  const callerName = exchange.sharedFlowName;
  const hidden = parameters.map(({ name }) => exchange.variables?.get(name));
  const values = parameters.map(({ value }) => value(exchange));
  assign(parameters, values, exchange);
  exchange.sharedFlowName = flow.name;
  exchange.sharedFlowDepth++;
  let outcome: Outcome;
  try {
    outcome = flow.run(exchange);
  } catch (error) {
    leave(parameters, hidden, exchange, callerName);
    throw error;
  }
  if (outcome !== undefined) return outcome.finally(() => leave(parameters, hidden, exchange, callerName));
  leave(parameters, hidden, exchange, callerName);
  return undefined;
}

/** Puts back what the call hid. */
function leave(
  parameters: readonly Parameter[],
  hidden: readonly unknown[],
  exchange: Exchange,
  callerName: string | undefined,
): void {
  assign(parameters, hidden, exchange);
  exchange.sharedFlowName = callerName;
  exchange.sharedFlowDepth--;
}

function assign(parameters: readonly Parameter[], values: readonly unknown[], exchange: Exchange): void {
  for (let index = 0; index < parameters.length; index++) {
    const parameter = parameters[index];
    if (parameter !== undefined) exchange.setVariable(parameter.name, values[index]);
  }
}
