import { placeWithin } from '../diagnostic.ts';
import { messagePart } from '../language/message-parts.ts';
import { type CapturePattern, capturePattern, PatternError } from '../language/pattern.ts';
import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { type ConfigOf, element, many, requiredAttribute } from '../schema/declare.ts';
import { boolean, text, variable } from '../schema/values.ts';
import { compileTarget, type Extraction, type ExtractionContext, type Target } from './extraction.ts';

/** The children of ExtractVariables that match a text against patterns. Apigee: ExtractVariables, matching patterns. */

const pattern = element({ content: text, attributes: { ignoreCase: boolean } });

export const uriPath = element({ children: { Pattern: many(pattern) } });

export const namedPatterns = element({
  attributes: { name: requiredAttribute({ ...variable, expects: 'a name' }) },
  children: { Pattern: many(pattern) },
});

type PatternsConfig = Pick<ConfigOf<typeof uriPath>, 'at' | 'Pattern'>;
type NamedPatternsConfig = ConfigOf<typeof namedPatterns>;

/** Matches what follows the base path; there is one in requests only. */
export function compileUriPath(config: PatternsConfig, context: ExtractionContext): Extraction[] {
  return extractionOf(
    config,
    true,
    (exchange, source) => (source instanceof Message && source.kind === 'request' ? exchange.pathSuffix : undefined),
    context,
  );
}

/** `kind` is the part's name in flow variables; so `name.2` is the second value here as it is there. */
export function compilePart(
  kind: 'header' | 'queryparam' | 'formparam',
  config: NamedPatternsConfig,
  context: ExtractionContext,
): Extraction[] {
  const name = config.name.text;
  const part = messagePart(`${kind}.${name}`, `message.${kind}.${name}`);
  return extractionOf(
    config,
    false,
    (_, source) => (source instanceof Message ? part?.read(source) : undefined),
    context,
  );
}

export function compileVariable(config: NamedPatternsConfig, context: ExtractionContext): Extraction[] {
  return extractionOf(config, false, context.compiler.reader(config.name.text), context);
}

/** `read` gives the value to match; undefined for none. */
function extractionOf(
  config: PatternsConfig,
  pathMode: boolean,
  read: (exchange: Exchange, source: unknown) => unknown,
  context: ExtractionContext,
): Extraction[] {
  if (config.Pattern.length === 0) {
    context.compiler.warning('ZH141', config.at, 'There is no pattern here; nothing is extracted.', 'Add a <Pattern>.');
    return [];
  }
  const match = compilePatterns(config, pathMode, context);
  const run: Extraction['run'] = (exchange, source) => {
    const value = read(exchange, source);
    return value !== undefined && value !== null && match(exchange, toText(value));
  };
  return [{ at: config.at, run }];
}

interface Matcher {
  readonly pattern: CapturePattern;
  readonly targets: ReadonlyMap<string, Target>;
}

/** Of the patterns that match, the one with the most path segments sets its variables, of equal ones the first written. */
function compilePatterns(
  config: PatternsConfig,
  pathMode: boolean,
  context: ExtractionContext,
): (exchange: Exchange, value: string) => boolean {
  const matchers = config.Pattern.flatMap((one) => compileMatcher(one, pathMode, context)).sort(
    (one, other) => other.pattern.segments - one.pattern.segments,
  );
  return (exchange, value) => {
    for (const { pattern, targets } of matchers) {
      const captured = pattern.match(value);
      if (captured === undefined) continue;
      for (const [name, text] of captured) targets.get(name)?.(exchange, text);
      return true;
    }
    return false;
  };
}

function compileMatcher(config: ConfigOf<typeof pattern>, pathMode: boolean, context: ExtractionContext): Matcher[] {
  const { compiler } = context;
  const { text = '', textAt } = config;
  let compiled: CapturePattern;
  try {
    compiled = capturePattern(text, config.ignoreCase?.text === true, pathMode);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const at = placeWithin(textAt, error.index, 1);
    compiler.error('ZH142', at, `${error.message} in the pattern "${text}".`, 'Write %{ for a brace that is text.');
    return [];
  }
  if (compiled.names.length === 0) {
    const hint = 'Put a name in braces where the value stands, such as /orders/{id}.';
    compiler.error('ZH143', textAt, `The pattern "${text}" holds no variable to extract.`, hint);
    return [];
  }
  const targets = new Map(compiled.names.map((name) => [name, compileTarget(name, context)]));
  return [{ pattern: compiled, targets }];
}
