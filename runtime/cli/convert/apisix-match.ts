import type { JsonFields } from '../../bundle/json-fields.ts';
import type { JsonNode } from '../../bundle/json-source.ts';
import type { Diagnostics, Place } from '../../diagnostic.ts';
import { flowVariable, quoted } from './nginx-text.ts';

/** A path that a route takes. APISIX: router radixtree_uri. */
export interface PathMatch {
  readonly text: string;
  /** Whether everything that begins so is taken. */
  readonly isPrefix: boolean;
}

export interface HostMatch {
  readonly text: string;
  /** `*.example.com` */
  readonly isWildcard: boolean;
}

/** Which requests a route takes; undefined parts take all. */
export interface Match {
  readonly paths: readonly PathMatch[];
  readonly hosts: readonly HostMatch[];
  /** Conditions that must all be true, besides path and host. */
  readonly conditions: readonly string[];
}

/** What a route asks of a request, as texts; a place for mistakes. */
export interface Matching {
  readonly paths: readonly string[];
  readonly hosts: readonly string[];
  readonly methods: readonly string[];
  readonly addresses: readonly string[];
  readonly conditions: readonly (string | undefined)[];
  readonly at: Place;
}

/** @returns undefined when no condition can say it, which is reported: the route is left out rather than widened */
export function matchOf(matching: Matching, diagnostics: Diagnostics): Match | undefined {
  const { at, conditions } = matching;
  const refuse = (what: string): undefined => {
    diagnostics.error('ZH645', at, `This route is left out: ${what}.`, 'Write its condition by hand.');
    return undefined;
  };
  const paths: PathMatch[] = [];
  for (const path of matching.paths) {
    const star = path.indexOf('*');
    if (!path.startsWith('/') || (star !== -1 && star < path.length - 1) || quoted(path) === undefined) {
      return refuse(`the path "${path}" cannot be matched by a condition`);
    }
    paths.push({ text: star === -1 ? path : path.slice(0, -1), isPrefix: star !== -1 });
  }
  if (paths.length === 0) return refuse('it has no path');
  const other = matching.addresses.find((address) => !/^[\d.]+$|^[\da-f:]+$/i.test(address));
  if (other !== undefined) return refuse(`the network ${other} cannot be matched by a condition`);
  const written = conditions.filter((one) => one !== undefined);
  if (written.length < conditions.length) return undefined;
  return {
    paths,
    hosts: matching.hosts.map((host) => {
      return { text: host.replace(/^\*/, '').toLowerCase(), isWildcard: host.startsWith('*') };
    }),
    conditions: [
      ...equalToAny('request.verb', matching.methods),
      ...equalToAny('client.ip', matching.addresses),
      ...written,
    ],
  };
}

function equalToAny(variable: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [values.map((value) => `${variable} = "${value}"`).join(' or ')];
}

export function pathCondition({ text, isPrefix }: PathMatch): string {
  return `request.path ${isPrefix ? 'StartsWith' : '='} "${text}"`;
}

/** The header may name a port; APISIX does not look at it. */
export function hostCondition({ text, isWildcard }: HostMatch): string {
  const literal = text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return `request.header.host JavaRegex "(?i)${isWildcard ? '.*' : ''}${literal}(?::[0-9]+)?"`;
}

const comparisons: ReadonlyMap<string, string> = new Map([
  ['==', '='],
  ['~=', '!='],
  ['>', '>'],
  ['<', '<'],
  ['>=', '>='],
  ['<=', '<='],
]);

/**
 * One entry of `vars`: `["arg_name", "==", "x"]`, with `!` in front of the operator for its opposite. lua-resty-expr.
 * @returns undefined when it cannot be said, which is reported
 */
export function variableCondition(node: JsonNode, diagnostics: Diagnostics): string | undefined {
  const items = node.kind === 'array' ? node.items : [];
  const [name, ...words] = items.map((item) => (item.kind === 'scalar' ? String(item.value) : ''));
  const negated = words[0] === '!';
  const [operator = ''] = negated ? words.slice(1) : words;
  const value = items.at(-1);
  const variable = flowVariable(name ?? '');
  const condition =
    variable === undefined || items.length !== (negated ? 4 : 3) || value === undefined
      ? undefined
      : comparison(variable, operator, value);
  if (condition === undefined) {
    diagnostics.error('ZH645', node.at, 'This route is left out: no condition says the same as this entry of vars.');
    return undefined;
  }
  return negated ? `not (${condition})` : condition;
}

function comparison(variable: string, operator: string, value: JsonNode): string | undefined {
  if (operator.toLowerCase() === 'in') {
    const list = value.kind === 'array' ? value.items : [];
    const each = list.map((item) => comparison(variable, '==', item));
    return each.length === 0 || each.includes(undefined) ? undefined : each.join(' or ');
  }
  if (value.kind !== 'scalar' || value.value === null) return undefined;
  const text = quoted(String(value.value));
  if (text === undefined) return undefined;
  if (operator === '~~' || operator === '~*') {
    return `${variable} JavaRegex "(?s${operator === '~*' ? 'i' : ''}).*(?:${text.slice(1, -1)}).*"`;
  }
  const sign = comparisons.get(operator);
  if (sign === undefined) return undefined;
  return `${variable} ${sign} ${typeof value.value === 'number' && sign.length > 0 && /[<>]/.test(sign) ? value.value : text}`;
}

/** One member may hold one text or several. */
export function textsOf(fields: JsonFields, one: string, several: string): string[] {
  const text = fields.text(one);
  return [...(text === undefined ? [] : [text]), ...fields.texts(several)];
}
