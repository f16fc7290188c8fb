import { Fault } from '../fault.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import { type Answer, after } from '../state/answer.ts';
import type { Credential } from '../state/consumers.ts';
import type { AuthorizationCode } from '../state/token-records.ts';
import { isOver } from '../state/tokens.ts';
import { compileClient, grantedScope, scopesOf } from './oauth-client.ts';
import { requestFaults } from './oauth-faults.ts';
import { type Granted, type Issuing, issue, type RefreshPlan, tell } from './oauth-issue.ts';
import { compileRefresh } from './oauth-refresh.ts';
import { badRequest, invalidGrant, missingParameter, unsupportedGrantType } from './oauth-refusal.ts';
import { mergeAttributes, type Parameter } from './oauth-settings.ts';
import type { Step } from './policy.ts';

export type GrantType = 'authorization_code' | 'client_credentials' | 'password' | 'refresh_token' | 'implicit';

/** A token request, and what the policy makes of it. */
export interface TokenRequest {
  readonly grantType: Parameter;
  readonly supported: ReadonlySet<string>;
  readonly clientId: Parameter;
  readonly external: boolean;
  readonly code: Parameter;
  readonly redirectUri: Parameter;
  readonly scope: Parameter;
  readonly userName: Parameter;
  readonly password: Parameter;
  readonly refreshToken: Parameter;
  readonly endUser: Parameter | undefined;
  readonly reusesRefreshToken: boolean;
}

/** GenerateAccessToken: a token for a grant of the client. RFC 6749 section 4. */
export function compileTokenRequest(request: TokenRequest, issuing: Issuing): Step {
  const client = compileClient(
    request.clientId,
    { external: request.external, generates: issuing.settings.generates },
    issuing.compiler,
  );
  const refresh = compileRefresh(request, client, issuing);
  return (exchange) => {
    const grantType = request.grantType.read(exchange);
    if (grantType === undefined) throw missingParameter(request.grantType.name);
    if (!request.supported.has(grantType) || grantType === 'implicit') throw unsupportedGrantType(grantType);
    if (grantType === 'refresh_token') return refresh(exchange);
    const credential = client(exchange);
    const give = (granted: Granted, plan: RefreshPlan): Answer<Outcome> =>
      after(issue(exchange, granted, plan, issuing), (issued) => tell(exchange, issued, credential, issuing));
    const outcome =
      grantType === 'authorization_code'
        ? after(exchangeCode(exchange, credential, request, issuing), (granted) => give(granted, 'new'))
        : give(
            plainGrant(exchange, grantType, credential, request, issuing),
            // RFC 6749 section 4.4.3: a client that has its credentials needs no refresh token.
            grantType === 'client_credentials' ? 'none' : 'new',
          );
    return outcome instanceof Promise ? outcome.then(() => undefined) : undefined;
  };
}

/** Client credentials; password, which is there and not compared: whoever knows users has to do that in a step before. */
function plainGrant(
  exchange: Exchange,
  grantType: string,
  credential: Credential,
  request: TokenRequest,
  issuing: Issuing,
): Granted {
  if (grantType === 'password') {
    for (const parameter of [request.userName, request.password]) {
      if (parameter.read(exchange) === undefined) throw missingParameter(parameter.name);
    }
  }
  return {
    credential,
    grantType,
    scope: grantedScope(scopesOf(issuing.compiler.consumers, credential), request.scope.read(exchange)),
    attributes: issuing.attributes(exchange),
    endUser: request.endUser?.read(exchange),
    refreshCount: 0,
  };
}

/** The code is looked at before it is taken: a mistake in the request, or another client's, does not use it up. */
function exchangeCode(
  exchange: Exchange,
  credential: Credential,
  request: TokenRequest,
  issuing: Issuing,
): Answer<Granted> {
  const { tokens } = issuing;
  const text = request.code.read(exchange);
  if (text === undefined) {
    const { code } = request;
    if (!code.isConfigured || issuing.settings.generates) throw missingParameter(code.name);
    throw new Fault(requestFaults.unresolvedCode, `${requestFaults.unresolvedCode.text} ${code.variable}`);
  }
  return after(tokens.findCode(text), (found) => {
    checkCode(exchange, found, credential, request);
    return after(tokens.takeCode(text), (code) => {
      if (code === undefined) throw invalidGrant(requestFaults.invalidCode);
      return {
        credential,
        grantType: 'authorization_code',
        scope: code.scope,
        attributes: mergeAttributes(code.attributes, issuing.attributes(exchange)),
        endUser: request.endUser?.read(exchange) ?? code.endUser,
        refreshCount: 0,
      };
    });
  });
}

/** RFC 6749 section 4.1.3. */
function checkCode(
  exchange: Exchange,
  code: AuthorizationCode | undefined,
  credential: Credential,
  request: TokenRequest,
): void {
  if (code === undefined || code.clientId !== credential.consumerKey || isOver(code.expiresAt)) {
    throw invalidGrant(requestFaults.invalidCode);
  }
  if (code.redirectUri === undefined) return;
  const given = request.redirectUri.read(exchange);
  if (given === undefined) throw missingParameter(request.redirectUri.name);
  if (given !== code.redirectUri) throw badRequest(`Invalid redirect_uri : ${given}`);
}
