import type { AuthenticationConfig } from '../bundle/target.ts';
import type { Place } from '../diagnostic.ts';
import { Fault, flowFaults } from '../fault.ts';
import type { Template } from '../language/template.ts';
import { textOf } from '../language/value-text.ts';
import { bodyNeed, variableReader } from '../language/variables.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import { isFieldName } from '../message/headers.ts';
import { type Answer, after } from '../state/answer.ts';
import type { GoogleTokenRequest, GoogleTokens } from './google-tokens.ts';

/** `Authentication` of a target connection or of AssignMessage, compiled: the header field that carries the token. */
export interface GoogleAuthentication {
  readonly needs: BodyNeed;
  /**
   * Name and value of the field.
   * @param url where the request goes, for an audience that is the target's URL; undefined when that is not known
   * @throws Fault messaging.adaptors.http.filter.GoogleTokenGenerationFailure
   */
  field(exchange: Exchange, url: string | undefined): Answer<GoogleField>;
}

export type GoogleField = readonly [name: string, value: string];

/** What compiling it takes: both kinds of compilers have it. */
export interface AuthenticationCompiler {
  template(text: string, at: Place): Template;
  warning(code: string, at: Place, message: string, hint: string): void;
}

/** Apigee: API proxy configuration reference, HeaderName. */
const usualField = 'Authorization';
/** What a token is good for when no scope is named. zerohop's choice. */
const usualScopes = ['https://www.googleapis.com/auth/cloud-platform'];

interface Part<T> {
  readonly needs: BodyNeed;
  readonly of: (exchange: Exchange, url: string | undefined) => T;
}

/** @returns undefined when it asks for no token (reported) */
export function compileGoogleAuthentication(
  config: AuthenticationConfig,
  hasUrl: boolean,
  tokens: GoogleTokens,
  compiler: AuthenticationCompiler,
): GoogleAuthentication | undefined {
  const { GoogleAccessToken: access, GoogleIDToken: id } = config;
  if (access === undefined && id === undefined) {
    const hint = 'Add <GoogleAccessToken> with <Scopes>, or <GoogleIDToken> with an <Audience>.';
    compiler.warning('ZH660', config.at, '<Authentication> names no kind of token; it does nothing.', hint);
    return undefined;
  }
  if (access !== undefined && id !== undefined) {
    const message = '<Authentication> has both <GoogleAccessToken> and <GoogleIDToken>; the access token counts.';
    compiler.warning('ZH660', id.at, message, 'Keep one of the two.');
  }
  const request = access === undefined ? idRequest(id, hasUrl, config.at, compiler) : accessRequest(access);
  const name = textOrVariable(config.HeaderName, compiler);
  return {
    needs: request.needs | name.needs,
    field: (exchange, url) => {
      const field = name.of(exchange, url) || usualField;
      if (!isFieldName(field)) throw new Fault(flowFaults.headerWithInvalidChar, `"${field}" is no name of a header`);
      return after(tokens.token(request.of(exchange, url)), (token): GoogleField => [field, `Bearer ${token}`]);
    },
  };
}

function accessRequest(config: NonNullable<AuthenticationConfig['GoogleAccessToken']>): Part<GoogleTokenRequest> {
  const scopes = (config.Scopes?.Scope ?? []).map((scope) => scope.text).filter((scope) => scope !== '');
  const asked = scopes.length === 0 ? usualScopes : scopes;
  const { LifetimeInSeconds: lifetime } = config;
  const { ref } = lifetime ?? {};
  const read = ref === undefined || ref.text === '' ? undefined : variableReader(ref.text);
  const written = lifetime?.text;
  return {
    needs: ref === undefined ? BodyNeed.none : bodyNeed(ref.text),
    of: (exchange) => {
      const seconds = Number(textOf(read?.(exchange)) || written || Number.NaN);
      return { kind: 'access', scopes: asked, lifetimeSeconds: seconds > 0 ? seconds : undefined };
    },
  };
}

function idRequest(
  config: AuthenticationConfig['GoogleIDToken'],
  hasUrl: boolean,
  at: Place,
  compiler: AuthenticationCompiler,
): Part<GoogleTokenRequest> {
  const audience = audienceOf(config, hasUrl, at, compiler);
  const email = config?.IncludeEmail;
  const read = email?.ref === undefined || email.ref.text === '' ? undefined : variableReader(email.ref.text);
  return {
    needs: audience.needs | (email?.ref === undefined ? BodyNeed.none : bodyNeed(email.ref.text)),
    of: (exchange, url) => {
      const includeEmail = (textOf(read?.(exchange)) || email?.text || '').toLowerCase() === 'true';
      const text = audience.of(exchange, url);
      if (text === '')
        throw new Fault(flowFaults.googleTokenGenerationFailure, 'The audience of the ID token is empty');
      return { kind: 'id', audience: text, includeEmail };
    },
  };
}

/** The target's URL, without its query, or what is written. Apigee: API proxy configuration reference, Audience. */
function audienceOf(
  config: AuthenticationConfig['GoogleIDToken'],
  hasUrl: boolean,
  at: Place,
  compiler: AuthenticationCompiler,
): Part<string> {
  const audience = config?.Audience;
  if (audience?.useTargetUrl?.text === true) {
    if (!hasUrl) {
      const message = 'useTargetUrl has no URL to use here: no ID token can be had.';
      compiler.warning('ZH661', audience.useTargetUrl.at, message, 'Write the audience out.');
    }
    return { needs: BodyNeed.none, of: (_, url) => url?.replace(/\?.*$/s, '') ?? '' };
  }
  const part = textOrVariable(audience, compiler);
  if ((audience?.text ?? '') === '' && (audience?.ref?.text ?? '') === '') {
    const message = '<GoogleIDToken> has no audience: no ID token can be had.';
    compiler.warning('ZH661', config?.at ?? at, message, 'Write <Audience>, or useTargetUrl="true".');
  }
  return part;
}

/** The variable's value, or the text when it has none. */
function textOrVariable(config: AuthenticationConfig['HeaderName'], compiler: AuthenticationCompiler): Part<string> {
  if (config === undefined) return { needs: BodyNeed.none, of: () => '' };
  const template = compiler.template(config.text ?? '', config.textAt);
  const { ref } = config;
  if (ref === undefined || ref.text === '')
    return { needs: template.needs, of: (exchange) => template.render(exchange) };
  const read = variableReader(ref.text);
  return {
    needs: template.needs | bodyNeed(ref.text),
    of: (exchange) => textOf(read(exchange)) || template.render(exchange),
  };
}
