import type { FaultKind } from '../fault.ts';

/** Faults of the OAuth policies. Apigee: OAuthV2 policy error reference; OAuth HTTP status code reference. */

const management = 'keymanagement.service';

/** What may be wrong with the client behind a request or a token. */
export const clientFaults = {
  invalidClient: {
    code: 'oauth.v2.InvalidClientIdentifier',
    status: 401,
    // Apigee's text as it is sent: the placeholder is never filled.
    text: 'Invalid client identifier {0}',
  },
  appNotApproved: {
    code: `${management}.invalid_client-app_not_approved`,
    status: 401,
    text: 'App not Approved',
  },
  developerNotActive: {
    code: `${management}.DeveloperStatusNotActive`,
    status: 401,
    text: 'Developer Status is not Active',
  },
} satisfies Record<string, FaultKind>;

/** What may be wrong with a request for a token or code. */
export const requestFaults = {
  ...clientFaults,
  invalidRequest: { code: 'oauth.v2.InvalidRequest', status: 400, text: 'Invalid request' },
  unsupportedGrantType: { code: 'oauth.v2.UnSupportedGrantType', status: 500, text: 'Unsupported grant type' },
  invalidCode: {
    code: `${management}.invalid_request-authorization_code_invalid`,
    status: 400,
    text: 'Invalid Authorization Code',
  },
  invalidRefreshToken: {
    code: `${management}.invalid_refresh_token`,
    status: 400,
    text: 'Invalid Refresh Token',
  },
  refreshTokenExpired: { code: `${management}.refresh_token_expired`, status: 400, text: 'Refresh Token expired' },
  unresolvedClientId: unresolved('ClientId'),
  unresolvedCode: unresolved('AuthorizationCode'),
  unresolvedRefreshToken: unresolved('RefreshToken'),
} satisfies Record<string, FaultKind>;

/** What may be wrong with an access token. */
export const accessTokenFaults = {
  noAccessToken: { code: 'oauth.v2.InvalidAccessToken', status: 401, text: 'Invalid access token' },
  unresolvedAccessToken: unresolved('AccessToken'),
  invalidAccessToken: { code: `${management}.invalid_access_token`, status: 401, text: 'Invalid Access Token' },
  accessTokenExpired: { code: `${management}.access_token_expired`, status: 401, text: 'Access Token expired' },
  accessTokenNotApproved: {
    code: `${management}.access_token_not_approved`,
    status: 401,
    text: 'Access Token not approved',
  },
  noProduct: {
    code: `${management}.InvalidAPICallAsNoApiProductMatchFound`,
    status: 401,
    text: 'Invalid API call as no apiproduct match found',
  },
  insufficientScope: {
    code: 'steps.oauth.v2.InsufficientScope',
    status: 403,
    text: 'Required scope(s) : VerifyAccessToken.scopeSet',
  },
} satisfies Record<string, FaultKind>;

/** InvalidateToken and ValidateToken. */
export const tokenStatusFaults = {
  unresolvedToken: unresolved('Token'),
} satisfies Record<string, FaultKind>;

/** Access tokens that are JSON Web Tokens. */
export const jwtFaults = {
  jwtSigningFailed: { code: 'oauth.v2.JWTSigningFailed', status: 401, text: 'The JWT cannot be signed' },
  jwtDecodingFailed: { code: 'oauth.v2.JWTDecodingFailed', status: 401, text: 'The JWT cannot be decoded' },
  jwtAlgorithm: {
    code: 'oauth.v2.InvalidValueForJWTAlgorithm',
    status: 401,
    text: 'The algorithm of the JWT is not the configured one',
  },
  jwtType: { code: 'oauth.v2.InvalidTypeInJWTHeader', status: 401, text: 'The type of the JWT is not at+JWT' },
  jwtClaim: { code: 'oauth.v2.MissingMandatoryJWTClaim', status: 401, text: 'A claim of the JWT is missing' },
  jwtSignature: { code: 'oauth.v2.InvalidJWTSignature', status: 401, text: 'The signature of the JWT does not fit' },
} satisfies Record<string, FaultKind>;

function unresolved(what: string): FaultKind {
  const words = what.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
  return { code: `steps.oauth.v2.FailedToResolve${what}`, status: 500, text: `Failed to resolve ${words} variable` };
}
