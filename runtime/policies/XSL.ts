import { nearest, type Place, Source } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import { TransformationFailure } from '../language/xslt/failure.ts';
import { compileStylesheet, type Stylesheet } from '../language/xslt/stylesheet.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { type ConfigOf, element, many, requiredAttribute } from '../schema/declare.ts';
import { boolean, rawText, text, variable } from '../schema/values.ts';
import { textOrUndefined } from './map-key.ts';
import { isDecoded } from './payload-text.ts';
import { type Compiler, policy } from './policy.ts';
import { resultWriter } from './result-variable.ts';

const faults = {
  failed: { code: 'steps.xsl.XSLEvaluationFailed', status: 500, text: 'Evaluation of XSL failed' },
  notAvailable: {
    code: 'steps.xsl.XSLSourceMessageNotAvailable',
    status: 500,
    text: 'The message is not available for XSL',
  },
  unresolved: {
    code: 'steps.xsl.XSLVariableResolutionFailed',
    status: 500,
    text: 'Failed to resolve a variable for XSL',
  },
};

const parameter = element({ attributes: { name: requiredAttribute(text), ref: variable, value: rawText } });

/** Transforms an XML payload with a style sheet. Apigee: XSL policy reference; XSLT 1.0. */
export const XSL = policy({
  element: 'XSL',
  failedPrefix: 'xsl',
  children: {
    Source: variable,
    ResourceURL: text,
    Parameters: element({
      attributes: { ignoreUnresolvedVariables: boolean },
      children: { Parameter: many(parameter) },
    }),
    OutputVariable: variable,
  },
  faults,
  compile(config, compiler) {
    const source = config.Source?.text ?? 'message';
    const output = config.OutputVariable?.text;
    const read = compiler.reader(source);
    const write = output === undefined ? undefined : resultWriter(output, faults.failed, compiler);
    const rewrite = resultWriter(source, faults.failed, compiler);
    const parameters = compileParameters(config.Parameters, compiler);
    const { name: policyName } = compiler;
    const sheet = compileSheet(config.ResourceURL, config.at, compiler);
    if (sheet === undefined) return () => undefined;
    const { file, transform } = sheet;
    const fail = (reason: string): never => {
      throw new Fault(faults.failed, `Evaluation of XSL ${file} failed with reason: "${reason}"`);
    };
    return (exchange) => {
      const value = read(exchange);
      if (value === undefined || value === null) {
        throw new Fault(faults.notAvailable, `${source} message is not available for XSL: ${policyName}`);
      }
      const xml = value instanceof Message ? value.content : (textOrUndefined(value) ?? '');
      if (value instanceof Message && !isDecoded(value, xml)) fail('The payload is not UTF-8 text');
      let result: string;
      try {
        result = transform(xml, parameters(exchange));
      } catch (error) {
        if (error instanceof TransformationFailure) return fail(error.message);
        throw error;
      }
      // zerohop's choice: the Content-Type stays, whatever the style sheet makes.
      if (write !== undefined) write(exchange, result);
      else if (value instanceof Message) value.content = result;
      else rewrite(exchange, result);
      return undefined;
    };
  },
});

interface Sheet extends Stylesheet {
  readonly file: string;
}

function compileSheet(
  url: { readonly text: string; readonly at: Place } | undefined,
  at: Place,
  compiler: Compiler,
): Sheet | undefined {
  if (url === undefined || url.text === '') {
    const message = 'XSL names no style sheet (XSLEmptyResourceUrl).';
    compiler.error('ZH590', url?.at ?? at, message, 'Add <ResourceURL>xsl://FILE</ResourceURL>.');
    return undefined;
  }
  const name = /^xsl:\/\/(.+)$/.exec(url.text)?.[1];
  if (name === undefined) {
    const message = `"${url.text}" is no resource of type xsl (XSLInvalidResourceType).`;
    compiler.error('ZH591', url.at, message, 'Write xsl://FILE.');
    return undefined;
  }
  const main = sourceOf(url.text, compiler);
  if (main === undefined) {
    const [best] = nearest(name, compiler.resourceNames('xsl'));
    const hint = best === undefined ? 'Put the file into resources/xsl.' : `Did you mean "xsl://${best}"?`;
    compiler.error('ZH592', url.at, `There is no resource "${url.text}" in the bundle or its environment.`, hint);
    return undefined;
  }
  const { stylesheet, mistakes } = compileStylesheet(main, (href) => sourceOf(urlOf(href), compiler));
  for (const one of mistakes) {
    if (one.unsupported) compiler.warning('ZH594', one.at, one.message, one.hint ?? unsupportedHint);
    else compiler.error('ZH593', one.at, one.message, one.hint);
  }
  const unsupported = mistakes.find((one) => one.unsupported);
  if (unsupported === undefined) return { file: name, transform: stylesheet.transform };
  // A part that does not run would change the result without a word.
  const transform = (): never => {
    throw new TransformationFailure(unsupported.message);
  };
  return { file: name, transform };
}

const unsupportedHint = 'Running the policy raises XSLEvaluationFailed. docs/policies/XSL.md lists what runs.';

/** A module beside the style sheet, or by its whole URL. */
function urlOf(href: string): string {
  return href.startsWith('xsl://') ? href : `xsl://${href.replace(/^\.\//, '')}`;
}

function sourceOf(url: string, compiler: Compiler): Source | undefined {
  if (!url.startsWith('xsl://')) return undefined;
  const resource = compiler.resource(url);
  return resource === undefined ? undefined : new Source(resource.file, new TextDecoder().decode(resource.bytes));
}

interface ParametersConfig {
  readonly ignoreUnresolvedVariables: { readonly text: boolean } | undefined;
  readonly Parameter: readonly ConfigOf<typeof parameter>[];
}

/** The parameters' values; what has none is an empty text, or a fault. */
function compileParameters(
  config: ParametersConfig | undefined,
  compiler: Compiler,
): (exchange: Exchange) => ReadonlyMap<string, string> {
  const ignores = config?.ignoreUnresolvedVariables?.text ?? false;
  const readers = (config?.Parameter ?? []).map((one) => ({ name: one.name.text, read: compileValue(one, compiler) }));
  if (readers.length === 0) return () => none;
  return (exchange) => {
    const values = new Map<string, string>();
    for (const { name, read } of readers) {
      const value = read(exchange);
      if (value.text === undefined && !ignores) {
        throw new Fault(faults.unresolved, `Failed to resolve variable ${value.variable}`);
      }
      values.set(name, value.text ?? '');
    }
    return values;
  };
}

const none: ReadonlyMap<string, string> = new Map();

function compileValue(
  config: ConfigOf<typeof parameter>,
  compiler: Compiler,
): (exchange: Exchange) => { readonly text: string | undefined; readonly variable: string } {
  const { ref, value } = config;
  if (ref === undefined && value === undefined) {
    const message = `The parameter "${config.name.text}" has neither ref nor value: it is an empty text.`;
    compiler.warning('ZH595', config.at, message, 'Add ref="VARIABLE" or value="TEXT".');
  }
  if (ref === undefined) {
    const constant = { text: value?.text ?? '', variable: '' };
    return () => constant;
  }
  const read = compiler.reader(ref.text);
  return (exchange) => ({ text: textOrUndefined(read(exchange)) ?? value?.text, variable: ref.text });
}
