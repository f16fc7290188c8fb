import { parseJson } from '../json-depth.ts';
import type { JsonPath } from '../language/json-path.ts';
import { PatternError } from '../language/pattern.ts';
import { XmlMalformed, type XPath } from '../language/xpath.ts';
import { hidden } from './secret-names.ts';
import type { Secrets } from './secrets.ts';

/** What is hidden in payloads of one direction. */
export interface BodyMask {
  /** The whole payload. */
  readonly all: boolean;
  readonly jsonPaths: readonly JsonPath[];
  readonly xpaths: readonly XPath[];
  /** There are XPaths that cannot be looked for. */
  readonly isBlind: boolean;
  isSecret(member: string): boolean;
}

/** Longer payloads are not searched by path: parsing them would hold up everything else. */
const longestSearched = 1024 * 1024;

/** @returns undefined when paths are to be hidden that could not be looked for */
export function maskBody(
  mask: BodyMask,
  { text, isWhole, keep }: { readonly text: string; readonly isWhole: boolean; readonly keep: number },
  secrets: Secrets,
): string | undefined {
  if (mask.all) return text === '' ? '' : hidden;
  let masked = text;
  const isSearchable = isWhole && text.length <= longestSearched;
  const start = text.slice(0, 1024).trimStart().charAt(0);
  if (mask.jsonPaths.length > 0 && (start === '{' || start === '[')) {
    const found = isSearchable ? maskJson(mask.jsonPaths, text, secrets) : undefined;
    if (found === undefined) return undefined;
    masked = found;
  } else if (start === '<' && (mask.xpaths.length > 0 || mask.isBlind)) {
    const found = isSearchable && !mask.isBlind ? maskXml(mask.xpaths, text, secrets) : undefined;
    if (found === undefined) return undefined;
    masked = found;
  }
  return maskMembers(mask, masked.slice(0, keep), secrets);
}

/** `"client_secret": "..."` and `<password>...</password>`, wherever they stand, in a payload that is cut off too. */
function maskMembers(mask: BodyMask, text: string, secrets: Secrets): string {
  const hide = (start: string, name: string, value: string, end: string): string => {
    if (!mask.isSecret(name) || value === '') return start + value + end;
    secrets.learn(value);
    return start + hidden + end;
  };
  return text
    .replace(/("([\w.-]{1,64})"\s*:\s*")((?:[^"\\]|\\.)*)("|$)/g, (_, start, name, value, end) =>
      hide(start, name, value, end),
    )
    .replace(/("([\w.-]{1,64})"\s*:\s*)(-?\d[\d.eE+-]*)()/g, (_, start, name, value, end) =>
      hide(start, name, value, end),
    )
    .replace(/(<(?:[\w-]{1,64}:)?([\w.-]{1,64})(?:\s[^<>]*)?>)([^<]*)(?=<|$)()/g, (_, start, name, value, end) =>
      hide(start, name, value, end),
    );
}

/** Equal values elsewhere in the payload are hidden with those that a path selects: a path says what, not where. */
function maskJson(paths: readonly JsonPath[], text: string, secrets: Secrets): string | undefined {
  let root: unknown;
  const found = new Set<unknown>();
  try {
    root = parseJson(text);
    for (const path of paths) for (const value of path.find(root)) found.add(value);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof PatternError) return undefined;
    throw error;
  }
  if (found.size === 0) return text;
  for (const value of found) learnLeaves(value, secrets);
  return JSON.stringify(root, (_, value: unknown) => (found.has(value) ? hidden : value), /\n\s/.test(text) ? 2 : 0);
}

function learnLeaves(value: unknown, secrets: Secrets): void {
  if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) learnLeaves(one, secrets);
  else if (value !== null && typeof value !== 'boolean') secrets.learn(String(value));
}

function maskXml(paths: readonly XPath[], text: string, secrets: Secrets): string | undefined {
  const found = new Set<string>();
  try {
    for (const path of paths) {
      const nodes = path.evaluate(text, 'nodeset') ?? '';
      for (const part of String(nodes).split(/<[^>]*>/)) if (part.trim() !== '') found.add(part.trim());
      for (const [, name = '', value = ''] of String(nodes).matchAll(/\s([\w:.-]+)="([^"]*)"/g)) {
        if (value !== '' && !name.startsWith('xmlns')) found.add(value);
      }
    }
  } catch (error) {
    if (error instanceof XmlMalformed || error instanceof PatternError) return undefined;
    throw error;
  }
  let masked = text;
  for (const value of found) {
    secrets.learn(value);
    masked = masked
      .replaceAll(`"${value}"`, `"${hidden}"`)
      .replaceAll(`'${value}'`, `'${hidden}'`)
      .split(/(?<=>)/)
      .map((piece) => (piece.replace(/<[^>]*>?$/, '').trim() === value ? piece.replace(value, hidden) : piece))
      .join('');
  }
  return masked;
}
