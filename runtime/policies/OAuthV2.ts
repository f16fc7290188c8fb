import type { Place } from '../diagnostic.ts';
import { type Config, type ConfigOf, element, type Leaf, many, required, valueOrRef } from '../schema/declare.ts';
import { boolean, oneOf, text, variable } from '../schema/values.ts';
import { Tokens } from '../state/tokens.ts';
import { type AnswerSettings, oauthStep } from './oauth-answers.ts';
import { compileAuthorizationCode, compileImplicit } from './oauth-authorization.ts';
import { checkOperation } from './oauth-checks.ts';
import { compileClient } from './oauth-client.ts';
import { accessTokenFaults, jwtFaults, requestFaults, tokenStatusFaults } from './oauth-faults.ts';
import { type Issuing, newAccessToken } from './oauth-issue.ts';
import { compileJwtCheck, compileMint } from './oauth-jwt.ts';
import { compileRefreshRequest } from './oauth-refresh.ts';
import { attributesElement, compileAttributes, compileLifetime, compileParameter } from './oauth-settings.ts';
import { compileTokenRequest, type GrantType, type TokenRequest } from './oauth-token-request.ts';
import { compileTokenStatus, type StatusTarget } from './oauth-token-status.ts';
import { compileVerification } from './oauth-verify.ts';
import { type CommonConfig, type Compiler, policy, type Step } from './policy.ts';
import { signingKeys } from './token-keys.ts';

const children = {
  Operation: required(
    oneOf(
      'GenerateAccessToken',
      'GenerateAccessTokenImplicitGrant',
      'GenerateAuthorizationCode',
      'RefreshAccessToken',
      'VerifyAccessToken',
      'InvalidateToken',
      'ValidateToken',
      'GenerateJWTAccessToken',
      'GenerateJWTAccessTokenImplicitGrant',
      'RefreshJWTAccessToken',
      'VerifyJWTAccessToken',
    ),
  ),
  SupportedGrantTypes: element({ children: { GrantType: many(text) } }),
  GrantType: variable,
  ClientId: variable,
  Code: variable,
  RedirectUri: variable,
  ResponseType: variable,
  Scope: text,
  State: variable,
  UserName: variable,
  PassWord: variable,
  RefreshToken: variable,
  AppEndUser: variable,
  AccessToken: variable,
  AccessTokenPrefix: text,
  ExpiresIn: valueOrRef(text),
  RefreshTokenExpiresIn: valueOrRef(text),
  GenerateResponse: element({ attributes: { enabled: boolean }, children: { Format: text } }),
  GenerateErrorResponse: element({ attributes: { enabled: boolean }, children: { Realm: text, Format: text } }),
  RFCCompliantRequestResponse: boolean,
  Attributes: attributesElement,
  ReuseRefreshToken: boolean,
  ExternalAuthorization: boolean,
  ExternalAccessToken: variable,
  ExternalRefreshToken: variable,
  ExternalAuthorizationCode: variable,
  StoreToken: boolean,
  Tokens: element({
    children: { Token: many(element({ content: variable, attributes: { type: text, cascade: boolean } })) },
  }),
  // What a token is good for is always looked up as it is now.
  CacheExpiryInSeconds: valueOrRef(text),
  Algorithm: text,
  ...signingKeys,
};

export type OAuthConfig = { readonly at: Place } & Config<typeof children> & CommonConfig;

/** Apigee's platform default; tokens of an hour, refresh tokens of 30 days, codes of ten minutes. zerohop's choice. */
const lifetimes = { token: 3_600_000, refreshToken: 2_592_000_000, code: 600_000 };

/** Gives, checks and revokes OAuth 2.0 tokens. Apigee: OAuthV2 policy; RFC 6749, RFC 6750, RFC 9068. */
export const OAuthV2 = policy({
  element: 'OAuthV2',
  failedPrefix: 'oauthV2',
  children,
  faults: { ...requestFaults, ...accessTokenFaults, ...tokenStatusFaults, ...jwtFaults },
  compile(config, compiler) {
    const settings = answerSettings(config);
    checkOperation(config, compiler);
    return oauthStep(compileOperation(config, settings, compiler), settings, compiler.name);
  },
});

/** Without the element a policy sets variables and answers nothing. Apigee: OAuthV2 policy, GenerateResponse. */
function answerSettings(config: OAuthConfig): AnswerSettings {
  const { GenerateResponse, GenerateErrorResponse, continueOnError } = config;
  const continues = continueOnError?.text === true;
  const answersErrors = GenerateErrorResponse !== undefined && (GenerateErrorResponse.enabled?.text ?? true);
  return {
    generates: GenerateResponse !== undefined && (GenerateResponse.enabled?.text ?? true),
    rfc: config.RFCCompliantRequestResponse?.text ?? false,
    continues,
    answersFailures: answersErrors && continues,
    realm: (GenerateErrorResponse?.Realm?.text || 'null').replace(/["\\]/g, '\\$&'),
    challenges: /^Verify/.test(config.Operation.text),
  };
}

function compileOperation(config: OAuthConfig, settings: AnswerSettings, compiler: Compiler): Step {
  const tokens = new Tokens(compiler.store, compiler.organization);
  const operation = config.Operation.text;
  switch (operation) {
    case 'GenerateAccessToken':
    case 'GenerateJWTAccessToken':
      return compileTokenRequest(
        tokenRequest(config, supportedGrants(config, compiler), compiler),
        issuing(config, tokens, settings, compiler),
      );
    case 'RefreshAccessToken':
    case 'RefreshJWTAccessToken': {
      const request = tokenRequest(config, new Set(['refresh_token']), compiler);
      const client = compileClient(
        request.clientId,
        { external: request.external, generates: settings.generates },
        compiler,
      );
      return compileRefreshRequest(request, client, issuing(config, tokens, settings, compiler));
    }
    case 'GenerateAuthorizationCode':
      return compileAuthorizationCode(
        authorizationRequest(config, compiler),
        issuing(config, tokens, settings, compiler),
      );
    case 'GenerateAccessTokenImplicitGrant':
    case 'GenerateJWTAccessTokenImplicitGrant':
      return compileImplicit(authorizationRequest(config, compiler), issuing(config, tokens, settings, compiler));
    case 'VerifyAccessToken':
    case 'VerifyJWTAccessToken': {
      const isJwt = operation === 'VerifyJWTAccessToken';
      const standard = config.AccessToken === undefined ? 'Bearer' : undefined;
      const verification = {
        accessToken: optional(config.AccessToken, 'access_token', compiler),
        prefix: config.AccessTokenPrefix?.text || standard,
        scope: (config.Scope?.text ?? '').split(/[\s,]+/).filter((one) => one !== ''),
        check: isJwt ? compileJwtCheck(config, compiler) : undefined,
      };
      return compileVerification(verification, tokens, compiler);
    }
    case 'InvalidateToken':
      return compileTokenStatus(statusTargets(config, compiler), 'revoked', tokens, settings);
    case 'ValidateToken':
      return compileTokenStatus(statusTargets(config, compiler), 'approved', tokens, settings);
  }
}

function issuing(config: OAuthConfig, tokens: Tokens, settings: AnswerSettings, compiler: Compiler): Issuing {
  const isCode = config.Operation.text === 'GenerateAuthorizationCode';
  const stores = config.StoreToken?.text === true;
  const expiry = { element: 'ExpiresIn', code: 'ZH560', otherwise: isCode ? lifetimes.code : lifetimes.token };
  const refreshExpiry = { element: 'RefreshTokenExpiresIn', code: 'ZH561', otherwise: lifetimes.refreshToken };
  return {
    compiler,
    tokens,
    settings,
    mint: /JWT/.test(config.Operation.text) ? compileMint(config, compiler) : newAccessToken,
    expires: compileLifetime(config.ExpiresIn, expiry, compiler),
    refreshExpires: compileLifetime(config.RefreshTokenExpiresIn, refreshExpiry, compiler),
    external: {
      access: stores ? optional(config.ExternalAccessToken, 'access_token', compiler) : undefined,
      refresh: stores ? optional(config.ExternalRefreshToken, 'refresh_token', compiler) : undefined,
    },
    attributes: compileAttributes(config.Attributes, compiler),
  };
}

function tokenRequest(config: OAuthConfig, supported: ReadonlySet<string>, compiler: Compiler): TokenRequest {
  const parameter = (leaf: Leaf<string> | undefined, name: string) => compileParameter(leaf, name, compiler);
  return {
    grantType: parameter(config.GrantType, 'grant_type'),
    supported,
    clientId: parameter(config.ClientId, 'client_id'),
    external: config.ExternalAuthorization?.text === true,
    code: parameter(config.Code, 'code'),
    redirectUri: parameter(config.RedirectUri, 'redirect_uri'),
    scope: parameter(config.Scope, 'scope'),
    userName: parameter(config.UserName, 'username'),
    password: parameter(config.PassWord, 'password'),
    refreshToken: parameter(config.RefreshToken, 'refresh_token'),
    endUser: optional(config.AppEndUser, 'app_enduser', compiler),
    reusesRefreshToken: config.ReuseRefreshToken?.text === true,
  };
}

function authorizationRequest(config: OAuthConfig, compiler: Compiler): Parameters<typeof compileAuthorizationCode>[0] {
  return {
    responseType: compileParameter(config.ResponseType, 'response_type', compiler),
    clientId: compileParameter(config.ClientId, 'client_id', compiler),
    redirectUri: compileParameter(config.RedirectUri, 'redirect_uri', compiler),
    scope: compileParameter(config.Scope, 'scope', compiler),
    state: compileParameter(config.State, 'state', compiler),
    endUser: optional(config.AppEndUser, 'app_enduser', compiler),
    externalCode:
      config.StoreToken?.text === true ? optional(config.ExternalAuthorizationCode, 'code', compiler) : undefined,
  };
}

function optional(leaf: Leaf<string> | undefined, name: string, compiler: Compiler) {
  return leaf === undefined ? undefined : compileParameter(leaf, name, compiler);
}

const grantTypes: ReadonlySet<string> = new Set<GrantType>([
  'authorization_code',
  'client_credentials',
  'password',
  'refresh_token',
  'implicit',
]);

function supportedGrants({ SupportedGrantTypes }: OAuthConfig, compiler: Compiler): ReadonlySet<string> {
  const named = (SupportedGrantTypes?.GrantType ?? []).filter((one) => one.text !== '');
  if (named.length === 0) return new Set(['authorization_code', 'implicit']);
  for (const one of named) {
    if (grantTypes.has(one.text)) continue;
    const message = `"${one.text}" is no grant type (InvalidGrantType).`;
    compiler.error('ZH562', one.at, message, `Known are ${[...grantTypes].join(', ')}.`);
  }
  return new Set(named.map((one) => one.text));
}

type TokensConfig = ConfigOf<(typeof children)['Tokens']>;

function statusTargets({ at, Tokens: list }: OAuthConfig, compiler: Compiler): StatusTarget[] {
  const configs: TokensConfig['Token'] = list?.Token ?? [];
  if (configs.length === 0) {
    const hint = 'Add <Tokens><Token type="accesstoken" cascade="true">flow.token</Token></Tokens>.';
    compiler.error('ZH564', list?.at ?? at, 'No <Token> is named (TokenValueRequired).', hint);
  }
  return configs.flatMap((one) => {
    const type = one.type?.text.toLowerCase() ?? 'accesstoken';
    if (one.text === undefined) {
      const message = '<Token> names no variable (TokenValueRequired).';
      compiler.error('ZH564', one.at, message, 'Write the variable that holds the token.');
      return [];
    }
    if (type !== 'accesstoken' && type !== 'refreshtoken') {
      const message = `"${type}" is no type of token (InvalidTokenType).`;
      compiler.error('ZH564', one.type?.at ?? one.at, message, 'Write accesstoken or refreshtoken.');
    }
    const token = compileParameter({ text: one.text, at: one.at }, 'token', compiler);
    return [{ kind: type === 'refreshtoken' ? 'refresh' : 'access', token, cascade: one.cascade?.text ?? false }];
  });
}
