/** Message templates, compiled to closures. Apigee: message templates reference. */
import { nearest } from '../diagnostic.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { backtrackingAdvice, backtracksExponentially } from './backtracking.ts';
import { templateFunction, templateFunctions } from './functions.ts';
import { javaRegex } from './java-regex.ts';
import { PatternError } from './pattern.ts';
import type { Call, Engines, TemplateFunction } from './template-function.ts';
import { type Argument, type FunctionPiece, scanTemplate, type VariablePiece } from './template-scan.ts';
import { toText } from './text.ts';
import type { Reader } from './variable.ts';
import { bodyNeed, variableReader } from './variables.ts';
import type { XPathEngine } from './xpath.ts';

export interface Template {
  readonly render: (exchange: Exchange) => string;
  /** Payloads that must be in memory for it. */
  readonly needs: BodyNeed;
  /** The text when it holds no variable and no function. */
  readonly constant: string | undefined;
  /** Names of the variables it reads, each once. */
  readonly reads: readonly string[];
  /** Whether it calls `xpath`. */
  readonly usesXPath: boolean;
  /** What stays text, and was probably meant otherwise. */
  readonly warnings: readonly TemplateWarning[];
}

/** `index` and `length` are the place in the template's text, in UTF-16 units. */
export interface TemplateWarning {
  readonly index: number;
  readonly length: number;
  readonly message: string;
}

export interface TemplateOptions {
  /** Called, to throw a fault, for a variable without value and default. Absent: such a variable is an empty text. */
  readonly unresolved?: ((name: string) => never) | undefined;
  /** What stands before and behind a name: `{` and `}` unless the old attributes say otherwise. */
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  readonly xpath: XPathEngine | undefined;
}

/** Renders a variable piece of a template. */
type Part = (exchange: Exchange) => string;

export function compileTemplate(text: string, options: TemplateOptions): Template {
  const { pieces, missed } = scanTemplate(text, options.prefix || '{', options.suffix || '}');
  const reads = new Set<string>();
  const warnings: TemplateWarning[] = missed
    .filter(({ name }) => templateFunction(name) !== undefined)
    .map(({ name, index, length }) => {
      return { index, length, message: `This call of ${name} stays text: blanks or other characters stand in its way` };
    });
  const sequence = new Sequence();
  let usesXPath = false;
  for (const piece of pieces) {
    if (piece.kind === 'text') sequence.addText(piece.text);
    else if (piece.kind === 'variable') sequence.addPart(variablePart(piece, options, reads));
    else {
      const call = compileCall(piece, warnings);
      if (call === undefined) sequence.addText(piece.text);
      else {
        usesXPath ||= piece.name === 'xpath';
        sequence.addPart(functionPart(piece, call, options, reads));
      }
    }
  }
  let needs: BodyNeed = BodyNeed.none;
  for (const name of reads) needs |= bodyNeed(name);
  return {
    render: sequence.renderer(),
    needs,
    constant: sequence.constant,
    reads: [...reads],
    usesXPath,
    warnings,
  };
}

/** Texts with parts between them: `texts[0] parts[0] texts[1] ... texts[n]`. */
class Sequence {
  readonly #texts: string[] = [''];
  readonly #parts: Part[] = [];

  addText(text: string): void {
    this.#texts[this.#parts.length] = `${this.#texts[this.#parts.length]}${text}`;
  }

  addPart(part: Part): void {
    this.#parts.push(part);
    this.#texts.push('');
  }

  get constant(): string | undefined {
    return this.#parts.length === 0 ? this.#texts[0] : undefined;
  }

  renderer(): Part {
    return renderer(this.#texts, this.#parts);
  }
}

/** Most templates are one name, or a text around one or two: those need no loop. */
function renderer([a = '', b = '', c = '', ...rest]: readonly string[], parts: readonly Part[]): Part {
  const [first, second] = parts;
  if (first === undefined) return () => a;
  if (second === undefined) return a === '' && b === '' ? first : around(a, first, b);
  if (parts.length === 2) return aroundTwo(a, first, b, second, c);
  return aroundMany(a, parts, [b, c, ...rest]);
}

function around(before: string, part: Part, after: string): Part {
  return (exchange) => before + part(exchange) + after;
}

function aroundTwo(before: string, first: Part, between: string, second: Part, after: string): Part {
  return (exchange) => before + first(exchange) + between + second(exchange) + after;
}

function aroundMany(before: string, parts: readonly Part[], after: readonly string[]): Part {
  return (exchange) => {
    let text = before;
    for (let index = 0; index < parts.length; index++) text += `${parts[index]?.(exchange)}${after[index]}`;
    return text;
  };
}

function variablePart(piece: VariablePiece, options: TemplateOptions, reads: Set<string>): Part {
  const { name, fallback } = piece;
  const { unresolved } = options;
  const read = variableReader(name);
  reads.add(name);
  return (exchange) => {
    const value = read(exchange);
    if (typeof value === 'string') return value;
    if (value !== undefined && value !== null) return toText(value);
    if (fallback !== undefined) return fallback;
    return unresolved === undefined ? '' : unresolved(name);
  };
}

/** The function with its literals compiled; undefined, with a warning, for a call that has to stay text. */
function compileCall(piece: FunctionPiece, warnings: TemplateWarning[]): Call | undefined {
  const warn = (message: string, index = piece.index, length = piece.length): undefined => {
    warnings.push({ index, length, message });
    return undefined;
  };
  const found = templateFunction(piece.name);
  if (found === undefined) {
    const [similar] = nearest(piece.name, templateFunctions.keys());
    const hint = similar === undefined ? '' : `; did you mean ${similar}?`;
    return warn(`There is no function ${piece.name}, so this stays text${hint}`);
  }
  const count = piece.args.length;
  if (count < found.minimum || count > found.maximum) {
    return warn(`${piece.name} takes ${countText(found)}, not ${count}, so this stays text`);
  }
  if (found.prepare === undefined) return found.call;
  try {
    warnOfBacktracking(piece, found, warn);
    return found.prepare(piece.args.map((argument) => (argument.kind === 'literal' ? argument.text : undefined)));
  } catch (error) {
    if (error instanceof PatternError) return warn(`${error.message}, so this stays text`);
    throw error;
  }
}

/** @throws PatternError for an expression that is not valid */
function warnOfBacktracking(
  piece: FunctionPiece,
  { expression }: TemplateFunction,
  warn: (message: string, index: number, length: number) => void,
): void {
  const argument = expression === undefined ? undefined : piece.args[expression];
  if (argument?.kind !== 'literal' || !backtracksExponentially(javaRegex(argument.text, 'find'))) return;
  warn(backtrackingAdvice.message, argument.index, argument.text.length);
}

function countText({ minimum, maximum }: TemplateFunction): string {
  const noun = maximum === 1 ? 'argument' : 'arguments';
  if (minimum === maximum) return `${minimum} ${noun}`;
  return maximum === Number.POSITIVE_INFINITY ? `${minimum} or more arguments` : `${minimum} to ${maximum} ${noun}`;
}

function functionPart(piece: FunctionPiece, call: Call, options: TemplateOptions, reads: Set<string>): Part {
  const { fallback } = piece;
  const { unresolved } = options;
  const engines: Engines = { xpath: options.xpath };
  const readers = piece.args.map((argument) => argumentReader(argument, reads));
  const names = piece.args.map((argument) => (argument.kind === 'variable' ? argument.name : ''));
  return (exchange) => {
    const args = new Array<unknown>(readers.length);
    let missing = -1;
    let index = 0;
    for (const read of readers) {
      const value = read(exchange);
      if (missing === -1 && (value === undefined || value === null)) missing = index;
      args[index++] = value;
    }
    const result = call(args, engines);
    if (result !== undefined && result !== null) return toText(result);
    if (fallback !== undefined) return fallback;
    return unresolved === undefined || missing === -1 ? '' : unresolved(names[missing] ?? piece.name);
  };
}

function argumentReader(argument: Argument, reads: Set<string>): Reader {
  if (argument.kind === 'literal') {
    const { text } = argument;
    return () => text;
  }
  const { name, fallback } = argument;
  const read = variableReader(name);
  reads.add(name);
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === null) return fallback;
    // Functions know nothing of messages: they take the payload.
    return value instanceof Message ? toText(value) : value;
  };
}
