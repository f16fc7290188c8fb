import { Fault } from '../fault.ts';
import { bodyNeed, variableReader } from '../language/variables.ts';
import { Body } from '../message/body.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { element, many } from '../schema/declare.ts';
import { boolean, oneOf, text, variable } from '../schema/values.ts';
import { type Extraction, type ExtractionContext, extractionFaults } from './extraction.ts';
import { compileJsonPayload, jsonPayload } from './json-extraction.ts';
import { compilePart, compileUriPath, compileVariable, namedPatterns, uriPath } from './pattern-extraction.ts';
import { policy } from './policy.ts';
import { compileXmlPayload, xmlPayload } from './xml-extraction.ts';

/** Messages that every exchange has: naming one as the Source does not yet take its payload. */
const messages: ReadonlySet<string> = new Set(['message', 'request', 'response', 'error']);

/** Takes parts of a message or a variable into flow variables. Apigee: ExtractVariables policy. */
export const ExtractVariables = policy({
  element: 'ExtractVariables',
  failedPrefix: 'extractvariables',
  attributes: { match: oneOf('all', 'first') },
  children: {
    Source: element({ content: variable, attributes: { clearPayload: boolean } }),
    VariablePrefix: text,
    IgnoreUnresolvedVariables: boolean,
    URIPath: many(uriPath),
    QueryParam: many(namedPatterns),
    Header: many(namedPatterns),
    FormParam: many(namedPatterns),
    Variable: many(namedPatterns),
    JSONPayload: jsonPayload,
    XMLPayload: xmlPayload,
  },
  faults: extractionFaults,
  compile(config, compiler) {
    const { URIPath, QueryParam, Header, FormParam, Variable, JSONPayload, XMLPayload } = config;
    const prefix = config.VariablePrefix?.text ?? '';
    const context: ExtractionContext = {
      compiler,
      prefix: prefix === '' ? '' : `${prefix}.`,
      ignoresUnresolved: config.IgnoreUnresolvedVariables?.text === true,
    };
    const extractions: Extraction[] = [
      ...URIPath.flatMap((one) => compileUriPath(one, context)),
      ...QueryParam.flatMap((one) => compilePart('queryparam', one, context)),
      ...Header.flatMap((one) => compilePart('header', one, context)),
      ...FormParam.flatMap((one) => compilePart('formparam', one, context)),
      ...Variable.flatMap((one) => compileVariable(one, context)),
      ...(JSONPayload === undefined ? [] : compileJsonPayload(JSONPayload, context)),
      ...(XMLPayload === undefined ? [] : compileXmlPayload(XMLPayload, context)),
    ];
    if (extractions.length === 0) {
      compiler.error(
        'ZH140',
        config.at,
        'The policy extracts nothing (NothingToExtract).',
        'Add <URIPath>, <Header>, <JSONPayload> ...',
      );
    }

    const runs = extractions.sort((one, other) => one.at.offset - other.at.offset).map((one) => one.run);
    const source = config.Source?.text ?? 'message';
    const clears = config.Source?.clearPayload?.text === true;
    const takesPayload = FormParam.length > 0 || JSONPayload !== undefined || XMLPayload !== undefined || clears;
    if (takesPayload || !messages.has(source)) compiler.needs(bodyNeed(source));
    const read = variableReader(source);
    const missing =
      JSONPayload === undefined || messages.has(source)
        ? extractionFaults.sourceMissing
        : extractionFaults.jsonPathParsingFailure;
    const missingText = `${source} message is not available for ExtractVariable: ${compiler.name}`;
    const firstOnly = config.match?.text === 'first';
    return (exchange) => {
      const value = read(exchange);
      if (value === undefined || value === null) throw new Fault(missing, missingText);
      run(runs, exchange, value, firstOnly);
      if (clears && value instanceof Message) value.body = Body.empty;
    };
  },
});

function run(runs: readonly Extraction['run'][], exchange: Exchange, source: unknown, firstOnly: boolean): void {
  for (const extract of runs) if (extract(exchange, source) && firstOnly) return;
}
