import type { Place } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import { castText, type ValueKind } from '../language/cast.ts';
import { ignore, SetVariableError } from '../language/variable.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Compiler } from './policy.ts';

/** What the children of ExtractVariables share. */
export interface ExtractionContext {
  readonly compiler: Compiler;
  /** With its dot; empty for none. */
  readonly prefix: string;
  readonly ignoresUnresolved: boolean;
}

/**
 * A child of ExtractVariables, compiled. `source` is the value of the variable to parse: a message, or any other value.
 * Answers whether it set a variable.
 */
export interface Extraction {
  readonly at: Place;
  readonly run: (exchange: Exchange, source: unknown) => boolean;
}

export const extractionFaults = {
  sourceMissing: {
    code: 'steps.extractvariables.SourceMessageNotAvailable',
    status: 500,
    text: 'The source message is not available',
  },
  executionFailed: {
    code: 'steps.extractvariables.ExecutionFailed',
    status: 500,
    text: 'Failed to execute the ExtractVariables',
  },
  invalidJsonPath: { code: 'steps.extractvariables.InvalidJSONPath', status: 500, text: 'Invalid JSON path' },
  jsonPathParsingFailure: {
    code: 'steps.extractvariables.JsonPathParsingFailure',
    status: 500,
    text: 'The variable to parse is missing',
  },
  setVariableFailed: {
    code: 'steps.extractvariables.SetVariableFailed',
    status: 500,
    text: 'Failed to set variable',
  },
  immutableVariable: {
    code: 'steps.extractvariables.ImmutableVariable',
    status: 500,
    text: 'The variable is read-only',
  },
  unableToCast: {
    code: 'steps.extractvariables.UnableToCast',
    status: 500,
    text: 'The value does not fit the type of the variable',
  },
};

/** Sets one variable. @throws Fault SetVariableFailed, ImmutableVariable */
export type Target = (exchange: Exchange, value: unknown) => void;

export function compileTarget(name: string, { prefix, compiler }: ExtractionContext): Target {
  const variable = `${prefix}${name}`;
  const write = compiler.writer(variable);
  if (write === ignore && !guarded.has(variable)) {
    return () => {
      const text = `Variable ${variable} is read-only and cannot be set by ExtractVariables: ${compiler.name}`;
      throw new Fault(extractionFaults.immutableVariable, text);
    };
  }
  return (exchange, value) => {
    try {
      write(exchange, value);
    } catch (error) {
      if (!(error instanceof SetVariableError)) throw error;
      const text = `Failed to set variable ${variable} value ${shown(value)} from ExtractVariables: ${compiler.name}`;
      throw new Fault(extractionFaults.setVariableFailed, text);
    }
  };
}

/** zerohop's own variables: an attempt to set one has no effect in any policy, and is no fault either. */
const guarded: ReadonlySet<string> = new Set(['client.local', 'proxy.chain', 'proxy.chain.depth']);

/** @throws Fault UnableToCast */
export function cast(text: string, kind: ValueKind, name: string, compiler: Compiler): string | number | boolean {
  const value = castText(text, kind);
  if (value !== undefined) return value;
  const detail = `Unable to cast value ${shown(text)} of ${name} to ${kind} in ExtractVariables: ${compiler.name}`;
  throw new Fault(extractionFaults.unableToCast, detail);
}

export function executionFailed(compiler: Compiler): Fault {
  return new Fault(extractionFaults.executionFailed, `Failed to execute the ExtractVariables: ${compiler.name}`);
}

/** Enough of a value to recognise it by. */
function shown(value: unknown): string {
  const text = String(value);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
