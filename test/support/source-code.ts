import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The source tree as text, for tests of its shape. */

/** The repository's top folder: the nearest one above this file that holds package.json. */
export const repository: string = findRepository(dirname(fileURLToPath(import.meta.url)));

function findRepository(folder: string): string {
  if (readdirSync(folder).includes('package.json')) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('No package.json above the tests');
  return findRepository(above);
}

export interface SourceFile {
  /** Path from the repository's top, with `/`. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the contents of strings and regular expressions blanked out; same offsets. */
  readonly code: string;
}

/** All `.ts` files below a folder, in path order. */
export function sourceFiles(folder: string): SourceFile[] {
  return filesBelow(folder, '.ts').map((path) => {
    const text = readFileSync(join(repository, path), 'utf8');
    return { path, text, code: codeOf(text) };
  });
}

/** Paths below a folder that end so; empty when there is no such folder. */
export function filesBelow(folder: string, end: string): string[] {
  return readdirSync(repository, { withFileTypes: true }).some((entry) => entry.name === folder.split('/')[0])
    ? readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith(end))
        .map((name) => join(folder, name).split(sep).join('/'))
        .sort()
    : [];
}

/** The modules a file imports: paths from the repository's top, or names of packages. Types included. */
export function importsOf(file: SourceFile): string[] {
  const found = file.text.matchAll(
    /^(?:import|export)\b[^'"`;]*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm,
  );
  return [...found].map((match) => {
    const name = match[1] ?? match[2] ?? match[3] ?? '';
    return name.startsWith('.')
      ? normalize(join(dirname(file.path), name))
          .split(sep)
          .join('/')
      : name;
  });
}

/** `path:line` of every match in the code (or the whole text) of a file. */
export function places(file: SourceFile, pattern: RegExp, where: 'code' | 'text' = 'code'): string[] {
  return [...file[where].matchAll(pattern)].map((match) => {
    const line = file.text.slice(0, match.index).split('\n').length;
    return `${file.path}:${line}: ${(file.text.split('\n')[line - 1] ?? '').trim()}`;
  });
}

/** What may stand before a regular expression and not before a division. */
const beforeExpression = /(?:[([{,;=:!&|?+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|do|else))$/;

export function codeOf(text: string): string {
  let code = '';
  let at = 0;
  /** For every open `{`: whether it is the `${` of a template, whose text goes on after the `}`. */
  const braces: boolean[] = [];
  const blank = (end: number): void => {
    code += text.slice(at, end).replace(/[^\n]/g, ' ');
    at = end;
  };
  const keep = (): void => {
    code += text[at] ?? '';
    at++;
  };
  const template = (): void => {
    const end = endOf(text, at, '`', true);
    blank(end);
    if (text.startsWith('${', at)) {
      braces.push(true);
      blank(at + 2);
    } else keep();
  };
  while (at < text.length) {
    const here = text[at];
    if (text.startsWith('//', at)) blank(lineEnd(text, at));
    else if (text.startsWith('/*', at)) blank(text.indexOf('*/', at) + 2);
    else if (here === "'" || here === '"') {
      keep();
      blank(endOf(text, at, here, false));
      keep();
    } else if (here === '`') {
      keep();
      template();
    } else if (here === '/' && beforeExpression.test(code.trimEnd())) {
      keep();
      blank(endOfExpression(text, at));
      keep();
    } else if (here === '{') {
      braces.push(false);
      keep();
    } else if (here === '}' && braces.pop() === true) {
      blank(at + 1);
      template();
    } else keep();
  }
  return code;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/** Where a string or a stretch of template text ends. */
function endOf(text: string, from: number, quote: string, template: boolean): number {
  let at = from;
  while (at < text.length && text[at] !== quote && !(template && text.startsWith('${', at))) {
    at += text[at] === '\\' ? 2 : 1;
  }
  return at;
}

function endOfExpression(text: string, from: number): number {
  let inClass = false;
  let at = from;
  while (at < text.length && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true;
    else if (text[at] === ']') inClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  return at;
}
