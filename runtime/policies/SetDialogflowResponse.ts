import { Fault } from '../fault.ts';
import { parseJson } from '../json-depth.ts';
import { compileJsonPath, type JsonPath } from '../language/json-path.ts';
import { PatternError } from '../language/pattern.ts';
import { textOf } from '../language/value-text.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { type ConfigOf, element, type Leaf, many, requiredAttribute } from '../schema/declare.ts';
import { flag, oneOf, template, text, variable } from '../schema/values.ts';
import { dialogflowVersion } from './dialogflow.ts';
import { sourceOf } from './llm-source.ts';
import { type Compiler, policy } from './policy.ts';

const parameter = element({
  attributes: { name: requiredAttribute(text), type: oneOf('string', 'number', 'boolean', 'json') },
  children: { Value: template, Ref: variable, Header: text, JSONPath: text },
});

const faults = {
  unresolved: {
    code: 'steps.setdialogflowresponse.UnresolvedVariable',
    status: 500,
    text: 'SetDialogflowResponse: unable to resolve a variable',
  },
  notJson: {
    code: 'steps.setdialogflowresponse.InvalidSource',
    status: 500,
    text: 'SetDialogflowResponse: the source is not JSON',
  },
};

/** Makes the WebhookResponse that a Dialogflow agent expects. Apigee: SetDialogflowResponse policy reference. */
export const SetDialogflowResponse = policy({
  element: 'SetDialogflowResponse',
  failedPrefix: 'setdialogflowresponse',
  children: {
    Source: variable,
    DialogflowVersion: dialogflowVersion,
    NaturalLanguageResponse: element({
      children: {
        Phrases: element({ children: { Phrase: many(element({ content: template, attributes: { ref: variable } })) } }),
        MergeBehavior: oneOf('MERGE_BEHAVIOR_UNSPECIFIED', 'APPEND', 'REPLACE'),
      },
    }),
    Parameters: element({ children: { Parameter: many(parameter) } }),
    IgnoreUnresolvedVariables: flag,
  },
  faults,
  compile(config, compiler) {
    const ignores = config.IgnoreUnresolvedVariables?.text ?? false;
    const source = config.Source?.text ?? 'message';
    const { NaturalLanguageResponse: spoken } = config;
    const phrases = (spoken?.Phrases?.Phrase ?? []).map((one) =>
      one.ref === undefined
        ? sourceOf({ text: one.text ?? '', at: one.textAt }, '', one.at, ignores, faults.unresolved, compiler)
        : variableText(one.ref, ignores, compiler),
    );
    const merge = spoken?.MergeBehavior?.text;
    const parameters = (config.Parameters?.Parameter ?? []).map((one) => ({
      name: one.name.text,
      read: compileParameter(one, source, ignores, compiler),
    }));
    return (exchange) => {
      const messages = phrases.map((phrase) => ({ text: { text: [phrase(exchange)] } }));
      const values = parameters.map(({ name, read }) => [name, read(exchange)] as const);
      const answer = {
        ...(spoken === undefined ? {} : { fulfillmentResponse: { messages, mergeBehavior: merge } }),
        ...(values.length === 0 ? {} : { sessionInfo: { parameters: Object.fromEntries(values) } }),
      };
      const { message } = exchange;
      // Attached to a request, it makes the answer of a proxy without a target. zerohop's choice.
      const written = message.kind === 'response' ? message : responseFor(exchange);
      written.content = JSON.stringify(answer);
      written.headers.set('Content-Type', 'application/json');
    };
  },
});

function responseFor(exchange: Exchange): Message {
  const message = Message.response();
  exchange.response = message;
  exchange.skipsToResponse = true;
  return message;
}

function variableText(name: Leaf<string>, ignores: boolean, compiler: Compiler): (exchange: Exchange) => string {
  const read = compiler.reader(name.text);
  return (exchange) => {
    const value = textOf(read(exchange));
    if (value === undefined && !ignores) {
      throw new Fault(faults.unresolved, `SetDialogflowResponse: unable to resolve variable ${name.text}`);
    }
    return value ?? '';
  };
}

/** The first of Value, Ref, Header and JSONPath that it has. */
function compileParameter(
  config: ConfigOf<typeof parameter>,
  source: string,
  ignores: boolean,
  compiler: Compiler,
): (exchange: Exchange) => unknown {
  const { Value, Ref, Header, JSONPath, type } = config;
  const typed = (read: (exchange: Exchange) => unknown) =>
    type === undefined ? read : (exchange: Exchange) => asType(read(exchange), type.text);
  if (Value !== undefined) return typed(sourceOf(Value, '', config.at, ignores, faults.unresolved, compiler));
  if (Ref !== undefined) return typed(compiler.reader(Ref.text));
  if (Header !== undefined) return typed(compiler.reader(`${source}.header.${Header.text}`));
  if (JSONPath !== undefined) return typed(compileJson(JSONPath, source, compiler));
  const hint = 'Add <Value>, <Ref>, <Header> or <JSONPath>.';
  compiler.error('ZH665', config.at, `Parameter "${config.name.text}" has no value.`, hint);
  return () => undefined;
}

function compileJson(leaf: Leaf<string>, source: string, compiler: Compiler): (exchange: Exchange) => unknown {
  let path: JsonPath;
  try {
    path = compileJsonPath(leaf.text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    compiler.error('PO040', leaf.at, `This JSON path cannot be read: ${error.message}.`, 'Write such as $.claim.id.');
    return () => undefined;
  }
  // A message's payload, or a variable that holds JSON.
  const content = compiler.reader(`${source}.content`);
  const whole = compiler.reader(source);
  return (exchange) => {
    const value = whole(exchange);
    const json = value instanceof Message ? textOf(content(exchange)) : textOf(value);
    try {
      return path.value(parseJson(json ?? '')).value;
    } catch (error) {
      if (error instanceof SyntaxError) throw new Fault(faults.notJson);
      throw error;
    }
  };
}

function asType(value: unknown, type: 'string' | 'number' | 'boolean' | 'json'): unknown {
  const text = textOf(value);
  if (text === undefined) return undefined;
  if (type === 'string') return text;
  if (type === 'boolean') return text.toLowerCase() === 'true';
  if (type === 'number') return Number.isFinite(Number(text)) ? Number(text) : text;
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
