import type { AnyNode } from 'acorn';
import { ancestor } from 'acorn-walk';
import type { Edits } from './edits.ts';
import { standardNames } from './globals.ts';
import { type FreeName, isFunction, type Names } from './names.ts';
import type { ParsedFile } from './parse.ts';

/**
 * What keeps the runs of a script apart though they share one heap: the script is the body of a function, so its
 * variables are new in each run; names it assigns without declaring them become variables of that function; the object
 * it takes for the global one is a new object of the run. The real global object and all built-in prototypes are frozen.
 * A script that changes those on purpose (a prototype that gets a method of its own), or makes code from text, gets a
 * heap of its own for each run: slower, but exactly Apigee's meaning.
 *
 * What remains: a script that changes a built-in through a detour the text does not show (`var p = String.prototype;
 * p.x = 1`) changes nothing, silently, as frozen objects do outside strict mode.
 */
export interface Isolation {
  /** Names assigned but declared nowhere. */
  readonly implicit: readonly string[];
  /** Whether the script meets the global object. */
  readonly usesGlobalObject: boolean;
  readonly needsOwnHeap: boolean;
  /** Whether code is made from text, of which nothing can be said. */
  readonly makesCode: boolean;
}

export function isolate(files: readonly ParsedFile[], names: Names, edits: readonly Edits[]): Isolation {
  const implicit = [...new Set(names.free.filter((one) => one.assigned).map((one) => one.name))];
  const global = replaceThis(files, edits) || names.free.some((one) => one.name === 'globalThis');
  const code = names.free.some(makesCode);
  const needsOwnHeap =
    code ||
    names.free.some((one) => changesBuiltIn(one, files)) ||
    // A `with` of the script's own may assign to names that no analysis can follow.
    files.some((file) => /\bwith\s*\(/.test(file.text) && hasWith(file));
  return { implicit, usesGlobalObject: global, needsOwnHeap, makesCode: code };
}

function hasWith(file: ParsedFile): boolean {
  let found = false;
  ancestor(file.tree, {
    WithStatement: () => {
      found = true;
    },
  });
  return found;
}

/** `this` where it is, or may be, the global object. Functions that are plainly methods are left alone. */
function replaceThis(files: readonly ParsedFile[], edits: readonly Edits[]): boolean {
  let found = false;
  for (const [index, file] of files.entries()) {
    ancestor(file.tree, {
      ThisExpression(node, _, nodes) {
        const kind = thisKind(nodes.slice(0, -1));
        if (kind === 'own') return;
        found = true;
        const statement = nodes.some((one) => one.type === 'ExpressionStatement' && one.start === node.start);
        const text =
          kind === 'global'
            ? 'zerohop$global()'
            : statement
              ? 'zerohop$self(this)'
              : '(this === zerohop$.realGlobal ? zerohop$global() : this)';
        edits[index]?.replace(node.start, node.end, text);
      },
    });
  }
  return found;
}

function thisKind(above: readonly AnyNode[]): 'global' | 'perhaps' | 'own' {
  if (above.some((one) => /^Class/.test(one.type))) return 'own';
  const at = above.findLastIndex((one) => isFunction(one) && one.type !== 'ArrowFunctionExpression');
  const within = above[at];
  if (within === undefined) return 'global';
  if (above.some((one) => isFunction(one) && isStrict(one))) return 'own';
  const parent = above[at - 1];
  const method =
    parent?.type === 'Property' ||
    (parent?.type === 'AssignmentExpression' && parent.left.type === 'MemberExpression' && parent.right === within);
  return method ? 'own' : 'perhaps';
}

function isStrict(node: AnyNode): boolean {
  if (!('body' in node) || Array.isArray(node.body) || node.body?.type !== 'BlockStatement') return false;
  const [first] = node.body.body;
  return first?.type === 'ExpressionStatement' && 'directive' in first && first.directive === 'use strict';
}

/** `eval`, and `Function` other than to ask what something is. */
function makesCode({ name, above, node }: FreeName): boolean {
  if (name === 'eval') return true;
  if (name !== 'Function') return false;
  const parent = above[above.length - 1];
  if (parent?.type === 'MemberExpression') return parent.object !== node;
  return !(parent?.type === 'BinaryExpression' || (parent?.type === 'UnaryExpression' && parent.operator === 'typeof'));
}

const changers = /^(assign|defineProperty|defineProperties|setPrototypeOf)$/;

/** `String.prototype.x = ...`, `Object.defineProperty(Array.prototype, ...)`, `delete Array.prototype.x`. */
function changesBuiltIn(free: FreeName, files: readonly ParsedFile[]): boolean {
  if (!standardNames.has(free.name)) return false;
  let at = free.above.length - 1;
  let inner: AnyNode = free.node;
  let name: string | undefined;
  for (
    let parent = free.above[at];
    parent?.type === 'MemberExpression' && parent.object === inner;
    parent = free.above[at]
  ) {
    const { property } = parent;
    name = property.type === 'Identifier' && !parent.computed ? property.name : undefined;
    inner = parent;
    at--;
  }
  const parent = free.above[at];
  if (parent?.type === 'CallExpression') {
    const { callee } = parent;
    const changer =
      callee.type === 'MemberExpression' &&
      callee.property.type === 'Identifier' &&
      changers.test(callee.property.name);
    return changer && parent.arguments[0] === inner;
  }
  if (inner === free.node) return false;
  const written =
    (parent?.type === 'AssignmentExpression' && parent.left === inner) ||
    parent?.type === 'UpdateExpression' ||
    (parent?.type === 'UnaryExpression' && parent.operator === 'delete');
  return written && !isGuardedRefill(free, name, files[free.file]?.text ?? '');
}

/** A polyfill that asks first whether the built-in is there: it is. */
function isGuardedRefill(free: FreeName, name: string | undefined, text: string): boolean {
  if (name === undefined || !isBuiltInMember(name)) return false;
  return free.above.some((one) => {
    const test = one.type === 'IfStatement' ? one.test : one.type === 'LogicalExpression' ? one.left : undefined;
    return test !== undefined && text.slice(test.start, test.end).includes(name);
  });
}

const builtIns: readonly object[] = [
  Object,
  Array,
  String,
  Number,
  Date,
  Math,
  JSON,
  RegExp,
  Function,
  Promise,
].flatMap((one) => ('prototype' in one ? [one, one.prototype as object] : [one]));

function isBuiltInMember(name: string): boolean {
  return builtIns.some((one) => Object.hasOwn(one, name));
}
