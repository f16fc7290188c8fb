import { Fault } from '../fault.ts';
import { setGroup } from '../language/grouped-variables.ts';
import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { type Answer, after } from '../state/answer.ts';
import type { Credential, Grant } from '../state/consumers.ts';
import type { Token } from '../state/token-records.ts';
import type { Tokens } from '../state/tokens.ts';
import { askedReader } from './asked.ts';
import { consumerVariables } from './consumer-variables.ts';
import { splitScope } from './oauth-client.ts';
import { accessTokenFaults, clientFaults } from './oauth-faults.ts';
import { secondsLeft } from './oauth-profile.ts';
import type { Parameter } from './oauth-settings.ts';
import type { Compiler, Step } from './policy.ts';

export interface Verification {
  /** Undefined: the header Authorization. */
  readonly accessToken: Parameter | undefined;
  /** The word before the token; undefined: none. */
  readonly prefix: string | undefined;
  /** Any one of them will do; empty: none is asked for. */
  readonly scope: readonly string[];
  /** What a token has to pass before it is looked up. @throws Fault */
  readonly check: ((exchange: Exchange, text: string) => Answer<undefined>) | undefined;
}

/** VerifyAccessToken: one hash and one look-up. Apigee: OAuthV2 policy; API products. */
export function compileVerification(verification: Verification, tokens: Tokens, compiler: Compiler): Step {
  const source = tokenReader(verification, compiler);
  const { check } = verification;
  const admit = compileAdmission(verification.scope, compiler);
  return (exchange) => {
    const text = source(exchange);
    const finish = (): Answer<undefined> =>
      after(tokens.check('access', text), (checked) => {
        if (checked === undefined) throw new Fault(accessTokenFaults.invalidAccessToken);
        if (checked.state === 'expired') throw new Fault(accessTokenFaults.accessTokenExpired);
        if (checked.state !== 'good') throw new Fault(accessTokenFaults.accessTokenNotApproved);
        return admit(exchange, text, checked.found.record);
      });
    const outcome = check === undefined ? finish() : after(check(exchange, text), finish);
    return outcome instanceof Promise ? outcome : undefined;
  };
}

/** RFC 6750 section 2.1; the scheme in any case (RFC 9110 section 11.1). @throws Fault */
function tokenReader({ accessToken, prefix }: Verification, compiler: Compiler): (exchange: Exchange) => string {
  const read = compiler.reader(accessToken?.variable ?? 'request.header.authorization');
  const start = prefix?.toLowerCase();
  // Who names the header itself means the token in it.
  const isAuthorization = accessToken !== undefined && /\.header\.authorization$/i.test(accessToken.variable);
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === null || value === '') {
      if (accessToken === undefined) throw new Fault(accessTokenFaults.noAccessToken);
      const kind = accessTokenFaults.unresolvedAccessToken;
      throw new Fault(kind, `${kind.text} ${accessToken.variable}`);
    }
    const text = toText(value).trim();
    if (start === undefined) return isAuthorization ? text.replace(/^bearer +/i, '') : text;
    const token = text.slice(start.length).trimStart();
    const hasBlank = text.length - token.length > start.length;
    if (text.slice(0, start.length).toLowerCase() !== start || !hasBlank || token === '') {
      throw new Fault(accessTokenFaults.noAccessToken);
    }
    return token;
  };
}

/** The client behind a token, its products for this call, its scope. */
function compileAdmission(
  scope: readonly string[],
  compiler: Compiler,
): (exchange: Exchange, text: string, token: Token) => undefined {
  const { consumers, organization } = compiler;
  const asked = askedReader(compiler);
  return (exchange, text, token) => {
    const credential = consumers.credential(token.clientId);
    if (credential === undefined) throw new Fault(accessTokenFaults.invalidAccessToken);
    const refusal = consumers.refusal(credential, Date.now());
    if (refusal === 'appNotApproved') throw new Fault(clientFaults.appNotApproved);
    if (refusal === 'developerNotActive' || refusal === 'developerUnknown') {
      throw new Fault(clientFaults.developerNotActive);
    }
    if (refusal !== undefined) throw new Fault(accessTokenFaults.accessTokenNotApproved);
    const grant = consumers.grant(credential, asked(exchange));
    if (grant === undefined) throw new Fault(accessTokenFaults.noProduct);
    if (scope.length > 0) {
      const own = splitScope(token.scope);
      if (!scope.some((one) => own.includes(one))) throw new Fault(accessTokenFaults.insufficientScope);
    }
    setVariables(exchange, text, token, { credential, grant, organization }, compiler);
    return undefined;
  };
}

interface Admission {
  readonly credential: Credential;
  readonly grant: Grant;
  readonly organization: string;
}

/** Apigee: OAuthV2 policy, flow variables of VerifyAccessToken; they have no prefix. Dozens are computed when read. */
function setVariables(exchange: Exchange, text: string, token: Token, admission: Admission, compiler: Compiler): void {
  const { credential, grant, organization } = admission;
  const { consumers } = compiler;
  const developer = consumers.developerOf(credential.app);
  exchange.setVariable('organization_name', organization);
  exchange.setVariable('client_id', token.clientId);
  exchange.setVariable('grant_type', token.grantType);
  exchange.setVariable('token_type', 'BearerToken');
  exchange.setVariable('access_token', text);
  exchange.setVariable('issued_at', String(token.issuedAt));
  exchange.setVariable('expires_in', secondsLeft(token.expiresAt, Date.now()));
  exchange.setVariable('status', token.status);
  exchange.setVariable('scope', token.scope);
  exchange.setVariable('apiproduct.name', grant.product.name);
  exchange.setVariable('developer.app.name', credential.app.name);
  exchange.setVariable('developer.id', developer?.developerId);
  exchange.setVariable('developer.email', developer?.email);
  const variables = consumerVariables({ credential, developer, grant, consumers });
  for (const root of ['apiproduct', 'app', 'developer']) {
    setGroup(exchange, root, (name) => variables(`${root}.${name}`));
  }
  setGroup(exchange, 'accesstoken', (name) => token.attributes.find((one) => one.name === name)?.value);
}
