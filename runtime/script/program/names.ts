import type { AnyNode, Identifier } from 'acorn';
import { ancestor } from 'acorn-walk';
import { ScriptSyntaxError } from '../engine.ts';
import type { ParsedFile } from './parse.ts';

/** A use of a name that no file declares where it is used. */
export interface FreeName {
  readonly name: string;
  readonly node: Identifier;
  /** From the program down to the parent of the node. */
  readonly above: readonly AnyNode[];
  readonly file: number;
  readonly assigned: boolean;
}

export interface Names {
  /** Names of the script's outermost scope. `lexical`: let, const, class. */
  readonly outermost: ReadonlyMap<string, 'var' | 'lexical'>;
  readonly free: readonly FreeName[];
}

type Scopes = Map<AnyNode, Map<string, 'var' | 'lexical'>>;

/** Resolves all names of the files, which share one outermost scope. @throws ScriptSyntaxError for a let twice */
export function resolveNames(files: readonly ParsedFile[]): Names {
  const scopes: Scopes = new Map();
  for (const file of files) declareAll(file.tree, scopes);
  const outermost = new Map<string, 'var' | 'lexical'>();
  for (const [index, file] of files.entries()) {
    for (const [name, kind] of scopes.get(file.tree) ?? []) {
      if (outermost.has(name) && (kind === 'lexical' || outermost.get(name) === 'lexical'))
        refuseSecond(file, index, name);
      outermost.set(name, kind);
    }
  }
  const free = files.flatMap((file, index) => freeNames(file.tree, index, scopes, outermost));
  return { outermost, free };
}

/** Within one file the parser sees it. */
function refuseSecond(file: ParsedFile, index: number, name: string): never {
  const offset = Math.max(0, file.text.search(new RegExp(`\\b${name.replaceAll('$', '\\$')}\\b`)));
  const before = file.text.slice(0, offset).split('\n');
  const place = { offset, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  throw new ScriptSyntaxError(`"${name}" was declared by an included script already.`, index, file.name, place);
}

export function isFunction(node: AnyNode): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

const blockLike = /^(BlockStatement|For(In|Of)?Statement|SwitchStatement|Program|StaticBlock)$/;

function declareAll(tree: AnyNode, scopes: Scopes): void {
  const declare = (at: AnyNode, name: string, kind: 'var' | 'lexical'): void => {
    const scope = scopes.get(at);
    if (scope === undefined) scopes.set(at, new Map([[name, kind]]));
    else scope.set(name, kind);
  };
  const functionAbove = (above: readonly AnyNode[]): AnyNode =>
    above.findLast((one) => isFunction(one) || one.type === 'StaticBlock') ?? tree;
  const blockAbove = (above: readonly AnyNode[]): AnyNode =>
    above.findLast((one) => isFunction(one) || blockLike.test(one.type)) ?? tree;
  ancestor(tree, {
    VariableDeclaration(node, _, nodes) {
      const at = node.kind === 'var' ? functionAbove(nodes.slice(0, -1)) : blockAbove(nodes.slice(0, -1));
      for (const one of node.declarations)
        for (const name of boundNames(one.id)) declare(at, name, node.kind === 'var' ? 'var' : 'lexical');
    },
    Function(node, _, nodes) {
      const above = nodes.slice(0, -1);
      const self = nodes[nodes.length - 1];
      if (self === undefined) return;
      // Outside strict mode a function in a block is visible in the whole function (ECMA-262, annex B.3.2).
      if (node.id) declare(node.type === 'FunctionDeclaration' ? functionAbove(above) : self, node.id.name, 'var');
      for (const parameter of node.params) for (const name of boundNames(parameter)) declare(self, name, 'var');
    },
    Class(node, _, nodes) {
      const self = nodes[nodes.length - 1];
      if (!node.id || self === undefined) return;
      declare(node.type === 'ClassDeclaration' ? blockAbove(nodes.slice(0, -1)) : self, node.id.name, 'lexical');
    },
    CatchClause(node) {
      if (node.param) for (const name of boundNames(node.param)) declare(node, name, 'var');
    },
  });
}

function boundNames(pattern: AnyNode): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((one) => boundNames(one.type === 'RestElement' ? one : one.value));
    case 'ArrayPattern':
      return pattern.elements.flatMap((one) => (one === null ? [] : boundNames(one)));
    case 'RestElement':
      return boundNames(pattern.argument);
    case 'AssignmentPattern':
      return boundNames(pattern.left);
    default:
      return [];
  }
}

function freeNames(tree: AnyNode, file: number, scopes: Scopes, outermost: ReadonlyMap<string, unknown>): FreeName[] {
  const found: FreeName[] = [];
  const note = (node: Identifier, nodes: readonly AnyNode[], assigned: boolean): void => {
    const above = nodes[nodes.length - 1] === node ? nodes.slice(0, -1) : [...nodes];
    if (outermost.has(node.name) || above.some((one) => scopes.get(one)?.has(node.name))) return;
    if (node.name === 'arguments' && above.some((one) => isFunction(one) && one.type !== 'ArrowFunctionExpression'))
      return;
    found.push({ name: node.name, node, above, file, assigned });
  };
  ancestor(tree, {
    Identifier(node, _, nodes) {
      const parent = nodes[nodes.length - 2];
      note(node, nodes, parent !== undefined && isWritten(node, parent));
    },
    VariablePattern(node: Identifier, _: unknown, nodes: AnyNode[]) {
      note(node, nodes, true);
    },
  } as Parameters<typeof ancestor>[1]);
  return found;
}

/** Written to by more than an assignment, whose target the walker tells by itself: `x++`, `for (x in y)`. */
function isWritten(node: Identifier, parent: AnyNode): boolean {
  if (parent.type === 'UpdateExpression') return true;
  return (parent.type === 'ForInStatement' || parent.type === 'ForOfStatement') && parent.left === node;
}
