import type { Place } from '../../diagnostic.ts';
import { XPathMistake } from './failure.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import type { Instruction, Scope } from './scope.ts';
import { attributeOf, placeInValue, type StyleAttribute, type StyleElement, type StyleText } from './style-element.ts';
import { readGlobal, type StyleTables } from './tables.ts';
import { isNodes, nodeText, toText, type Value } from './values.ts';
import { compileXPath } from './xpath-compile.ts';
import type { Compiled, Context, Names, XPathFunction } from './xpath-context.ts';

/** What instructions are compiled with. */
export interface StyleCompiler {
  readonly tables: StyleTables;
  readonly functions: ReadonlyMap<string, XPathFunction>;
  /** What stands between tags. `tail`: nothing runs after it in its template. */
  body(children: readonly (StyleElement | StyleText)[], locals: Locals, tail?: boolean): Instruction;
  /** A mistake of the author. */
  mistake(message: string, at: Place, hint?: string): void;
  /** What is right, and does not run here. */
  unsupported(message: string, at: Place, hint?: string): void;
}

/** Variables of a template that can be seen from a place in it, by `{uri}local`. */
export class Locals {
  readonly #own = new Map<string, number>();
  readonly #outer: Locals | undefined;
  /** Slots of the whole template. */
  readonly frame: { slots: number };

  constructor(outer?: Locals) {
    this.#outer = outer;
    this.frame = outer?.frame ?? { slots: 0 };
  }

  /** Hides one of that name, as XSLT 2.0 and the platform have it; XSLT 1.0 section 11.5 calls it a mistake. */
  declare(name: string): number {
    const slot = this.frame.slots++;
    this.#own.set(name, slot);
    return slot;
  }

  slotOf(name: string): number | undefined {
    return this.#own.get(name) ?? this.#outer?.slotOf(name);
  }
}

const unknown: Compiled = { kind: 'any', positional: false, evaluate: () => '' };

export function namesAt(element: StyleElement, locals: Locals, compiler: StyleCompiler): Names {
  return {
    newer: element.version > 1,
    elementNamespace: element.elementNamespace,
    functions: compiler.functions,
    uri: (prefix) => element.namespaces.get(prefix),
    variable: (name) => variable(name, element, locals, compiler),
  };
}

function variable(
  name: string,
  element: StyleElement,
  locals: Locals,
  { tables }: StyleCompiler,
): ((context: Context) => Value) | undefined {
  const key = nameKey(name, element);
  if (key === undefined) return undefined;
  const slot = locals.slotOf(key);
  if (slot !== undefined) return ({ frame }) => frame[slot] ?? '';
  const global = tables.globals.get(key);
  return global === undefined ? undefined : (context) => readGlobal(global, name, context);
}

/** `p:n` as `{uri}n`; undefined when its prefix is not declared. */
export function nameKey(name: string, element: StyleElement): string | undefined {
  const colon = name.indexOf(':');
  if (colon === -1) return `{}${name}`;
  const uri = element.namespaces.get(name.slice(0, colon));
  return uri === undefined ? undefined : `{${uri}}${name.slice(colon + 1)}`;
}

/** The name that an attribute holds, mistakes reported. */
export function keyOf(attribute: StyleAttribute, element: StyleElement, compiler: StyleCompiler): string {
  const name = attribute.value.trim();
  const key = nameKey(name, element);
  if (key !== undefined && /^[^\s:"'<>&{}$]+(?::[^\s:"'<>&{}$]+)?$/.test(name)) return key;
  compiler.mistake(`"${name}" is no name.`, attribute.at);
  return `{}${name}`;
}

export function expressionOf(
  attribute: StyleAttribute,
  element: StyleElement,
  locals: Locals,
  compiler: StyleCompiler,
): Compiled {
  return compiledAt(attribute.value, 0, attribute, compiler, (text) =>
    compileXPath(text, namesAt(element, locals, compiler)),
  );
}

export function patternOf(
  attribute: StyleAttribute,
  element: StyleElement,
  locals: Locals,
  compiler: StyleCompiler,
): readonly Pattern[] {
  try {
    return compilePattern(attribute.value, namesAt(element, locals, compiler));
  } catch (error) {
    report(error, 0, attribute, compiler);
    return [];
  }
}

/** The `select` of an element, or its content as a tree or text. */
export function selectOf(element: StyleElement, locals: Locals, compiler: StyleCompiler): Compiled | undefined {
  const select = attributeOf(element, 'select');
  return select === undefined ? undefined : expressionOf(select, element, locals, compiler);
}

export type TextOf = (scope: Scope) => string;

/** An attribute value template. XSLT 1.0 section 7.6.2; a version above 1 shows all items of a sequence. */
export function templateOf(
  attribute: StyleAttribute,
  element: StyleElement,
  locals: Locals,
  compiler: StyleCompiler,
): TextOf & { constant?: string } {
  const parts: (string | Compiled)[] = [];
  const { value } = attribute;
  let text = '';
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    if ((character === '{' || character === '}') && value[at + 1] === character) {
      text += character;
      at++;
    } else if (character === '{') {
      const end = endOfExpression(value, at + 1);
      if (end === -1) {
        compiler.mistake('The brace is not closed.', placeInValue(attribute, at, 1), 'For the character write {{.');
        break;
      }
      if (text !== '') parts.push(text);
      text = '';
      parts.push(
        compiledAt(value.slice(at + 1, end), at + 1, attribute, compiler, (inner) =>
          compileXPath(inner, namesAt(element, locals, compiler)),
        ),
      );
      at = end;
    } else if (character === '}') {
      compiler.mistake('The brace closes nothing.', placeInValue(attribute, at, 1), 'For the character write }}.');
    } else text += character;
  }
  if (text !== '' || parts.length === 0) parts.push(text);
  const [only] = parts;
  if (parts.length === 1 && typeof only === 'string') return Object.assign(() => only, { constant: only });
  const show = element.version > 1 ? allTexts : toText;
  return ({ context }) => {
    let result = '';
    for (const part of parts) result += typeof part === 'string' ? part : show(part.evaluate(context));
    return result;
  };
}

/** XSLT 2.0: the items of a sequence with blanks between. */
export function allTexts(value: Value, separator = ' '): string {
  return isNodes(value) && value.length !== 1 ? value.map(nodeText).join(separator) : toText(value);
}

/** The brace that closes an expression; quotes hide braces. */
function endOfExpression(value: string, from: number): number {
  for (let at = from; at < value.length; at++) {
    const character = value.charAt(at);
    if (character === '}') return at;
    if (character === '"' || character === "'") {
      at = value.indexOf(character, at + 1);
      if (at === -1) return -1;
    }
  }
  return -1;
}

function compiledAt(
  text: string,
  offset: number,
  attribute: StyleAttribute,
  compiler: StyleCompiler,
  compile: (text: string) => Compiled,
): Compiled {
  try {
    return compile(text);
  } catch (error) {
    report(error, offset, attribute, compiler);
    return unknown;
  }
}

function report(error: unknown, offset: number, attribute: StyleAttribute, compiler: StyleCompiler): void {
  if (!(error instanceof XPathMistake)) throw error;
  const place =
    error.length === 0 && error.offset === 0
      ? attribute.at
      : placeInValue(attribute, offset + error.offset, error.length);
  if (error.unsupported) compiler.unsupported(error.message, place);
  else compiler.mistake(error.message, place);
}
