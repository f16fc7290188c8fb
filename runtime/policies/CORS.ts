import type { Place } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import type { Template } from '../language/template.ts';
import { type Exchange, Phase } from '../message/exchange.ts';
import { checkFieldValue } from '../message/headers.ts';
import { Message } from '../message/message.ts';
import { type Leaf, required } from '../schema/declare.ts';
import { boolean, integer, template } from '../schema/values.ts';
import { answerOf, type CorsAnswer, type CorsRequest, type CorsRules, listOf } from './cors-answer.ts';
import { type Compiler, policy } from './policy.ts';

const faults = {
  unresolved: { code: 'steps.cors.UnresolvedVariable', status: 500, text: 'CORS: unable to resolve variable' },
};

const methods: ReadonlySet<string> = new Set('* GET HEAD POST PUT PATCH DELETE CONNECT OPTIONS TRACE'.split(' '));

/** Characters a list of headers may have. zerohop's choice: what common servers take as one field. */
const longestList = 8192;

const defaultMethods = 'GET, POST, HEAD, OPTIONS';
const defaultHeaders =
  'Origin, Accept, X-Requested-With, Content-Type, Access-Control-Request-Method, Access-Control-Request-Headers';

/** Answers preflight requests and lets browsers of other origins read answers. Apigee: CORS policy; Fetch standard, CORS protocol. */
export const CORS = policy({
  element: 'CORS',
  failedPrefix: 'cors',
  children: {
    AllowOrigins: required({ ...template, empty: undefined, expects: 'a list of origins, or *' }),
    AllowMethods: template,
    AllowHeaders: template,
    ExposeHeaders: template,
    MaxAge: integer(-1),
    AllowCredentials: boolean,
    GeneratePreflightResponse: boolean,
    IgnoreUnresolvedVariables: boolean,
  },
  faults,
  compile(config, compiler) {
    const answersPreflight = config.GeneratePreflightResponse?.text ?? true;
    const ignoresUnresolved = config.IgnoreUnresolvedVariables?.text ?? true;
    const list = (leaf: Leaf<string> | undefined, otherwise: string): Template => {
      const text = leaf === undefined || leaf.text === '' ? otherwise : leaf.text;
      const unresolved = ignoresUnresolved
        ? undefined
        : (name: string) => failUnresolved(name, compiler, answersPreflight);
      return compiler.template(text, leaf?.at ?? config.at, { unresolved });
    };
    const origins = list(config.AllowOrigins, '');
    const allowMethods = list(config.AllowMethods, defaultMethods);
    const allowHeaders = list(config.AllowHeaders, defaultHeaders);
    const exposeHeaders = list(config.ExposeHeaders, '');
    checkMethods(allowMethods.constant, config.AllowMethods?.at ?? config.at, compiler);
    checkSize(allowHeaders.constant, 'AllowHeaders', config.AllowHeaders?.at ?? config.at, compiler);
    checkSize(exposeHeaders.constant, 'ExposeHeaders', config.ExposeHeaders?.at ?? config.at, compiler);
    const maxAge = String(config.MaxAge?.text ?? 1800);
    const credentials = config.AllowCredentials?.text ?? false;
    return (exchange) => {
      const asked = requestOf(exchange);
      // Fetch standard: a request without Origin is not cross-origin, and nobody asks what this policy answers.
      if (asked === undefined) return;
      const rules: CorsRules = {
        origins: origins.render(exchange),
        methods: rendered(allowMethods, 'Access-Control-Allow-Methods', exchange),
        headers: rendered(allowHeaders, 'Access-Control-Allow-Headers', exchange),
        exposed: rendered(exposeHeaders, 'Access-Control-Expose-Headers', exchange),
        maxAge,
        credentials,
      };
      const answer = answerOf(asked, rules);
      setVariables(exchange, asked, rules, answer);
      if (!asked.isPreflight) {
        exchange.finishing ??= [];
        exchange.finishing.push((message) => writeActual(message, answer));
      } else if (answersPreflight && exchange.phase <= Phase.targetRequest && exchange.error === undefined) {
        exchange.response = preflightResponse(answer);
        exchange.skipsToResponse = true;
      }
    };
  },
});

/** Apigee: a policy that answers preflight requests answers with its error at once; the fault rules do not run. */
function failUnresolved(name: string, compiler: Compiler, atOnce: boolean): never {
  const fault = new Fault(faults.unresolved, `CORS[${compiler.name}]: unable to resolve variable ${name}`);
  fault.skipsFaultRules = atOnce;
  throw fault;
}

function requestOf({ request }: Exchange): CorsRequest | undefined {
  const origin = request.headers.line('origin');
  if (origin === undefined) return undefined;
  return {
    origin,
    method: request.headers.line('access-control-request-method'),
    headers: request.headers.text('access-control-request-headers'),
    isPreflight: request.verb === 'OPTIONS',
  };
}

/** What a template took from the request must not start a header of its own. @throws Fault protocol.http.HeaderWithInvalidChar */
function rendered(value: Template, header: string, exchange: Exchange): string {
  if (value.constant !== undefined) return value.constant;
  const text = value.render(exchange).trim();
  checkFieldValue(header, text);
  return text;
}

function preflightResponse(answer: CorsAnswer): Message {
  const message = Message.response();
  const { headers } = message;
  writeOrigin(message, answer);
  if (!answer.originAllowed) return message;
  headers.set('Access-Control-Allow-Methods', answer.methods);
  headers.set('Access-Control-Allow-Headers', answer.headers);
  headers.set('Access-Control-Max-Age', answer.maxAge);
  return message;
}

function writeActual(message: Message, answer: CorsAnswer): void {
  writeOrigin(message, answer);
  if (answer.originAllowed && answer.exposed !== '') {
    message.headers.set('Access-Control-Expose-Headers', answer.exposed);
  }
}

/**
 * zerohop's choice: what a target says about origins never admits one that the policy does not. Vary: an answer that
 * names an origin is good for that one only (Fetch standard, CORS protocol and HTTP caches).
 */
function writeOrigin({ headers }: Message, answer: CorsAnswer): void {
  headers.remove('Access-Control-Allow-Credentials');
  if (!answer.originAllowed) {
    headers.remove('Access-Control-Allow-Origin');
    return;
  }
  headers.set('Access-Control-Allow-Origin', answer.origin);
  if (answer.credentials) headers.set('Access-Control-Allow-Credentials', 'true');
  if (answer.origin === '*') return;
  const varies = headers.values('vary').map((name) => name.toLowerCase());
  if (!varies.includes('origin') && !varies.includes('*')) headers.add('Vary', 'Origin');
}

function setVariables(exchange: Exchange, asked: CorsRequest, rules: CorsRules, answer: CorsAnswer): void {
  const values = {
    'allow.credentials': rules.credentials,
    'allow.headers': rules.headers,
    'allow.methods': rules.methods,
    'allow.origin': answer.origin,
    'allow.origins.list': rules.origins,
    'expose.headers': rules.exposed,
    'max.age': rules.maxAge,
    'preflight.accepted': answer.preflightAccepted,
    'request.headers': asked.headers,
    'request.method': asked.method,
    'request.origin': asked.origin,
    'request.type': asked.isPreflight ? 'PRE_FLIGHT' : 'ACTUAL',
  };
  for (const [name, value] of Object.entries(values)) {
    exchange.setVariable(`cross_origin_resource_sharing.${name}`, value);
  }
}

function checkMethods(text: string | undefined, at: Place, compiler: Compiler): void {
  const wrong = listOf(text ?? '').find((method) => !methods.has(method.toUpperCase()));
  if (wrong === undefined) return;
  compiler.error('ZH310', at, `"${wrong}" is no HTTP method (InvalidHTTPMethods).`, 'Write such as GET, POST, or *.');
}

function checkSize(text: string | undefined, what: string, at: Place, compiler: Compiler): void {
  if (text === undefined || text.length <= longestList) return;
  const message = `<${what}> has ${text.length} characters, more than ${longestList} (${what}SizeTooLarge).`;
  compiler.error('ZH311', at, message, 'Name fewer headers, or write *.');
}
