import { Fault } from '../fault.ts';
import { textOf } from '../language/value-text.ts';
import { bodyNeed, type Reader, variableReader } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, element, many, required } from '../schema/declare.ts';
import { boolean, template, text, variable } from '../schema/values.ts';
import { captureLimit } from './captured-value.ts';
import type { Extraction, ExtractionContext } from './extraction.ts';
import { compileJsonPayload } from './json-extraction.ts';
import { compilePart, compileUriPath, namedPatterns, uriPath } from './pattern-extraction.ts';
import { type Compiler, policy } from './policy.ts';
import { compileXmlPayload, namespaces } from './xml-extraction.ts';

const collect = element({
  attributes: { ref: variable, default: text },
  children: {
    Source: variable,
    URIPath: many(uriPath),
    QueryParam: many(namedPatterns),
    Header: many(namedPatterns),
    FormParam: many(namedPatterns),
    JSONPayload: element({ children: { JSONPath: many(template) } }),
    XMLPayload: element({ children: { Namespaces: namespaces, XPath: many(text) } }),
  },
});

const capture = element({
  children: {
    DataCollector: required(element({ content: text, attributes: { name: text, scope: text } })),
    Collect: required(collect),
  },
});

const faults = {
  limitExceeded: {
    code: 'steps.datacapture.LimitExceeded',
    status: 500,
    text: 'DataCapture: a value is too long',
  },
};

/** Collects values of variables and messages. Apigee: DataCapture policy reference. */
export const DataCapture = policy({
  element: 'DataCapture',
  failedPrefix: 'datacapture',
  children: { Capture: many(capture), IgnoreUnresolvedVariables: boolean, ThrowExceptionOnLimit: boolean },
  faults,
  compile(config, compiler) {
    const captures = config.Capture.map((one, index) => compileCapture(one, index, compiler));
    if (captures.length === 0) {
      compiler.warning('ZH460', config.at, 'DataCapture collects nothing.', 'Add <Capture>.');
    }
    const throws = config.ThrowExceptionOnLimit?.text === true;
    const limited = (name: string, value: unknown): string | undefined => {
      const found = textOf(value);
      if (!throws || found === undefined || found.length <= captureLimit) return found?.slice(0, captureLimit);
      const reason = `the value for ${name} is longer than ${captureLimit} characters`;
      throw new Fault(faults.limitExceeded, `DataCapture[${compiler.name}]: ${reason}`);
    };
    return (exchange) => {
      const values = captures.map(({ name, read }) => [name, limited(name, read(exchange))] as const);
      exchange.surroundings.capture?.(exchange, compiler.name, Object.fromEntries(values), false);
    };
  },
});

function compileCapture(config: ConfigOf<typeof capture>, index: number, compiler: Compiler) {
  const { DataCollector, Collect } = config;
  const name = DataCollector.text || DataCollector.name?.text || '';
  if (name === '') {
    const hint = 'Write its name: <DataCollector>dc_name</DataCollector>.';
    compiler.error('ZH463', DataCollector.at, 'Capture names no data collector.', hint);
  }
  const fallback = Collect.default?.text;
  const read = Collect.ref === undefined ? fromSource(Collect, index, compiler) : compiler.reader(Collect.ref.text);
  // zerohop's choice: what cannot be found never breaks a call.
  return { name, read: (exchange: Exchange) => read(exchange) ?? fallback };
}

/** The name of what a pattern or path finds. Apigee: DataCapture reference, Collect. */
const found = '$';

function fromSource(config: ConfigOf<typeof collect>, index: number, compiler: Compiler): Reader {
  const source = config.Source?.text ?? 'message';
  const prefix = `datacapture.${compiler.name}.${index}.`;
  const extractions = compileExtractions(config, { compiler, prefix, ignoresUnresolved: true });
  if (extractions.length === 0) {
    const hint = 'Add ref="VARIABLE", or one of URIPath, QueryParam, Header, FormParam, JSONPayload, XMLPayload.';
    compiler.warning('ZH460', config.at, 'Collect collects nothing.', hint);
  }
  const { FormParam, JSONPayload, XMLPayload } = config;
  if (FormParam.length > 0 || JSONPayload !== undefined || XMLPayload !== undefined) compiler.needs(bodyNeed(source));
  const read = variableReader(source);
  const variable = `${prefix}${found}`;
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === null) return undefined;
    try {
      for (const extraction of extractions) extraction.run(exchange, value);
    } catch (error) {
      // A payload that is not what it should be.
      if (!(error instanceof Fault && error.code.startsWith('steps.extractvariables.'))) throw error;
    }
    const result = exchange.variables?.get(variable);
    exchange.setVariable(variable, undefined);
    return result;
  };
}

function compileExtractions(config: ConfigOf<typeof collect>, context: ExtractionContext): Extraction[] {
  const { URIPath, QueryParam, Header, FormParam, JSONPayload, XMLPayload } = config;
  const named = (at: typeof config.at) => ({
    at,
    text: undefined,
    textAt: at,
    name: { text: found, at },
    type: undefined,
  });
  return [
    ...URIPath.flatMap((one) => compileUriPath(one, context)),
    ...QueryParam.flatMap((one) => compilePart('queryparam', one, context)),
    ...Header.flatMap((one) => compilePart('header', one, context)),
    ...FormParam.flatMap((one) => compilePart('formparam', one, context)),
    ...(JSONPayload === undefined
      ? []
      : compileJsonPayload(
          { ...JSONPayload, Variable: [{ ...named(JSONPayload.at), JSONPath: JSONPayload.JSONPath }] },
          context,
        )),
    ...(XMLPayload === undefined
      ? []
      : compileXmlPayload(
          {
            ...XMLPayload,
            stopPayloadProcessing: undefined,
            Variable: [{ ...named(XMLPayload.at), XPath: XMLPayload.XPath }],
          },
          context,
        )),
  ];
}
