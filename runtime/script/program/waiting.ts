import type { AnyNode, CallExpression, Function as FunctionNode } from 'acorn';
import { fullAncestor } from 'acorn-walk';
import type { Edits } from './edits.ts';
import { isFunction } from './names.ts';
import type { ParsedFile } from './parse.ts';

/**
 * `exchange.waitForComplete()` holds the script until an answer is there. QuickJS runs on Node's own thread, which has to
 * go on meanwhile, so the script is suspended: functions that wait, and functions that call those, become generators,
 * and such a call becomes `yield*` of what it gives. What waits is found by the names that functions are bound to; a name
 * too many costs one comparison, since calls look at what came back. The other way, the asyncify build of QuickJS, was
 * measured several times slower for all scripts and holds one suspended script at a time.
 */
export interface Waiting {
  /** Whether the outermost code waits. */
  readonly program: boolean;
  /** Places where a script waits inside something that cannot be suspended. */
  readonly unsupported: readonly { readonly file: number; readonly node: AnyNode }[];
}

interface FoundFunction {
  readonly node: FunctionNode & AnyNode;
  readonly parent: AnyNode;
  readonly grandparent: AnyNode | undefined;
  readonly file: number;
}

interface FoundCall {
  readonly node: CallExpression;
  readonly within: AnyNode | undefined;
  readonly statement: boolean;
  readonly file: number;
}

/** Methods of arrays whose callback may wait: they are run by counterparts that can be suspended. */
const arrayMethods: ReadonlySet<string> = new Set([
  ...['forEach', 'map', 'filter', 'some', 'every', 'find', 'findIndex', 'reduce'],
]);

export function makeWaiting(files: readonly ParsedFile[], edits: readonly Edits[]): Waiting {
  if (!files.some((file) => file.text.includes('waitForComplete'))) return { program: false, unsupported: [] };
  const search = new Search(files);
  search.spread();
  search.rewrite(edits);
  return { program: search.waiting.has(undefined), unsupported: search.unsupported };
}

class Search {
  readonly #files: readonly ParsedFile[];
  readonly #functions = new Map<AnyNode, FoundFunction>();
  readonly #calls: FoundCall[] = [];
  readonly #aliases: { readonly from: string; readonly to: string }[] = [];
  /** Functions that wait; undefined is the outermost code. */
  readonly waiting = new Set<AnyNode | undefined>();
  readonly #names = new Set(['waitForComplete']);
  readonly unsupported: { file: number; node: AnyNode }[] = [];

  constructor(files: readonly ParsedFile[]) {
    this.#files = files;
    for (const [index, { tree }] of files.entries()) {
      fullAncestor(tree, (node, _, nodes) => this.#collect(node, nodes, index));
    }
  }

  #collect(node: AnyNode, nodes: readonly AnyNode[], file: number): void {
    const parent = nodes[nodes.length - 2];
    if (parent === undefined) return;
    if (isFunction(node)) {
      this.#functions.set(node, {
        node: node as FoundFunction['node'],
        parent,
        grandparent: nodes[nodes.length - 3],
        file,
      });
    } else if (node.type === 'CallExpression') {
      const within = nodes.slice(0, -1).findLast(isFunction);
      const statement = nodes.some((one) => one.type === 'ExpressionStatement' && one.start === node.start);
      this.#calls.push({ node, within, statement, file });
    } else if (node.type === 'VariableDeclarator' && node.init) {
      this.#alias(nameOf(node.init), nameOf(node.id));
    } else if (node.type === 'AssignmentExpression') {
      this.#alias(nameOf(node.right), nameOf(node.left));
    } else if (node.type === 'Property') {
      this.#alias(nameOf(node.value), nameOf(node.key));
    }
  }

  #alias(from: string | undefined, to: string | undefined): void {
    if (from !== undefined && to !== undefined) this.#aliases.push({ from, to });
  }

  /** Until nothing changes: who calls something that waits waits too. */
  spread(): void {
    for (let before = -1; before !== this.#size(); ) {
      before = this.#size();
      for (const { node, within } of this.#calls) {
        if (this.#waits(node)) this.waiting.add(within);
        this.#bindParameters(node);
      }
      for (const { from, to } of this.#aliases) if (this.#names.has(from)) this.#names.add(to);
      for (const one of this.waiting) {
        const found = one === undefined ? undefined : this.#functions.get(one);
        for (const name of found === undefined ? [] : boundTo(found)) this.#names.add(name);
      }
    }
  }

  #size(): number {
    return this.waiting.size + this.#names.size;
  }

  #waits(call: CallExpression): boolean {
    const { callee } = call;
    if (isFunction(callee)) return this.waiting.has(callee);
    if (callee.type === 'MemberExpression' && isFunction(callee.object) && this.waiting.has(callee.object)) return true;
    const name = calledName(callee);
    return (name !== undefined && this.#names.has(name)) || this.#iterates(call);
  }

  #iterates(call: CallExpression): boolean {
    const { callee } = call;
    if (callee.type !== 'MemberExpression' || callee.computed) return false;
    const [first] = call.arguments;
    return first !== undefined && arrayMethods.has(nameOf(callee.property) ?? '') && this.#isWaiting(first);
  }

  #isWaiting(argument: AnyNode): boolean {
    const name = nameOf(argument);
    return this.waiting.has(argument) || (name !== undefined && this.#names.has(name) && name !== 'waitForComplete');
  }

  /** A waiting function given to a function of the script is called by the parameter's name there. */
  #bindParameters(call: CallExpression): void {
    const name = calledName(call.callee);
    for (const [index, argument] of call.arguments.entries()) {
      if (!this.#isWaiting(argument)) continue;
      for (const found of this.#functions.values()) {
        const parameter = found.node.params[index];
        const called = found.node === call.callee || (name !== undefined && boundTo(found).includes(name));
        if (called && parameter?.type === 'Identifier') this.#names.add(parameter.name);
      }
    }
  }

  rewrite(edits: readonly Edits[]): void {
    for (const call of this.#calls) {
      const edit = edits[call.file];
      if (edit !== undefined && this.waiting.has(call.within) && this.#waits(call.node)) this.#rewriteCall(call, edit);
    }
    for (const one of this.waiting) {
      const found = one === undefined ? undefined : this.#functions.get(one);
      const edit = found === undefined ? undefined : edits[found.file];
      if (found !== undefined && edit !== undefined) this.#rewriteFunction(found, edit);
    }
  }

  #rewriteCall({ node, statement, file }: FoundCall, edit: Edits): void {
    // A statement must not begin with a bracket: a line before it without semicolon would take it for a call.
    const start = statement ? 'zerohop$.same(yield* ' : '(yield* ';
    const { callee } = node;
    if (callee.type === 'MemberExpression' && this.#iterates(node)) {
      const text = this.#files[file]?.text ?? '';
      const first = node.arguments[0]?.start ?? node.end;
      edit.insert(node.start, `${start}zerohop$.each(`, true);
      const comma = /\S/.test(text.slice(first, node.end - 1)) ? ', ' : '';
      edit.replace(callee.object.end, first, `, "${nameOf(callee.property) ?? ''}"${comma}`);
    } else {
      edit.insert(node.start, `${start}zerohop$.settle(`, true);
      edit.insert(node.end, ')');
    }
    edit.insert(node.end, ')');
  }

  #rewriteFunction(found: FoundFunction, edit: Edits): void {
    const { node, parent, file } = found;
    const accessor = (parent.type === 'Property' && parent.kind !== 'init') || parent.type === 'MethodDefinition';
    const ofClass = parent.type === 'MethodDefinition' && parent.kind !== 'method';
    if (node.generator || node.async || (accessor && parent.type === 'Property') || ofClass || this.#escapes(found)) {
      this.unsupported.push({ file, node });
    }
    if (node.generator || node.async) return;
    const text = this.#files[file]?.text ?? '';
    const plain = node.params.every((one) => one.type === 'Identifier');
    const names = plain ? node.params.map((one) => text.slice(one.start, one.end)).join(', ') : '';
    const arrow = node.type === 'ArrowFunctionExpression';
    const given = arrow ? `.call(this${names === '' ? '' : `, ${names}`})` : '.apply(this, arguments)';
    const all = node.params.map((one) => text.slice(one.start, one.end)).join(', ');
    const open = `zerohop$.suspendable((function* (${arrow ? names : all}) {`;
    if (node.body.type === 'BlockStatement') {
      edit.insert(node.body.start + 1, `return ${open}`, true);
      edit.insert(node.body.end - 1, `})${given});`);
    } else {
      edit.insert(node.body.start, `${open}return `, true);
      edit.insert(node.body.end, `})${given})`);
    }
  }

  /** A waiting function that something calls which cannot wait, such as `sort`. */
  #escapes({ node, parent }: FoundFunction): boolean {
    if (parent.type === 'NewExpression' && parent.callee !== node) return true;
    if (parent.type !== 'CallExpression' || parent.callee === node) return false;
    if (this.#iterates(parent)) return false;
    const name = calledName(parent.callee);
    // Callbacks of httpClient are called by the runner, which can wait.
    if (name === 'get' || name === 'send') return false;
    const index = parent.arguments.findIndex((one) => one.start === node.start);
    return ![...this.#functions.values()].some(
      (one) =>
        (one.node === parent.callee || (name !== undefined && boundTo(one).includes(name))) &&
        one.node.params[index]?.type === 'Identifier',
    );
  }
}

/** The last name of an identifier or a member. */
function nameOf(node: AnyNode): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  return node.type === 'MemberExpression' ? nameOf(node.property) : undefined;
}

function calledName(callee: AnyNode): string | undefined {
  const name = nameOf(callee);
  if ((name === 'call' || name === 'apply') && callee.type === 'MemberExpression') return nameOf(callee.object);
  return name;
}

/** Names under which a function can be called. */
function boundTo({ node, parent }: FoundFunction): string[] {
  const own = node.id ? [node.id.name] : [];
  const bound =
    parent.type === 'VariableDeclarator'
      ? nameOf(parent.id)
      : parent.type === 'AssignmentExpression' || parent.type === 'AssignmentPattern'
        ? nameOf(parent.left)
        : parent.type === 'Property' || parent.type === 'MethodDefinition' || parent.type === 'PropertyDefinition'
          ? nameOf(parent.key)
          : undefined;
  return bound === undefined ? own : [...own, bound];
}
