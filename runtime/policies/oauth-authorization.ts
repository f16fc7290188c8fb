import { Fault } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import { after } from '../state/answer.ts';
import type { Credential } from '../state/consumers.ts';
import type { AuthorizationCode } from '../state/token-records.ts';
import { answer, redirection } from './oauth-answers.ts';
import { grantedScope, known, scopesOf } from './oauth-client.ts';
import { requestFaults } from './oauth-faults.ts';
import { type Issuing, issue, newCode, tell } from './oauth-issue.ts';
import { type Profile, secondsLeft, setAttributes, setProfile } from './oauth-profile.ts';
import { badRequest, missingInAuthorization, OAuthRefusal, unknownClient } from './oauth-refusal.ts';
import type { Parameter } from './oauth-settings.ts';
import type { Compiler, Step } from './policy.ts';

/** Requests that a browser brings: for a code, or for an implicit token. RFC 6749 sections 4.1.1 and 4.2.1. */
export interface AuthorizationRequest {
  readonly responseType: Parameter;
  readonly clientId: Parameter;
  readonly redirectUri: Parameter;
  readonly scope: Parameter;
  readonly state: Parameter;
  readonly endUser: Parameter | undefined;
  /** Text of a code that somebody else has made. */
  readonly externalCode: Parameter | undefined;
}

interface Authorized {
  readonly credential: Credential;
  /** Undefined: the app has none, and none was given. */
  readonly redirectUri: string | undefined;
  readonly scope: string;
  readonly endUser: string | undefined;
  readonly state: string | undefined;
}

/** GenerateAuthorizationCode. */
export function compileAuthorizationCode(request: AuthorizationRequest, issuing: Issuing): Step {
  const authorize = compileAuthorize(request, 'code', issuing);
  const { tokens, settings, compiler } = issuing;
  const prefix = `oauthv2authcode.${compiler.name}.`;
  return (exchange) => {
    const { credential, redirectUri, scope, endUser, state } = authorize(exchange);
    const text = request.externalCode?.read(exchange) ?? newCode();
    const now = Date.now();
    const code: AuthorizationCode = {
      clientId: credential.consumerKey,
      appId: credential.app.appId,
      ...(redirectUri === undefined ? {} : { redirectUri }),
      scope,
      issuedAt: now,
      expiresAt: issuing.expires(exchange, now),
      attributes: issuing.attributes(exchange),
      ...(endUser === undefined ? {} : { endUser }),
    };
    const outcome = after(tokens.addCode(text, code), () => {
      setAttributes(exchange, prefix, code.attributes);
      setProfile(exchange, prefix, codeMembers(text, code));
      if (!settings.generates) return;
      const parameters = [
        ['code', text],
        ['scope', scope === '' ? undefined : scope],
        ['state', state],
      ] as const;
      answer(exchange, redirection(redirectUri ?? '', 'query', parameters));
    });
    return outcome instanceof Promise ? outcome.then(() => undefined) : undefined;
  };
}

/** What is told of a code. */
export function codeMembers(text: string, code: AuthorizationCode): Profile {
  return [
    ['code', text],
    ['redirect_uri', code.redirectUri],
    ['scope', code.scope],
    ['client_id', code.clientId],
  ];
}

/** GenerateAccessTokenImplicitGrant. */
export function compileImplicit(request: AuthorizationRequest, issuing: Issuing): Step {
  const authorize = compileAuthorize(request, 'token', issuing);
  const { settings } = issuing;
  return (exchange) => {
    const authorized = authorize(exchange);
    const { credential, redirectUri, scope, endUser, state } = authorized;
    const attributes = issuing.attributes(exchange);
    const granted = { credential, grantType: 'implicit', scope, attributes, endUser, refreshCount: 0 };
    const outcome = after(issue(exchange, granted, 'none', issuing), (issued) => {
      tell(exchange, issued, credential, { ...issuing, settings: { ...settings, generates: false } });
      if (!settings.generates) return;
      const { text, token } = issued.access;
      const parameters = [
        ['expires_in', token.expiresAt === null ? undefined : secondsLeft(token.expiresAt, token.issuedAt)],
        ['access_token', text],
        ['token_type', settings.rfc ? 'Bearer' : 'BearerToken'],
        ['scope', scope === '' ? undefined : scope],
        ['state', state],
      ] as const;
      answer(exchange, redirection(redirectUri ?? '', 'fragment', parameters));
    });
    return outcome instanceof Promise ? outcome.then(() => undefined) : undefined;
  };
}

/** Checks in the order of Apigee's answers: nobody is sent to an address before it is known to be the client's. */
function compileAuthorize(
  request: AuthorizationRequest,
  responseType: 'code' | 'token',
  { compiler, settings }: Issuing,
): (exchange: Exchange) => Authorized {
  return (exchange) => {
    const clientId = request.clientId.read(exchange);
    if (clientId === undefined) throw missingClient(request.clientId, settings.generates);
    const type = request.responseType.read(exchange);
    if (type === undefined) throw missingInAuthorization(request.responseType.name);
    if (type !== responseType) throw badRequest(`Response type must be ${responseType}`);
    const credential = clientOf(clientId, compiler);
    return {
      credential,
      redirectUri: checkRedirectUri(request.redirectUri.read(exchange), credential, settings.generates),
      scope: grantedScope(scopesOf(compiler.consumers, credential), request.scope.read(exchange)),
      endUser: request.endUser?.read(exchange),
      state: request.state.read(exchange),
    };
  };
}

function missingClient(clientId: Parameter, generates: boolean): Error {
  if (generates || !clientId.isConfigured) return missingInAuthorization(clientId.name);
  const kind = requestFaults.unresolvedClientId;
  return new Fault(kind, `${kind.text} ${clientId.variable}`);
}

function clientOf(clientId: string, { consumers }: Compiler): Credential {
  try {
    return known(consumers, clientId);
  } catch (error) {
    const isUnknown = error instanceof OAuthRefusal && error.kind === requestFaults.invalidClient;
    throw isUnknown ? unknownClient(clientId) : error;
  }
}

/** Compared as a whole (RFC 6749 section 3.1.2.3): a part that differs is how codes are stolen. */
function checkRedirectUri(given: string | undefined, { app }: Credential, generates: boolean): string | undefined {
  const registered = app.callbackUrl;
  if (given === undefined) {
    if (registered === '' && !generates) return undefined;
    throw badRequest('Redirection URI is required');
  }
  if (registered !== '' && given !== registered) throw badRequest(`Invalid redirection uri ${given}`);
  return given;
}
