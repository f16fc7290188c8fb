import { Fault } from '../fault.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import { type Answer, after } from '../state/answer.ts';
import type { Credential } from '../state/consumers.ts';
import type { Token } from '../state/token-records.ts';
import type { Found } from '../state/tokens.ts';
import { type ClientCheck, grantedScope, splitScope } from './oauth-client.ts';
import { requestFaults } from './oauth-faults.ts';
import { type Granted, type Issuing, issue, tell } from './oauth-issue.ts';
import { invalidGrant, missingParameter, unsupportedGrantType } from './oauth-refusal.ts';
import { mergeAttributes } from './oauth-settings.ts';
import type { TokenRequest } from './oauth-token-request.ts';
import type { Step } from './policy.ts';

/** RefreshAccessToken. RFC 6749 section 6. */
export function compileRefreshRequest(request: TokenRequest, client: ClientCheck, issuing: Issuing): Step {
  const refresh = compileRefresh(request, client, issuing);
  return (exchange) => {
    const grantType = request.grantType.read(exchange);
    if (grantType === undefined) throw missingParameter(request.grantType.name);
    if (grantType !== 'refresh_token') throw unsupportedGrantType(grantType);
    return refresh(exchange);
  };
}

/** A new access token for a refresh token; the access token of before stops working. */
export function compileRefresh(request: TokenRequest, client: ClientCheck, issuing: Issuing): Step {
  const { tokens } = issuing;
  return (exchange) => {
    const credential = client(exchange);
    const text = readRefreshToken(exchange, request, issuing);
    const outcome = after(tokens.check('refresh', text), (checked) => {
      const isOwn = checked !== undefined && checked.found.record.clientId === credential.consumerKey;
      if (isOwn && checked.state === 'expired') throw invalidGrant(requestFaults.refreshTokenExpired);
      if (!isOwn || checked.state !== 'good') throw invalidGrant(requestFaults.invalidRefreshToken);
      return use(exchange, text, checked.found, credential, request, issuing);
    });
    return outcome instanceof Promise ? outcome.then(() => undefined) : undefined;
  };
}

function readRefreshToken(exchange: Exchange, { refreshToken }: TokenRequest, issuing: Issuing): string {
  const text = refreshToken.read(exchange);
  if (text !== undefined) return text;
  if (!refreshToken.isConfigured || issuing.settings.generates) throw missingParameter(refreshToken.name);
  throw new Fault(
    requestFaults.unresolvedRefreshToken,
    `${requestFaults.unresolvedRefreshToken.text} ${refreshToken.variable}`,
  );
}

/** Of several that use one refresh token at once, one gets the next pair: it is claimed before anything is given for it. */
function use(
  exchange: Exchange,
  text: string,
  found: Found<Token>,
  credential: Credential,
  request: TokenRequest,
  issuing: Issuing,
): Answer<Outcome> {
  const { tokens } = issuing;
  const token = found.record;
  const granted: Granted = {
    credential,
    grantType: token.grantType,
    scope: narrowed(token.scope, request.scope.read(exchange)),
    attributes: mergeAttributes(token.attributes, issuing.attributes(exchange)),
    endUser: request.endUser?.read(exchange) ?? token.endUser,
    refreshCount: token.refreshCount + 1,
  };
  const claimed: Token | undefined = request.reusesRefreshToken
    ? { ...token, refreshCount: granted.refreshCount }
    : undefined;
  return after(tokens.replace('refresh', found, claimed), (isOurs) => {
    if (!isOurs) throw invalidGrant(requestFaults.invalidRefreshToken);
    const gone = token.sibling === undefined ? [] : [tokens.removal('access', token.sibling.id)];
    const plan = claimed === undefined ? 'new' : { text, token: claimed };
    return after(issue(exchange, granted, plan, issuing, gone), (issued) =>
      tell(exchange, issued, credential, issuing),
    );
  });
}

/** RFC 6749 section 6: a refreshed token has the scope of before, or less. */
function narrowed(scope: string, asked: string | undefined): string {
  return grantedScope(splitScope(scope), asked);
}
