import type { AnyNode, CallExpression } from 'acorn';
import { bodyNeed, writeNeed } from '../../language/variables.ts';
import { BodyNeed } from '../../message/body-need.ts';
import type { FreeName, Names } from './names.ts';

const all: BodyNeed = BodyNeed.request | BodyNeed.response | BodyNeed.current | BodyNeed.error;

/** Members of a message that say nothing about its payload. */
const bodiless =
  /^(headers|queryParams|method|verb|url|uri|path|protocol|host|port|status|statusCode|reasonPhrase|version)$/;

const messages: ReadonlyMap<string, BodyNeed> = new Map([
  ['proxyRequest', BodyNeed.request],
  ['targetRequest', BodyNeed.request],
  ['proxyResponse', BodyNeed.response],
  ['targetResponse', BodyNeed.response],
]);

const calls = /^(getVariable|setVariable|removeVariable)$/;

/**
 * Payloads a script may touch, read from its text: a literal variable name needs what that variable needs; a message
 * or `context` that goes where the text cannot follow needs everything it could reach.
 */
export function payloadNeeds(names: Names, makesCode: boolean): BodyNeed {
  // Code made from text may do anything.
  let need: BodyNeed = makesCode ? all : BodyNeed.none;
  for (const free of names.free) {
    if (free.name === 'context') need |= contextNeed(free);
    else if (free.name === 'request') need |= messageNeed(free.node, free.above, BodyNeed.request);
    else if (free.name === 'response') need |= messageNeed(free.node, free.above, BodyNeed.response);
  }
  return need;
}

function messageNeed(node: AnyNode, above: readonly AnyNode[], need: BodyNeed): BodyNeed {
  const parent = above[above.length - 1];
  if (parent?.type === 'UnaryExpression' && parent.operator === 'typeof') return BodyNeed.none;
  if (parent?.type !== 'MemberExpression' || parent.object !== node) return need;
  const name = memberName(parent);
  return name !== undefined && bodiless.test(name) ? BodyNeed.none : need;
}

function contextNeed({ node, above }: FreeName): BodyNeed {
  const parent = above[above.length - 1];
  if (parent?.type === 'UnaryExpression' && parent.operator === 'typeof') return BodyNeed.none;
  if (parent?.type !== 'MemberExpression' || parent.object !== node) return all;
  const name = memberName(parent);
  if (name === undefined) return all;
  const message = messages.get(name);
  if (message !== undefined) return messageNeed(parent, above.slice(0, -1), message);
  if (!calls.test(name)) return BodyNeed.none;
  const call = above[above.length - 2];
  return call?.type === 'CallExpression' && call.callee === parent ? variableNeed(call, name) : all;
}

function variableNeed(call: CallExpression, method: string): BodyNeed {
  const [first] = call.arguments;
  if (first === undefined) return BodyNeed.none;
  const need = method === 'getVariable' ? bodyNeed : writeNeed;
  const name = literalName(first);
  if (name !== undefined) return need(name);
  const start = literalStart(first);
  if (start === undefined) return all;
  // What follows cannot change which message it is a part of, nor which kind of part.
  return /^(request|response|message|error)\b/.test(start) && !/\.(header|queryparam)\.$/.test(start)
    ? all
    : need(`${start}x`);
}

function literalName(node: AnyNode): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

/** The literal text a name begins with, as long as it holds a dot: `"request.header." + name`. */
function literalStart(node: AnyNode): string | undefined {
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    return node.left.type === 'PrivateIdentifier' ? undefined : (startOf(node.left) ?? literalStart(node.left));
  }
  if (node.type !== 'TemplateLiteral') return undefined;
  const start = node.quasis[0]?.value.cooked ?? '';
  return start.includes('.') ? start : undefined;
}

function startOf(node: AnyNode): string | undefined {
  const start = literalName(node);
  return start?.includes('.') ? start : undefined;
}

function memberName(node: AnyNode): string | undefined {
  if (node.type !== 'MemberExpression') return undefined;
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : undefined;
  return node.property.type === 'PrivateIdentifier' ? undefined : literalName(node.property);
}
