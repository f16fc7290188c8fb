import type { TreeNode } from '../../xml/tree.ts';
import { TransformationFailure } from './failure.ts';

/** What all ways of writing a result share. */

export class Output {
  text = '';
  readonly #limit: number;
  #entries = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Looking at that many namespaces. */
  spend(entries: number): void {
    this.#entries += entries;
    if (this.#entries > this.#limit) throw new TransformationFailure('The result has too many namespaces');
  }

  add(part: string): void {
    this.text += part;
    if (this.text.length > this.#limit) {
      throw new TransformationFailure(`The result has more than ${this.#limit} characters`);
    }
  }
}

export function nameOf({ prefix, local }: { readonly prefix: string; readonly local: string }): string {
  return prefix === '' ? local : `${prefix}:${local}`;
}

/** Writes characters as references that an encoding other than UTF-8 might not have. */
export function referenceWriter(encoding: string): (text: string) => string {
  if (/^utf-?8$/i.test(encoding)) return (text) => text;
  return (text) => text.replace(/[^\u0000-\u007f]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);
}

export function escapeText(text: string): string {
  if (!/[&<>\r]/.test(text)) return text;
  return text.replace(/[&<>\r]/g, (character) =>
    character === '&' ? '&amp;' : character === '<' ? '&lt;' : character === '>' ? '&gt;' : '&#13;',
  );
}

export function escapeAttribute(text: string): string {
  if (!/[&<>"\t\n\r]/.test(text)) return text;
  return text.replace(/[&<>"\t\n\r]/g, (character) => {
    if (character === '&') return '&amp;';
    if (character === '<') return '&lt;';
    if (character === '>') return '&gt;';
    return character === '"' ? '&quot;' : `&#${character.charCodeAt(0)};`;
  });
}

/** Whether an element may be laid out: none of its children is text. */
export function holdsNoText(element: TreeNode): boolean {
  return element.children.length > 0 && element.children.every(({ kind }) => kind !== 'text');
}

/** What can stand in no XML 1.0 text. Section 2.2. */
export function checkCharacters(text: string): string {
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) {
    throw new TransformationFailure('The result holds a character that XML does not allow');
  }
  return text;
}

/** The namespaces that an element's start tag declares, and those in scope inside. */
export function declarations(
  element: TreeNode,
  inScope: ReadonlyMap<string, string>,
  output: Output,
): { readonly declared: readonly (readonly [string, string])[]; readonly inside: ReadonlyMap<string, string> } {
  let inside = inScope;
  const declared: (readonly [string, string])[] = [];
  const declare = (prefix: string, uri: string): void => {
    if (prefix === 'xml' || (inside.get(prefix) ?? '') === uri) return;
    if (inside === inScope) {
      output.spend(inScope.size);
      inside = new Map(inScope);
    }
    (inside as Map<string, string>).set(prefix, uri);
    declared.push([prefix, uri]);
  };
  declare(element.prefix, element.uri);
  // Nearly all elements have the table of their parent, which has declared it, unless they are written alone.
  if (inScope.size === 0 || element.namespaces !== element.parent?.namespaces) {
    output.spend(element.namespaces.size);
    for (const [prefix, uri] of element.namespaces) if (prefix !== element.prefix) declare(prefix, uri);
  }
  return { declared, inside };
}
