import { Fault } from '../fault.ts';
import { parseJson } from '../json-depth.ts';
import type { Template } from '../language/template.ts';
import { textOf } from '../language/value-text.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { element, type Leaf, many, required, requiredAttribute } from '../schema/declare.ts';
import { flag, rawTemplate, template, text, variable } from '../schema/values.ts';
import type { GoogleAnswer } from './google-services.ts';
import { noTokensHint } from './google-tokens.ts';
import { type Compiler, policy } from './policy.ts';

const faults = {
  executionFailed: {
    code: 'steps.publishmessage.ExecutionFailed',
    status: 500,
    text: 'PublishMessage: the message cannot be published',
  },
  invalidTopic: {
    code: 'steps.publishmessage.InvalidTopic',
    status: 500,
    text: 'PublishMessage: the name of the topic is none',
  },
  unresolvedVariable: {
    code: 'steps.publishmessage.UnresolvedVariable',
    status: 500,
    text: 'PublishMessage: unable to resolve a variable',
  },
};

const attribute = element({ content: template, attributes: { name: requiredAttribute(text) } });

/** Google Cloud: Pub/Sub, resource names. */
const topicName = /^projects\/[^/]+\/topics\/[A-Za-z][\w.~+%-]{2,254}$/;

/** Publishes a message to a Pub/Sub topic. Apigee: PublishMessage policy reference. */
export const PublishMessage = policy({
  element: 'PublishMessage',
  failedPrefix: 'publishmessage',
  children: {
    Source: rawTemplate,
    UseMessageAsSource: variable,
    Attributes: element({ children: { Attribute: many(attribute) } }),
    CloudPubSub: required(element({ children: { Topic: required(template), Endpoint: template } })),
    IgnoreUnresolvedVariables: flag,
  },
  faults,
  compile(config, compiler) {
    const { pubsub } = compiler;
    const { Topic, Endpoint } = config.CloudPubSub;
    if (!pubsub.canBeCalled) {
      const message = 'PublishMessage calls Pub/Sub, and there is no source of Google tokens: every call fails.';
      compiler.warning('ZH637', config.at, message, `${noTokensHint} PUBSUB_EMULATOR_HOST names an emulator.`);
    }
    const render = templates(config.IgnoreUnresolvedVariables?.text ?? false, compiler);
    const source = sourceOf(config, compiler, render);
    const topic = render(Topic.text, Topic.at);
    if (topic.constant !== undefined && !topicName.test(topic.constant)) {
      compiler.error('ZH636', Topic.at, `"${Topic.text}" is no topic.`, 'Write projects/PROJECT/topics/TOPIC.');
    }
    const endpoint = Endpoint === undefined ? undefined : render(Endpoint.text, Endpoint.at);
    const attributes = (config.Attributes?.Attribute ?? []).map((one) => {
      return { name: one.name.text, value: render(one.text ?? '', one.textAt) };
    });
    const { name } = compiler;
    return async (exchange) => {
      const path = topic.render(exchange);
      if (!topicName.test(path)) throw new Fault(faults.invalidTopic, `PublishMessage[${name}]: "${path}" is no topic`);
      const added = attributes.map((one): [string, string] => [one.name, one.value.render(exchange)]);
      const message = {
        data: source(exchange).toString('base64'),
        ...(added.length === 0 ? {} : { attributes: Object.fromEntries(added) }),
      };
      const url = `${originOf(endpoint?.render(exchange) ?? '')}/v1/${path}:publish`;
      exchange.setVariable('publishmessage.message.id', undefined);
      const answer = await send(name, () => pubsub.post(exchange, url, { messages: [message] }));
      exchange.setVariable('publishmessage.message.id', idOf(answer, name));
    };
  },
});

type Render = (source: string, at: Leaf<string>['at']) => Template;

function templates(ignores: boolean, compiler: Compiler): Render {
  const unresolved = (missing: string): never => {
    const reason = `PublishMessage[${compiler.name}]: unable to resolve variable ${missing}`;
    throw new Fault(faults.unresolvedVariable, reason);
  };
  return (source, at) => compiler.template(source, at, ignores ? {} : { unresolved });
}

interface SourceConfig {
  readonly at: Leaf<string>['at'];
  readonly Source: Leaf<string> | undefined;
  readonly UseMessageAsSource: Leaf<string> | undefined;
}

/** `UseMessageAsSource` sends a payload byte for byte; `true` is the current message, else a message by name. */
function sourceOf(config: SourceConfig, compiler: Compiler, render: Render): (exchange: Exchange) => Buffer {
  const { Source, UseMessageAsSource: whole } = config;
  if ((Source === undefined) === (whole === undefined)) {
    const found = Source === undefined ? 'neither' : 'both';
    const message = `PublishMessage has ${found} <Source> and <UseMessageAsSource>.`;
    compiler.error('ZH636', whole?.at ?? config.at, message, 'Keep one of the two.');
  }
  if (Source !== undefined) {
    const written = render(Source.text, Source.at);
    return (exchange) => Buffer.from(written.render(exchange));
  }
  const name = whole === undefined || whole.text.toLowerCase() === 'true' ? 'message' : whole.text;
  const content = compiler.reader(`${name}.content`);
  const read = compiler.reader(name);
  return (exchange) => {
    const value = read(exchange);
    return value instanceof Message ? value.body.bytes : Buffer.from(textOf(value ?? content(exchange)) ?? '');
  };
}

/** A regional endpoint may be written with or without scheme. */
function originOf(endpoint: string): string {
  if (endpoint === '') return 'https://pubsub.googleapis.com';
  return /^https?:\/\//i.test(endpoint) ? endpoint.replace(/\/+$/, '') : `https://${endpoint}`;
}

async function send(name: string, call: () => Promise<GoogleAnswer>): Promise<GoogleAnswer> {
  let answer: GoogleAnswer;
  try {
    answer = await call();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(faults.executionFailed, `PublishMessage[${name}]: Pub/Sub cannot be called: ${error.faultstring}`);
  }
  if (answer.status === 200) return answer;
  throw new Fault(faults.executionFailed, `PublishMessage[${name}]: Pub/Sub answered with status ${answer.status}`);
}

/** Google Cloud: Pub/Sub REST reference, projects.topics.publish. */
function idOf({ text: answer }: GoogleAnswer, name: string): string {
  try {
    const [id] = (parseJson(answer) as { readonly messageIds?: readonly unknown[] } | null)?.messageIds ?? [];
    if (typeof id === 'string') return id;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Fault(faults.executionFailed, `PublishMessage[${name}]: the answer of Pub/Sub holds no message ID`);
}
