import { Fault, faultBody } from '../fault.ts';
import { Body } from '../message/body.ts';
import { type Exchange, type Outcome, Phase } from '../message/exchange.ts';
import { Headers } from '../message/headers.ts';
import { Message } from '../message/message.ts';
import { OAuthRefusal } from './oauth-refusal.ts';
import type { Step } from './policy.ts';

/** What an OAuth policy answers by itself. */
export interface AnswerSettings {
  /** Success and refusals are answered; else there are variables and faults. */
  readonly generates: boolean;
  /** Answers as RFC 6749 has them. */
  readonly rfc: boolean;
  /** After a failure the flow goes on: continueOnError. */
  readonly continues: boolean;
  /** A failure is answered in place of being raised: GenerateErrorResponse and continueOnError together. */
  readonly answersFailures: boolean;
  /** In `WWW-Authenticate`. */
  readonly realm: string;
  /** A 401 tells that a token is asked for. */
  readonly challenges: boolean;
}

/** Puts an answer in place: in a request flow the rest of it is skipped, target included. zerohop's choice. */
export function answer(exchange: Exchange, message: Message): void {
  if (exchange.error !== undefined) {
    exchange.error = message;
    return;
  }
  exchange.response?.discardBody();
  if (exchange.response === undefined || exchange.phase <= Phase.targetRequest) {
    exchange.response = message;
    exchange.skipsToResponse = exchange.phase <= Phase.targetRequest;
    return;
  }
  // What earlier steps of the response flow have set, such as headers, stays.
  const { response } = exchange;
  response.status = message.status;
  response.reason = undefined;
  for (const name of message.headers.names()) response.headers.set(name, message.headers.text(name) ?? '');
  response.body = message.body;
}

export function jsonAnswer(status: number, value: unknown): Message {
  const json = Body.ofText(JSON.stringify(value));
  const message = new Message('response', new Headers(['Content-Type', 'application/json']), json);
  message.status = status;
  return message;
}

/** RFC 6749 section 5.1: what holds a token is not to be cached. */
export function forbidCaching(message: Message): Message {
  message.headers.set('Cache-Control', 'no-store');
  message.headers.set('Pragma', 'no-cache');
  return message;
}

/** A redirection with parameters in the query or in the fragment. RFC 6749 sections 4.1.2 and 4.2.2. */
export function redirection(
  uri: string,
  where: 'query' | 'fragment',
  parameters: readonly (readonly [name: string, value: string | undefined])[],
): Message {
  const pairs = new URLSearchParams();
  for (const [name, value] of parameters) if (value !== undefined) pairs.set(name, value);
  const joint = where === 'fragment' ? '#' : uri.includes('?') ? '&' : '?';
  const message = Message.response();
  message.status = 302;
  message.headers.setChecked('Location', `${uri}${joint}${pairs.toString()}`);
  return message;
}

/** A step whose refusals and faults become what the policy is configured to make of them. */
export function oauthStep(step: Step, settings: AnswerSettings, name: string): Step {
  const fail = (exchange: Exchange, error: unknown): undefined => {
    const { fault, message } = failureOf(exchange, error, settings);
    const full = settings.challenges && fault.code.startsWith('keymanagement.service.');
    exchange.setVariable(`oauthV2.${name}.fault.name`, full ? fault.code : fault.faultName);
    exchange.setVariable(`oauthV2.${name}.fault.cause`, fault.faultstring);
    if (settings.answersFailures && exchange.fault === undefined) {
      exchange.setVariable(`oauthV2.${name}.failed`, true);
      exchange.setVariable('oauthV2.failed', true);
      answer(exchange, message ?? jsonAnswer(fault.status, JSON.parse(faultBody(fault))));
      return undefined;
    }
    // Where the flow goes on, the answer of an error before that is being handled stays.
    if (message !== undefined && !settings.continues) {
      exchange.error = message;
      fault.carriesResponse = true;
    }
    throw fault;
  };
  return (exchange) => {
    let outcome: Outcome;
    try {
      outcome = step(exchange);
    } catch (error) {
      return fail(exchange, error);
    }
    return outcome === undefined ? undefined : outcome.then(undefined, (error: unknown) => fail(exchange, error));
  };
}

interface Failure {
  readonly fault: Fault;
  /** Undefined: the default answer of a fault. */
  readonly message: Message | undefined;
}

function failureOf(exchange: Exchange, error: unknown, settings: AnswerSettings): Failure {
  if (error instanceof OAuthRefusal) {
    const fault = new Fault(error.kind, error.message);
    return { fault, message: settings.generates ? refusalAnswer(exchange, error, settings) : undefined };
  }
  if (!(error instanceof Fault)) throw error;
  const isChallenge = settings.challenges && error.status === 401;
  return { fault: error, message: isChallenge ? challenge(error, settings.realm) : undefined };
}

function refusalAnswer(exchange: Exchange, refusal: OAuthRefusal, { rfc, realm }: AnswerSettings): Message {
  const { status, errorCode, rfcError, error } = refusal.answer;
  if (!rfc) return jsonAnswer(status, { ErrorCode: errorCode, Error: error });
  const message = forbidCaching(jsonAnswer(status, { error: rfcError, error_description: error }));
  // RFC 6749 section 5.2: who has tried the Authorization header is told its scheme.
  const tried = exchange.request.headers.has('authorization');
  if (status === 401 && tried) message.headers.set('WWW-Authenticate', `Basic realm="${realm}"`);
  return message;
}

/** RFC 6750 section 3, as Apigee fills it. */
function challenge(fault: Fault, realm: string): Message {
  const message = jsonAnswer(fault.status, JSON.parse(faultBody(fault)));
  const description = `${fault.code}: ${fault.faultstring}`;
  const value = `Bearer realm="${realm}",error="invalid_token",error_description="${description}"`;
  message.headers.set('WWW-Authenticate', value);
  return message;
}
