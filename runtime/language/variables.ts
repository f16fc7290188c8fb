/**
 * The table of flow variables: a name is resolved once, to closures. Built-in variables are computed when read and never
 * stored; everything else is a custom variable in the exchange's map. Apigee: flow variables reference.
 */
import type { BodyNeed } from '../message/body-need.ts';
import type { Exchange, VariableAccess } from '../message/exchange.ts';
import { callVariables, interfaceVariable, propertyVariable } from './call-variables.ts';
import { customVariable } from './custom-variables.ts';
import { errorVariables } from './error-variables.ts';
import { eventVariables } from './event-variables.ts';
import { groupedVariable } from './grouped-variables.ts';
import { messageVariable } from './message-variables.ts';
import { systemVariables } from './system-variables.ts';
import { targetVariables } from './target-variables.ts';
import type { Reader, Remover, Variable, Writer } from './variable.ts';

export { toText } from './text.ts';
export { type Reader, type Remover, SetVariableError, type Writer } from './variable.ts';

const builtIn: ReadonlyMap<string, Variable> = new Map([
  ...callVariables,
  ...systemVariables,
  ...targetVariables,
  ...errorVariables,
  ...eventVariables,
]);

/** Names met at run time that are kept resolved. Scripts use the same few again and again; names from data do not end. */
const keptNames = 1024;

export function variableReader(name: string): Reader {
  return resolve(name).read;
}

export function variableWriter(name: string): Writer {
  return resolve(name).write;
}

export function variableRemover(name: string): Remover {
  return resolve(name).remove;
}

/** Which payloads must be in memory when the variable is read. */
export function bodyNeed(name: string): BodyNeed {
  return resolve(name).readNeed;
}

/** Which payloads must be in memory when the variable is written or removed: form parameters are a part of one. */
export function writeNeed(name: string): BodyNeed {
  return resolve(name).writeNeed;
}

/** Variables by names known at run time only. */
export function createVariableAccess(): VariableAccess {
  const known = new Map<string, Variable>();
  const variableOf = (name: string): Variable => {
    const found = known.get(name);
    if (found !== undefined) return found;
    if (known.size >= keptNames) known.clear();
    const variable = resolve(name);
    known.set(name, variable);
    return variable;
  };
  return {
    read: (exchange: Exchange, name: string) => variableOf(name).read(exchange),
    write: (exchange: Exchange, name: string, value: unknown) => variableOf(name).write(exchange, value),
    remove: (exchange: Exchange, name: string) => variableOf(name).remove(exchange),
  };
}

function resolve(name: string): Variable {
  return (
    builtIn.get(name) ??
    messageVariable(name) ??
    propertyVariable(name) ??
    interfaceVariable(name) ??
    groupedVariable(name) ??
    customVariable(name)
  );
}
