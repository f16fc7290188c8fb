import { Fault, type FaultKind } from '../fault.ts';
import { valueOrRef } from '../schema/declare.ts';
import { text } from '../schema/values.ts';
import { type Answer, after } from '../state/answer.ts';
import { idOfToken } from '../state/token-records.ts';
import { Tokens } from '../state/tokens.ts';
import { accessTokenFaults } from './oauth-faults.ts';
import { compileShown } from './oauth-info.ts';
import { policy } from './policy.ts';

const faults = {
  invalidAccessToken: accessTokenFaults.invalidAccessToken,
  unresolvedAccessToken: accessTokenFaults.unresolvedAccessToken,
  invalidCode: {
    code: 'keymanagement.service.invalid_request-authorization_code_invalid',
    status: 401,
    text: 'Invalid Authorization Code',
  },
  unresolvedCode: {
    code: 'steps.oauth.v2.FailedToResolveAuthorizationCode',
    status: 500,
    text: 'Failed to resolve Authorization Code variable',
  },
} satisfies Record<string, FaultKind>;

/** Deletes an access token or an authorization code. Apigee: DeleteOAuthV2Info policy. */
export const DeleteOAuthV2Info = policy({
  element: 'DeleteOAuthV2Info',
  failedPrefix: 'oauthV2',
  children: { AccessToken: valueOrRef(text), AuthorizationCode: valueOrRef(text) },
  faults,
  compile(config, compiler) {
    const tokens = new Tokens(compiler.store, compiler.organization);
    const unresolved = { AccessToken: faults.unresolvedAccessToken, AuthorizationCode: faults.unresolvedCode };
    const shown = compileShown(config, unresolved, compiler);
    const deleteToken = (given: string): Answer<void> =>
      after(tokens.find('access', given), (found) => {
        if (found === undefined) throw new Fault(faults.invalidAccessToken);
        return tokens.delete('access', idOfToken(given));
      });
    const deleteCode = (given: string): Answer<void> =>
      after(tokens.takeCode(given), (code) => {
        if (code === undefined) throw new Fault(faults.invalidCode);
      });
    return (exchange) => {
      if (shown === undefined) return;
      const given = shown.read(exchange);
      const outcome = shown.name === 'AccessToken' ? deleteToken(given) : deleteCode(given);
      return outcome instanceof Promise ? outcome : undefined;
    };
  },
});
