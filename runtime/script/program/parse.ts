import { type Options, type Program, parse } from 'acorn';
import { type ScriptFile, ScriptSyntaxError } from '../engine.ts';

export interface ParsedFile {
  readonly name: string;
  readonly text: string;
  readonly tree: Program;
}

/** What both engines accept. Rhino's ES5 with some ES6 lies inside. */
const dialect: Options = { ecmaVersion: 2023, sourceType: 'script', allowHashBang: false };

/** @throws ScriptSyntaxError */
export function parseFile(file: ScriptFile, index: number): ParsedFile {
  // A byte order mark is no part of the text; the blank keeps offsets true.
  const text = file.text.startsWith('\ufeff') ? ` ${file.text.slice(1)}` : file.text;
  try {
    return { name: file.name, text, tree: parse(text, dialect) };
  } catch (error) {
    if (error instanceof SyntaxError && isPlaced(error)) throw syntaxError(error, file, text, index);
    throw error;
  }
}

interface Placed {
  readonly pos: number;
  readonly loc: { readonly line: number; readonly column: number };
}

function isPlaced(error: SyntaxError): error is SyntaxError & Placed {
  return 'pos' in error && 'loc' in error;
}

function syntaxError(error: SyntaxError & Placed, file: ScriptFile, script: string, index: number): ScriptSyntaxError {
  const place = { offset: error.pos, line: error.loc.line, column: error.loc.column + 1 };
  const message = error.message.replace(/ \(\d+:\d+\)$/, '');
  if (!usesE4x(script, error.pos)) return new ScriptSyntaxError(`${message}.`, index, file.name, place);
  const hint = 'E4X left JavaScript long ago. Read XML with content.asXML, and build it as a text.';
  const text = `E4X (XML in JavaScript) is not supported: ${message}.`;
  return new ScriptSyntaxError(text, index, file.name, place, { hint, isE4x: true });
}

/** Whether the parser stopped at an operator or literal of E4X (ECMA-357), which Apigee's old engine knew. */
function usesE4x(text: string, offset: number): boolean {
  const before = text.slice(Math.max(0, offset - 12), offset);
  const after = text.slice(offset, offset + 12);
  if (/^each\b/.test(after)) return /\bfor\s*$/.test(before);
  if (/^<[A-Za-z!?>]/.test(after) || after.startsWith('@')) return true;
  if (/^[.*@]/.test(after)) return after.startsWith('..') || before.endsWith('.');
  return after.startsWith('::') || (after.startsWith(':') && before.endsWith(':'));
}
