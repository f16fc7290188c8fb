import { Fault, type FaultKind } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import { valueOrRef } from '../schema/declare.ts';
import { boolean, text } from '../schema/values.ts';
import { type Answer, after } from '../state/answer.ts';
import { isOver, Tokens } from '../state/tokens.ts';
import { codeMembers } from './oauth-authorization.ts';
import { compileShown, infoFaults, showToken } from './oauth-info.ts';
import { setAttributes, setProfile } from './oauth-profile.ts';
import { type Compiler, policy } from './policy.ts';

const faults = {
  ...infoFaults,
  invalidClientId: {
    code: 'keymanagement.service.invalid_client-invalid_client_id',
    status: 404,
    text: 'ClientId is Invalid',
  },
  invalidCode: {
    code: 'keymanagement.service.invalid_request-authorization_code_invalid',
    status: 404,
    text: 'Invalid Authorization Code',
  },
  codeExpired: {
    code: 'keymanagement.service.authorization_code_expired',
    status: 500,
    text: 'Authorization Code expired',
  },
  unresolvedClientId: unresolved('ClientId', 'Client Id'),
  unresolvedCode: unresolved('AuthorizationCode', 'Authorization Code'),
};

function unresolved(name: string, words: string): FaultKind {
  return { code: `steps.oauth.v2.FailedToResolve${name}`, status: 500, text: `Failed to resolve ${words} variable` };
}

type Look = (exchange: Exchange, given: string) => Answer<undefined>;

/** Tells what is known of an access token, refresh token, code or client. Apigee: GetOAuthV2Info policy. */
export const GetOAuthV2Info = policy({
  element: 'GetOAuthV2Info',
  failedPrefix: 'oauthV2',
  children: {
    AccessToken: valueOrRef(text),
    AuthorizationCode: valueOrRef(text),
    ClientId: valueOrRef(text),
    RefreshToken: valueOrRef(text),
    IgnoreAccessTokenStatus: boolean,
  },
  faults,
  compile(config, compiler) {
    const tokens = new Tokens(compiler.store, compiler.organization);
    const ignoresStatus = config.IgnoreAccessTokenStatus?.text ?? false;
    const looks: Readonly<Record<'AccessToken' | 'RefreshToken' | 'AuthorizationCode' | 'ClientId', Look>> = {
      AccessToken: lookUpToken('access', ignoresStatus, tokens, compiler),
      RefreshToken: lookUpToken('refresh', ignoresStatus, tokens, compiler),
      AuthorizationCode: lookUpCode(ignoresStatus, tokens, compiler),
      ClientId: lookUpClient(compiler),
    };
    const kinds = {
      AccessToken: faults.unresolvedAccessToken,
      RefreshToken: faults.unresolvedRefreshToken,
      AuthorizationCode: faults.unresolvedCode,
      ClientId: faults.unresolvedClientId,
    };
    const shown = compileShown(config, kinds, compiler);
    return (exchange) => {
      if (shown === undefined) return;
      const outcome = looks[shown.name](exchange, shown.read(exchange));
      return outcome instanceof Promise ? outcome : undefined;
    };
  },
});

function lookUpToken(kind: 'access' | 'refresh', ignoresStatus: boolean, tokens: Tokens, compiler: Compiler): Look {
  const policyPrefix = kind === 'access' ? 'oauthv2accesstoken' : 'oauthv2refreshtoken';
  const prefixes = [`${policyPrefix}.${compiler.name}.`];
  // Bundles read what is told of a refresh token below both. Apigee: GetOAuthV2Info policy, flow variables.
  if (kind === 'refresh') prefixes.push(`oauthv2accesstoken.${compiler.name}.`);
  return (exchange, given) => showToken(exchange, given, kind, { prefixes, ignoresStatus, tokens, compiler });
}

function lookUpCode(ignoresStatus: boolean, tokens: Tokens, compiler: Compiler): Look {
  const prefix = `oauthv2authcode.${compiler.name}.`;
  return (exchange, given) =>
    after(tokens.findCode(given), (code) => {
      if (code === undefined) throw new Fault(faults.invalidCode);
      if (!ignoresStatus && isOver(code.expiresAt)) throw new Fault(faults.codeExpired);
      setAttributes(exchange, prefix, code.attributes);
      setProfile(exchange, prefix, codeMembers(given, code));
      return undefined;
    });
}

function lookUpClient({ consumers, name }: Compiler): Look {
  const prefix = `oauthv2client.${name}.`;
  return (exchange, given) => {
    const credential = consumers.credential(given);
    if (credential === undefined) throw new Fault(faults.invalidClientId);
    const { app } = credential;
    const developer = consumers.developerOf(app);
    for (const [attribute, value] of app.attributes) exchange.setVariable(`${prefix}${attribute}`, value);
    exchange.setVariable(`${prefix}client_id`, credential.consumerKey);
    exchange.setVariable(`${prefix}client_secret`, credential.consumerSecret);
    exchange.setVariable(`${prefix}redirection_uris`, app.callbackUrl || undefined);
    exchange.setVariable(`${prefix}developer.email`, developer?.email);
    exchange.setVariable(`${prefix}developer.app.name`, app.name);
    exchange.setVariable(`${prefix}developer.id`, developer?.developerId);
    return undefined;
  };
}
