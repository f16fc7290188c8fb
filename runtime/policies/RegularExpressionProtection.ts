import { Fault } from '../fault.ts';
import { toText } from '../language/variables.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import { type ConfigOf, element, many, requiredAttribute } from '../schema/declare.ts';
import { boolean, text, variable } from '../schema/values.ts';
import { compileJsonSearch, jsonSearch } from './json-search.ts';
import { type Compiler, policy } from './policy.ts';
import { type Delayed, type ThreatPattern, ThreatPatterns } from './threat-patterns.ts';
import { messageSource } from './threat-source.ts';
import { compileXmlSearch, xmlSearch } from './xml-search.ts';

const uriPath = element({ children: { Pattern: many(text) } });

const named = element({
  attributes: { name: requiredAttribute({ ...variable, expects: 'a name' }) },
  children: { Pattern: many(text) },
});

const faults = {
  threat: { code: 'steps.regexprotection.ThreatDetected', status: 500, text: 'Regular Expression Threat Detected' },
  failed: { code: 'steps.regexprotection.ExecutionFailed', status: 500, text: 'Failed to execute the step' },
  unresolved: {
    code: 'steps.regexprotection.VariableResolutionFailed',
    status: 500,
    text: 'Failed to resolve variable',
  },
  unavailable: {
    code: 'steps.regexprotection.SourceMessageNotAvailable',
    status: 500,
    text: 'The message is not available',
  },
  notMessage: {
    code: 'steps.regexprotection.NonMessageVariable',
    status: 500,
    text: 'Variable does not resolve to a Message',
  },
};

/** Looks at a message, or at the exchange; texts whose search could take long are put into `delayed`. */
type Check = (exchange: Exchange, message: Message, delayed: Delayed) => void;

/** Refuses messages in parts of which a pattern is found. Apigee: RegularExpressionProtection policy. */
export const RegularExpressionProtection = policy({
  element: 'RegularExpressionProtection',
  failedPrefix: 'regularexpressionprotection',
  children: {
    Source: variable,
    IgnoreUnresolvedVariables: boolean,
    URIPath: many(uriPath),
    QueryParam: many(named),
    Header: many(named),
    FormParam: many(named),
    Variable: many(named),
    JSONPayload: many(jsonSearch),
    XMLPayload: many(xmlSearch),
  },
  faults,
  compile(config, compiler) {
    const patterns = new ThreatPatterns(compiler, faults);
    const part = (one: NamedPatterns, valuesOf: (message: Message, name: string) => readonly string[]): Check => {
      const own = patternsOf(one, patterns, compiler);
      return (_, message, delayed) => {
        for (const value of valuesOf(message, one.name.text)) patterns.check(own, value, delayed);
      };
    };
    const checks: Check[] = [
      ...config.URIPath.map((one) => compileUriPath(one, patterns, compiler)),
      ...config.QueryParam.map((one) => part(one, ({ query }, name) => query.all(name))),
      ...config.Header.map((one) => part(one, ({ headers }, name) => headers.lines(name))),
      ...config.FormParam.map((one) => part(one, ({ form }, name) => form.all(name))),
      ...config.JSONPayload.map((one) => compileJsonSearch(one, patterns, compiler)),
      ...config.XMLPayload.map((one) => compileXmlSearch(one, patterns, compiler)),
    ];
    const ignoresUnresolved = config.IgnoreUnresolvedVariables?.text === true;
    const variables = config.Variable.map((one) => compileVariable(one, ignoresUnresolved, patterns, compiler));
    if (checks.length + variables.length === 0) {
      const message = 'The policy looks at nothing (NothingToEnforce).';
      compiler.error('ZH330', config.at, message, 'Add <QueryParam>, <Header>, <JSONPayload> ...');
    }
    const source = config.Source?.text ?? 'message';
    const takesPayload = config.FormParam.length + config.JSONPayload.length + config.XMLPayload.length > 0;
    const messageOf = messageSource(source, sourceFaults(source, compiler), compiler, takesPayload);
    return (exchange): Outcome => {
      const delayed: Delayed = { steps: 0, searches: [] };
      for (const check of variables) check(exchange, delayed);
      if (checks.length > 0) {
        const message = messageOf(exchange);
        if (takesPayload && !message.body.inMemory) throw patterns.failed('the payload is streamed');
        for (const check of checks) check(exchange, message, delayed);
      }
      return patterns.finish(delayed);
    };
  },
});

function sourceFaults(source: string, { name }: Compiler) {
  return {
    unavailable: faults.unavailable,
    unavailableText: `${source} message is not available for RegularExpressionProtection StepDefinition ${name}`,
    notMessage: faults.notMessage,
    notMessageText: `Variable ${source} does not resolve to a Message`,
  };
}

type NamedPatterns = ConfigOf<typeof named>;

function patternsOf(
  config: Pick<NamedPatterns, 'at' | 'Pattern'>,
  patterns: ThreatPatterns,
  compiler: Compiler,
): ThreatPattern[] {
  if (config.Pattern.length === 0) {
    const message = 'There is no pattern here (NoPatternsToEnforce).';
    compiler.error('ZH331', config.at, message, 'Add <Pattern>...</Pattern>.');
  }
  return config.Pattern.flatMap((leaf) => patterns.add(leaf) ?? []);
}

/** zerohop's choice: the path as it came, and once more with its %-escapes decoded; a client may write either. */
function compileUriPath(config: ConfigOf<typeof uriPath>, patterns: ThreatPatterns, compiler: Compiler): Check {
  const own = patternsOf(config, patterns, compiler);
  return (_, message, delayed) => {
    if (message.kind !== 'request') return;
    patterns.check(own, message.path, delayed);
    if (message.path.includes('%')) patterns.check(own, decodedPath(message.path), delayed);
  };
}

function decodedPath(path: string): string {
  const bytes = path.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function compileVariable(
  config: NamedPatterns,
  ignoresUnresolved: boolean,
  patterns: ThreatPatterns,
  compiler: Compiler,
): (exchange: Exchange, delayed: Delayed) => void {
  const name = config.name.text;
  const read = compiler.reader(name);
  const own = patternsOf(config, patterns, compiler);
  return (exchange, delayed) => {
    const value = read(exchange);
    if (value !== undefined && value !== null) patterns.check(own, toText(value), delayed);
    else if (!ignoresUnresolved) throw new Fault(faults.unresolved, `Failed to resolve variable ${name}`);
  };
}
