import type { Place } from '../diagnostic.ts';
import { Fault, type FaultKind } from '../fault.ts';
import { SetVariableError } from '../language/variable.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { isDecoded } from './payload-text.ts';
import type { Compiler, Step } from './policy.ts';

/** Faults of XMLToJSON and JSONToXML. Apigee: runtime error references of the two. */
export interface ConversionFaults {
  readonly sourceUnavailable: FaultKind;
  readonly executionFailed: FaultKind;
  readonly outputUnavailable: FaultKind;
  readonly incompatibleTypes: FaultKind;
  readonly invalidSourceType: FaultKind;
}

export function conversionFaults(element: string, prefix: string): ConversionFaults {
  const fault = (name: string, text: string) => ({
    code: `steps.${prefix}.${name}`,
    status: 500,
    text: `${element}: ${text}`,
  });
  return {
    sourceUnavailable: fault('SourceUnavailable', 'Source is not available'),
    executionFailed: fault('ExecutionFailed', 'Execution failed'),
    outputUnavailable: fault('OutputVariableIsNotAvailable', 'Output variable is not available'),
    incompatibleTypes: fault('InCompatibleTypes', 'Source and output variable are of different types'),
    invalidSourceType: fault('InvalidSourceType', 'Source is of an invalid type'),
  };
}

/** A payload that cannot be converted. The message is the reason that the fault shows. */
export class ConversionFailure extends Error {
  override readonly name = 'ConversionFailure';
}

interface Names {
  readonly Source: { readonly text: string; readonly at: Place } | undefined;
  readonly OutputVariable: { readonly text: string; readonly at: Place } | undefined;
}

export interface ConversionOptions {
  readonly element: string;
  readonly faults: ConversionFaults;
  /** Whether a message is of the type that is converted; any other is left as it is. */
  readonly accepts: (message: Message) => boolean;
  /** Content-Type of the result. */
  readonly contentType: string;
  /** What stands between `ELEMENT[NAME]: ` and the reason of a failure. */
  readonly failure: string;
  /** @throws ConversionFailure */
  readonly convert: (text: string) => string;
}

/** A message into a message, or a text into a text. Apigee: XMLToJSON and JSONToXML references, Source and OutputVariable. */
export function compileConversion(config: Names, compiler: Compiler, options: ConversionOptions): Step {
  const source = config.Source?.text ?? 'message';
  const output = config.OutputVariable?.text;
  const { element, faults, accepts } = options;
  const prefix = `${element}[${compiler.name}]: `;
  const read = compiler.reader(source);
  const convert = (text: string): string => {
    try {
      return options.convert(text);
    } catch (error) {
      if (!(error instanceof ConversionFailure)) throw error;
      throw new Fault(faults.executionFailed, `${prefix}${options.failure}${error.message}`);
    }
  };
  const fromMessage = messageOutput(output, compiler, options);
  const fromText = textOutput(output, compiler, options);
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === null) {
      throw new Fault(faults.sourceUnavailable, `${prefix}Source ${source} is not available`);
    }
    if (value instanceof Message) {
      if (!accepts(value)) return;
      const { content } = value;
      if (!isDecoded(value, content)) {
        throw new Fault(faults.executionFailed, `${prefix}${options.failure}The payload is not UTF-8 text`);
      }
      const target = fromMessage(exchange, value);
      target.content = convert(content);
      target.headers.set('Content-Type', options.contentType);
      return;
    }
    if (typeof value !== 'string') {
      throw new Fault(faults.invalidSourceType, `${prefix}Source ${source} is neither a message nor a string`);
    }
    fromText(exchange, () => convert(value));
  };
}

/** The message that takes the result; one is made where the variable has no value yet. zerohop's choice. */
function messageOutput(
  output: string | undefined,
  compiler: Compiler,
  { element, faults }: ConversionOptions,
): (exchange: Exchange, source: Message) => Message {
  if (output === undefined) return (_, source) => source;
  const read = compiler.reader(output);
  const write = compiler.writer(output);
  return (exchange, source) => {
    const value = read(exchange);
    if (value instanceof Message) return value;
    if (value !== undefined && value !== null) {
      const text = `${element}[${compiler.name}]: Source is a message, but output variable ${output} is not`;
      throw new Fault(faults.incompatibleTypes, text);
    }
    const made = source.kind === 'request' && output !== 'response' ? Message.request() : Message.response();
    assign(() => write(exchange, made), output, compiler, element, faults);
    return made;
  };
}

function textOutput(
  output: string | undefined,
  compiler: Compiler,
  { element, faults }: ConversionOptions,
): (exchange: Exchange, convert: () => string) => void {
  if (output === undefined) {
    return () => {
      throw new Fault(faults.outputUnavailable, `${element}[${compiler.name}]: Output variable is not available`);
    };
  }
  const read = compiler.reader(output);
  const write = compiler.writer(output);
  return (exchange, convert) => {
    if (read(exchange) instanceof Message) {
      const text = `${element}[${compiler.name}]: Source is a string, but output variable ${output} is a message`;
      throw new Fault(faults.incompatibleTypes, text);
    }
    const text = convert();
    assign(() => write(exchange, text), output, compiler, element, faults);
  };
}

function assign(
  write: () => void,
  output: string,
  compiler: Compiler,
  element: string,
  faults: ConversionFaults,
): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof SetVariableError)) throw error;
    const text = `${element}[${compiler.name}]: Output variable ${output} is not available`;
    throw new Fault(faults.outputUnavailable, text);
  }
}
