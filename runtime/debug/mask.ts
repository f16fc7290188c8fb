import type { DebugMask } from '../bundle/debug-mask.ts';
import { compileJsonPath, type JsonPath } from '../language/json-path.ts';
import { PatternError } from '../language/pattern.ts';
import type { XPath, XPathEngine } from '../language/xpath.ts';
import { type BodyMask, maskBody } from './mask-body.ts';
import { hidden, isSecretHeader, isSecretParameter, isSecretVariable } from './secret-names.ts';
import type { Secrets } from './secrets.ts';

export type Direction = 'request' | 'response' | 'fault';

export interface Payload {
  readonly direction: Direction;
  readonly text: string;
  /** Media type, empty when it is not known. */
  readonly type: string;
  /** Whether all of it is there. */
  readonly isWhole: boolean;
  readonly keep: number;
}

/** Characters beyond those that are kept in which secrets are looked for. */
const overlap = 8192;

/** A URL with parameters, or a value that looks like one. */
export const isQuery = /[?&][\w.-]{1,64}=/;

/** What is hidden in the sessions of an environment: the defaults, and its `debugmask.json`. */
export class Mask {
  readonly #headers: ReadonlySet<string>;
  readonly #parameters: ReadonlySet<string>;
  readonly #variables: ReadonlySet<string>;
  readonly #bodies: Readonly<Record<Direction, BodyMask>>;

  /** @param xpath undefined: payloads that the mask's XPaths would apply to are withheld */
  constructor(config: DebugMask, xpath: XPathEngine | undefined) {
    const named = (pattern: RegExp): Set<string> =>
      new Set(config.variables.flatMap((name) => pattern.exec(name)?.[1]?.toLowerCase() ?? []));
    this.#headers = named(/\.header\.([^.]+)/);
    this.#parameters = named(/\.(?:queryparam|formparam)\.([^.]+)/);
    this.#variables = new Set(config.variables);
    const body = (jsonPaths: readonly string[], xpaths: readonly string[], names: readonly string[]): BodyMask => ({
      all: names.some((name) => this.#variables.has(name)),
      jsonPaths: jsonPaths.flatMap(compiledJsonPath),
      xpaths: xpaths.flatMap((path) => compiledXPath(path, config.namespaces, xpath)),
      isBlind: xpath === undefined && xpaths.length > 0,
      isSecret: (name) => this.hidesParameter(name),
    });
    this.#bodies = {
      request: body(config.requestJSONPaths, config.requestXPaths, ['request.content', 'message.content']),
      response: body(config.responseJSONPaths, config.responseXPaths, ['response.content', 'message.content']),
      fault: body(config.faultJSONPaths, config.faultXPaths, ['error.content', 'message.content']),
    };
  }

  hidesHeader(name: string): boolean {
    return isSecretHeader(name) || this.#headers.has(name.toLowerCase());
  }

  hidesParameter(name: string): boolean {
    return isSecretParameter(name) || this.#parameters.has(name.toLowerCase());
  }

  hidesVariable(name: string): boolean {
    if (this.#variables.has(name) || isSecretVariable(name)) return true;
    const [, kind = '', part = ''] = /\.(header|queryparam|formparam)\.([^.]+)/.exec(name) ?? [];
    return (kind === 'header' ? this.#headers : this.#parameters).has(part.toLowerCase());
  }

  header(name: string, value: string, secrets: Secrets): string {
    if (!this.hidesHeader(name)) return isQuery.test(value) ? this.uri(value, secrets) : value;
    if (/cookie/i.test(name)) secrets.learnCookie(value);
    else secrets.learn(value);
    return hidden;
  }

  /** Path and query; also a URL, without the credentials in it. */
  uri(text: string, secrets: Secrets): string {
    const safe = text.replace(/^(\w+:\/\/)[^/?#@]*@/, `$1${hidden}@`);
    const mark = safe.indexOf('?');
    return mark === -1 ? safe : safe.slice(0, mark + 1) + this.parameters(safe.slice(mark + 1), secrets);
  }

  /** A query or a form. */
  parameters(text: string, secrets: Secrets): string {
    const part = (whole: string): string => {
      const equals = whole.indexOf('=');
      const name = whole.slice(0, equals);
      // The end of a URL may be its fragment.
      const [value = '', ...rest] = whole.slice(equals + 1).split('#');
      if (equals === -1 || value === '' || !this.hidesParameter(decoded(name))) return whole;
      secrets.learn(value);
      secrets.learn(decoded(value));
      return [`${name}=${hidden}`, ...rest].join('#');
    };
    return text.split('&').map(part).join('&');
  }

  variable(name: string, value: string, secrets: Secrets): string {
    if (!this.hidesVariable(name)) return value;
    secrets.learn(value);
    return hidden;
  }

  /**
   * A payload, masked and cut. Undefined: it may hold something that is to be hidden and could not be looked for.
   * @param keep characters of it that are wanted
   */
  body(payload: Payload, secrets: Secrets): string | undefined {
    const { direction, text, type, keep } = payload;
    // Hidden before it is cut: what is left of a secret is one too.
    if (type === 'application/x-www-form-urlencoded') {
      return this.parameters(text.slice(0, keep + overlap), secrets);
    }
    return maskBody(this.#bodies[direction], { ...payload, keep: keep + overlap }, secrets);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

/** A path that cannot be read selects nothing, as on the platform. */
function compiledJsonPath(path: string): JsonPath[] {
  try {
    return [compileJsonPath(path)];
  } catch (error) {
    if (error instanceof PatternError) return [];
    throw error;
  }
}

function compiledXPath(path: string, namespaces: DebugMask['namespaces'], engine: XPathEngine | undefined): XPath[] {
  if (engine === undefined) return [];
  try {
    return [engine.compile(path, namespaces)];
  } catch (error) {
    if (error instanceof PatternError) return [];
    throw error;
  }
}
