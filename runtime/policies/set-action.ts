import { STATUS_CODES } from 'node:http';
import { type AuthenticationConfig, authentication } from '../bundle/target.ts';
import { Fault } from '../fault.ts';
import { Body } from '../message/body.ts';
import type { Message } from '../message/message.ts';
import { type ConfigOf, element, markup } from '../schema/declare.ts';
import { template, text } from '../schema/values.ts';
import { after } from '../state/answer.ts';
import {
  type Action,
  type ActionContext,
  faultPrefix,
  isEmptyAction,
  type PlacedAction,
  textOf,
  warnOfEmpty,
} from './action.ts';
import { valuedLists } from './action-fields.ts';
import { compileValued } from './add-action.ts';
import { compileGoogleAuthentication } from './google-authentication.ts';
import { noTokensHint } from './google-tokens.ts';

/** Replaces values. Apigee: AssignMessage reference, Set. */
export const setAction = element({
  children: {
    ...valuedLists,
    Payload: markup({ contentType: template, variablePrefix: text, variableSuffix: text }),
    Verb: template,
    Version: template,
    Path: template,
    StatusCode: template,
    ReasonPhrase: template,
    Authentication: authentication,
  },
});

export type SetConfig = ConfigOf<typeof setAction>;

export function compileSet(config: SetConfig, context: ActionContext): PlacedAction[] {
  if (isEmptyAction(config)) warnOfEmpty('Set', config.at, context);
  const actions = compileValued(config, context, 'set');
  const { Payload, Authentication } = config;
  if (Payload !== undefined) actions.push({ offset: Payload.at.offset, run: setPayload(Payload, context) });
  if (Authentication !== undefined) {
    const run = setAuthentication(Authentication, context);
    if (run !== undefined) actions.push({ offset: Authentication.at.offset, run });
  }
  for (const part of parts) {
    const written = config[part.name];
    // An empty element, or a template that gives nothing, leaves the message as it is. zerohop's choice.
    if (written === undefined || written.text === '') continue;
    const ownReason = part === statusCode && config.ReasonPhrase !== undefined && config.ReasonPhrase.text !== '';
    const chosen = ownReason ? { ...statusCode, write: writeStatus } : part;
    actions.push({ offset: written.at.offset, run: setPart(chosen, written, context) });
  }
  return actions;
}

function setPayload(config: NonNullable<SetConfig['Payload']>, context: ActionContext): Action {
  const { constant, render } = textOf(context, config.text ?? '', config.textAt, {
    prefix: config.variablePrefix?.text,
    suffix: config.variableSuffix?.text,
  });
  const setBody: Action =
    constant === undefined
      ? (exchange, message) => {
          message.content = render(exchange);
        }
      : constantBody(Body.ofText(constant));
  if (config.contentType === undefined || config.contentType.text === '') return setBody;
  const contentType = textOf(context, config.contentType.text, config.contentType.at);
  return (exchange, message) => {
    // Rendered before anything is written: a template may read the old payload or type.
    const type = contentType.constant ?? contentType.render(exchange);
    setBody(exchange, message);
    message.headers.set('Content-Type', type);
  };
}

/** Payloads never change, so all messages can have the same one. */
function constantBody(body: Body): Action {
  return (_, message) => {
    message.body = body;
  };
}

/** A part of a message that is one text. */
interface Part {
  readonly name: 'Verb' | 'Version' | 'Path' | 'StatusCode' | 'ReasonPhrase';
  /** The messages that have it; on the other kind the action does nothing. */
  readonly kind: Message['kind'];
  /** What a value must match, and how that is told. */
  readonly form: RegExp;
  readonly expects: string;
  write(message: Message, value: string): void;
}

const writeStatus: Part['write'] = (message, value) => {
  message.status = Number(value);
};

const statusCode: Part = {
  name: 'StatusCode',
  kind: 'response',
  form: /^[1-9]\d\d$/,
  expects: 'a status, a number from 100 to 999',
  write: (message, value) => {
    // The standard reason phrase of the status before does not fit the new one.
    if (message.ownReason === STATUS_CODES[message.status]) message.reason = undefined;
    writeStatus(message, value);
  },
};

const parts: readonly Part[] = [
  {
    name: 'Verb',
    kind: 'request',
    form: /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/,
    expects: 'a verb',
    write: (message, value) => {
      message.verb = value;
    },
  },
  {
    name: 'Version',
    kind: 'request',
    form: /^(HTTP\/)?\d(\.\d)?$/i,
    expects: 'an HTTP version, such as 1.1',
    write: (message, value) => {
      message.version = value.replace(/^HTTP\//i, '');
    },
  },
  {
    name: 'Path',
    kind: 'request',
    form: /^[^\0-\x1f\x7f]*$/,
    expects: 'a path',
    write: (message, value) => {
      const question = value.indexOf('?');
      message.path = question === -1 ? value : value.slice(0, question);
      if (question !== -1) message.querystring = value.slice(question + 1);
    },
  },
  statusCode,
  {
    name: 'ReasonPhrase',
    kind: 'response',
    form: /^/,
    expects: 'a text',
    write: (message, value) => {
      // RFC 9112 section 4: a reason phrase is one line of Latin-1 text.
      message.reason = value.replace(/[^\t\x20-\x7e\x80-\xff]+/g, ' ');
    },
  },
];

function setPart(part: Part, config: NonNullable<SetConfig['Verb']>, context: ActionContext): Action {
  const { constant, render } = textOf(context, config.text, config.at);
  const { kind, form, write } = part;
  const { compiler, options } = context;
  if (constant !== undefined && form.test(constant)) {
    return (_, message) => {
      if (message.kind === kind) write(message, constant);
    };
  }
  if (constant !== undefined) {
    const message = `<${part.name}> is "${constant}", expected ${part.expects}; the policy fails when it sets it.`;
    compiler.warning('ZH103', config.at, message);
  }
  return (exchange, message) => {
    if (message.kind !== kind) return;
    const value = render(exchange);
    if (value === '') return;
    if (!form.test(value)) {
      const text = `${faultPrefix(compiler, options)}${part.name} is "${value}", expected ${part.expects}`;
      throw new Fault(options.faults.setVariableFailed, text);
    }
    write(message, value);
  };
}

/** Apigee: AssignMessage reference, Authentication. */
function setAuthentication(config: AuthenticationConfig, { compiler, unresolved }: ActionContext): Action | undefined {
  const { googleTokens } = compiler;
  const authentication = compileGoogleAuthentication(config, false, googleTokens, {
    template: (text, at) => compiler.template(text, at, { unresolved }),
    warning: (...finding) => compiler.warning(...finding),
  });
  if (authentication === undefined) return undefined;
  compiler.needs(authentication.needs);
  if (!googleTokens.hasSource) {
    const message = 'There is no source of Google tokens: when this is reached, the policy raises a fault.';
    compiler.warning('ZH104', config.at, message, noTokensHint);
  }
  return (exchange, message) =>
    after(authentication.field(exchange, undefined), ([name, value]) => message.headers.set(name, value));
}
