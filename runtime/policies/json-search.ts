import { placeWithin } from '../diagnostic.ts';
import { compileJsonPath, type JsonPath } from '../language/json-path.ts';
import { PatternError } from '../language/pattern.ts';
import { bareJsonText } from '../language/value-text.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import { type ConfigOf, element, type Leaf, many } from '../schema/declare.ts';
import { boolean, text } from '../schema/values.ts';
import { isJson } from './payload-text.ts';
import type { Compiler } from './policy.ts';
import type { Delayed, ThreatPatterns } from './threat-patterns.ts';

const jsonPath = element({ children: { Expression: text, Pattern: many(text) } });

/** JSONPayload of RegularExpressionProtection. */
export const jsonSearch = element({
  attributes: { escapeSlashCharacter: boolean },
  children: { JSONPath: many(jsonPath) },
});

/** What the paths select in a JSON payload: each text of a list for itself, an object as its JSON. */
export function compileJsonSearch(
  config: ConfigOf<typeof jsonSearch>,
  patterns: ThreatPatterns,
  compiler: Compiler,
): (exchange: Exchange, message: Message, delayed: Delayed) => void {
  if (config.JSONPath.length === 0) reportNothing(config.at, compiler);
  const escapes = config.escapeSlashCharacter?.text === true;
  const searches = config.JSONPath.map((one) => {
    if (one.Pattern.length === 0) reportNothing(one.at, compiler);
    return {
      path: compileExpression(one.Expression, one.at, compiler),
      patterns: one.Pattern.flatMap((leaf) => patterns.add(leaf) ?? []),
    };
  });
  return (_, message, delayed) => {
    if (!isJson(message) || message.body.isEmpty) return;
    let root: unknown;
    try {
      root = message.body.json(message.content);
    } catch (error) {
      if (error instanceof SyntaxError) throw patterns.failed('the payload is not JSON');
      throw error;
    }
    for (const search of searches) {
      for (const value of selected(search.path, root, patterns)) {
        patterns.check(search.patterns, escapes ? value.replaceAll('/', '\\/') : value, delayed);
      }
    }
  };
}

function reportNothing(at: ConfigOf<typeof jsonSearch>['at'], compiler: Compiler): void {
  const hint = 'Add <JSONPath> with <Expression> and <Pattern>.';
  compiler.error('ZH331', at, 'There is no pattern here (NoPatternsToEnforce).', hint);
}

function compileExpression(
  leaf: Leaf<string> | undefined,
  at: ConfigOf<typeof jsonSearch>['at'],
  compiler: Compiler,
): JsonPath | undefined {
  if (leaf === undefined || leaf.text === '') {
    const message = 'The JSON path is empty (EmptyJSONPathExpression).';
    compiler.error('PO040', leaf?.at ?? at, message, 'Write one, such as $.user.name.');
    return undefined;
  }
  const whole = /^\$\.{1,2}$/.test(leaf.text);
  if (whole) {
    const message = `"${leaf.text}" counts as $, the whole payload.`;
    compiler.warning('PO040', leaf.at, message, 'Write $.');
  }
  try {
    return compileJsonPath(whole ? '$' : leaf.text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const message = `${error.message} in the JSON path "${leaf.text}" (JSONPathCompilationFailed).`;
    compiler.error('PO040', placeWithin(leaf.at, error.index, 1), message);
    return undefined;
  }
}

function selected(path: JsonPath | undefined, root: unknown, patterns: ThreatPatterns): string[] {
  if (path === undefined) return [];
  try {
    return path
      .find(root)
      .flatMap((value) => (Array.isArray(value) ? value : [value]))
      .flatMap((value) => bareJsonText(value) ?? []);
  } catch (error) {
    if (error instanceof PatternError) throw patterns.failed(error.message);
    throw error;
  }
}
