import type { AnyNode } from 'acorn';
import type { Names } from './names.ts';

/** Variables that are read with the start of a run. */
const most = 8;

/**
 * What another moment would give another value for, and what may be long: these are read where the script reads them.
 */
const readLater = /^system\.|\.content$|\.formparam|^(?:request|response|message|error)$/;

/** Literal names that a script gives to `context.getVariable`: they cross into the heap together, in one text. */
export function literalReads(names: Names): string[] {
  const found = new Set<string>();
  for (const { name, node, above } of names.free) {
    const [call, member] = [above.at(-2), above.at(-1)];
    if (name !== 'context' || !isGetVariable(member, node) || call?.type !== 'CallExpression') continue;
    const [first] = call.arguments;
    if (call.callee !== member || first?.type !== 'Literal' || typeof first.value !== 'string') continue;
    if (!readLater.test(first.value)) found.add(first.value);
  }
  // One alone costs no less this way.
  return found.size < 2 ? [] : [...found].slice(0, most);
}

function isGetVariable(member: AnyNode | undefined, object: AnyNode): boolean {
  if (member?.type !== 'MemberExpression' || member.object !== object || member.computed) return false;
  return member.property.type === 'Identifier' && member.property.name === 'getVariable';
}
