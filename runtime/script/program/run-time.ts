import type { AnyNode } from 'acorn';
import { full } from 'acorn-walk';
import type { ParsedFile } from './parse.ts';

const loops = /^(For(In|Of)?Statement|WhileStatement|DoWhileStatement)$/;

/** Whether a script may take longer than reading it: loops, functions that may call themselves, regular expressions. */
export function mayRunLong(files: readonly ParsedFile[]): boolean {
  return files.some(({ tree }) => {
    let found = false;
    full(tree, (node) => {
      found ||= isSlow(node);
    });
    return found;
  });
}

function isSlow(node: AnyNode): boolean {
  if (loops.test(node.type)) return true;
  // Any function could be called by itself, or by a method that calls it for each item.
  if (/Function/.test(node.type)) return true;
  if (node.type === 'Literal') return node.value instanceof RegExp || 'regex' in node;
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return false;
  const { callee } = node;
  const name =
    callee.type === 'Identifier' ? callee.name : callee.type === 'MemberExpression' ? callee.property : undefined;
  const text = typeof name === 'string' ? name : name?.type === 'Identifier' ? name.name : '';
  return /^(RegExp|match|matchAll|search|replaceAll|repeat|padStart|padEnd|eval|Function)$/.test(text);
}
