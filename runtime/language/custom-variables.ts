import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { messagePart, type Part, partDots } from './message-parts.ts';
import { SetVariableError, type Variable } from './variable.ts';

/** A name that may be a part of a message stored under the name before it. */
interface Candidate {
  readonly message: string;
  readonly part: Part;
}

/**
 * Any name that is not built in: a custom variable of exactly that name, else a part of a message variable (AssignMessage
 * and ServiceCallout make those, and their names may hold dots), the shortest message name first.
 */
export function customVariable(name: string): Variable {
  const candidates = candidatesOf(name);
  const parents = parentsOf(name);
  return {
    read:
      candidates.length === 0
        ? (exchange) => exchange.variables?.get(name)
        : (exchange) => {
            const { variables } = exchange;
            if (variables === undefined) return undefined;
            const value = variables.get(name);
            if (value !== undefined) return value;
            for (const { message, part } of candidates) {
              const owner = variables.get(message);
              if (owner instanceof Message) return part.read(owner);
            }
            return undefined;
          },
    write: (exchange, value) => {
      if (exchange.variables !== undefined && !exchange.variables.has(name)) {
        for (const { message, part } of candidates) {
          const owner = exchange.variables.get(message);
          if (owner instanceof Message) return part.write(owner, value);
        }
        checkParents(exchange, name, parents);
      }
      exchange.setVariable(name, value);
    },
    remove: (exchange) => {
      const { variables } = exchange;
      if (variables === undefined || variables.delete(name)) return;
      for (const { message, part } of candidates) {
        const owner = variables.get(message);
        if (owner instanceof Message) return part.remove(owner);
      }
    },
    // Messages in variables are made by policies and always in memory.
    readNeed: 0,
    writeNeed: 0,
  };
}

function candidatesOf(name: string): Candidate[] {
  return partDots(name).flatMap((dot) => {
    const part = messagePart(name.slice(dot + 1), name);
    return part === undefined ? [] : [{ message: name.slice(0, dot), part }];
  });
}

function parentsOf(name: string): string[] {
  const parents: string[] = [];
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) parents.push(name.slice(0, dot));
  return parents;
}

/** Apigee: SetVariableFailed in the runtime error reference, `a.b` and then `a.b.c`. */
function checkParents(exchange: Exchange, name: string, parents: readonly string[]): void {
  for (const parent of parents) {
    const value = exchange.variables?.get(parent);
    if (value !== undefined && typeof value !== 'object') {
      throw new SetVariableError(name, `${parent} already holds a single value`);
    }
  }
}
