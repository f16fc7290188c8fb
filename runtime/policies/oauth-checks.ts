import type { Place } from '../diagnostic.ts';
import type { OAuthConfig } from './OAuthV2.ts';
import type { Compiler } from './policy.ts';

/** What an OAuthV2 policy may hold, by its operation. Apigee: OAuthV2 policy, deployment errors. */

type Part = 'code' | 'token' | 'implicit' | 'refresh' | 'verify' | 'status';

/** Elements that mean something to some operations only. The ones that consoles write into every policy are not here. */
const uses = {
  GrantType: ['token', 'refresh'],
  Code: ['token'],
  RedirectUri: ['code', 'token', 'implicit'],
  ResponseType: ['code', 'implicit'],
  State: ['code', 'implicit'],
  UserName: ['token'],
  PassWord: ['token'],
  RefreshToken: ['token', 'refresh'],
  AppEndUser: ['code', 'token', 'implicit', 'refresh'],
  AccessToken: ['verify'],
  AccessTokenPrefix: ['verify'],
  CacheExpiryInSeconds: ['verify'],
  ReuseRefreshToken: ['token', 'refresh'],
  ExternalAccessToken: ['token', 'implicit', 'refresh'],
  ExternalRefreshToken: ['token', 'refresh'],
  ExternalAuthorizationCode: ['code'],
} satisfies Partial<Record<keyof OAuthConfig, readonly Part[]>>;

export function checkOperation(config: OAuthConfig, compiler: Compiler): void {
  const operation = config.Operation.text;
  const part = partOf(operation);
  checkLifetimes(config, part, compiler);
  for (const name of Object.keys(uses) as (keyof typeof uses)[]) {
    const used = config[name];
    const parts: readonly Part[] = uses[name];
    if (used === undefined || parts.includes(part)) continue;
    compiler.warning('ZH567', used.at, `<${name}> has no effect with ${operation}.`, 'Remove it.');
  }
  checkStored(config, compiler);
  for (const one of [config.GenerateResponse, config.GenerateErrorResponse]) {
    if (one?.Format === undefined || one.Format.text === '') continue;
    const message = '<Format> has no effect: answers are JSON or redirections.';
    compiler.warning('ZH571', one.Format.at, message, 'Remove it.');
  }
  if (config.GenerateErrorResponse?.enabled?.text === true && config.continueOnError?.text !== true) {
    const message = '<GenerateErrorResponse> answers failures only together with continueOnError="true".';
    compiler.warning('ZH570', config.GenerateErrorResponse.at, message, 'Set continueOnError, or remove the element.');
  }
}

function partOf(operation: OAuthConfig['Operation']['text']): Part {
  if (operation.startsWith('Verify')) return 'verify';
  if (operation.startsWith('Refresh')) return 'refresh';
  if (operation === 'GenerateAuthorizationCode') return 'code';
  if (operation.startsWith('Generate')) return operation.endsWith('ImplicitGrant') ? 'implicit' : 'token';
  return 'status';
}

function checkLifetimes(config: OAuthConfig, part: Part, compiler: Compiler): void {
  const operation = config.Operation.text;
  const refuse = (name: string, at: Place, reason: string): void => {
    const message = `<${name}> does not go with ${operation} (${reason}).`;
    compiler.error('ZH563', at, message, 'Remove it.');
  };
  const gives = part !== 'verify' && part !== 'status';
  if (config.ExpiresIn !== undefined && !gives) {
    refuse('ExpiresIn', config.ExpiresIn.at, 'ExpiresInNotApplicableForOperation');
  }
  if (config.RefreshTokenExpiresIn !== undefined && !gives) {
    refuse('RefreshTokenExpiresIn', config.RefreshTokenExpiresIn.at, 'RefreshTokenExpiresInNotApplicableForOperation');
  } else if (config.RefreshTokenExpiresIn !== undefined && (part === 'code' || part === 'implicit')) {
    const message = `<RefreshTokenExpiresIn> has no effect with ${operation}, which gives no refresh token.`;
    compiler.warning('ZH567', config.RefreshTokenExpiresIn.at, message, 'Remove it.');
  }
  const grants = config.SupportedGrantTypes?.GrantType ?? [];
  if (config.SupportedGrantTypes !== undefined && grants.length > 0 && !gives) {
    refuse('SupportedGrantTypes', config.SupportedGrantTypes.at, 'GrantTypesNotApplicableForOperation');
  }
}

/** A token from elsewhere is kept only when the policy says so. */
function checkStored(config: OAuthConfig, compiler: Compiler): void {
  const external = config.ExternalAccessToken ?? config.ExternalRefreshToken ?? config.ExternalAuthorizationCode;
  if (external === undefined || config.StoreToken?.text === true) return;
  const message = 'A token from elsewhere is not kept, and has no effect, without <StoreToken>true</StoreToken>.';
  compiler.warning('ZH568', external.at, message, 'Add <StoreToken>true</StoreToken>.');
}
