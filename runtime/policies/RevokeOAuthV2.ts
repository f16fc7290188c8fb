import { Fault, type FaultKind } from '../fault.ts';
import { toText } from '../language/variables.ts';
import { valueOrRef } from '../schema/declare.ts';
import { boolean, text } from '../schema/values.ts';
import type { TokenKind } from '../state/token-records.ts';
import { Tokens } from '../state/tokens.ts';
import { compileValueOrRef } from './oauth-settings.ts';
import { policy } from './policy.ts';

const faults = {
  missing: {
    code: 'steps.oauth.v2.MissingParameter',
    status: 500,
    text: 'Neither an app nor an end user is named',
  },
  invalidTimestamp: {
    code: 'steps.oauth.v2.InvalidParameter',
    status: 500,
    text: 'RevokeBeforeTimestamp is no moment in milliseconds',
  },
} satisfies Record<string, FaultKind>;

/** Revokes all tokens of an app, of an end user, or of an end user at an app. Apigee: RevokeOAuthV2 policy. */
export const RevokeOAuthV2 = policy({
  element: 'RevokeOAuthV2',
  failedPrefix: 'oauthV2',
  children: {
    AppId: valueOrRef(text),
    EndUserId: valueOrRef(text),
    RevokeBeforeTimestamp: valueOrRef(text),
    Cascade: boolean,
  },
  faults,
  compile(config, compiler) {
    const { AppId, EndUserId, RevokeBeforeTimestamp } = config;
    const tokens = new Tokens(compiler.store, compiler.organization);
    if (AppId === undefined && EndUserId === undefined) {
      const message = 'The policy names neither <AppId> nor <EndUserId>.';
      compiler.error('ZH574', config.at, message, 'Write such as <EndUserId ref="VARIABLE"/>.');
    }
    const literal = RevokeBeforeTimestamp?.text ?? '';
    if (literal !== '' && momentOf(literal) === undefined) {
      const message = `<RevokeBeforeTimestamp> is "${literal}", no moment in milliseconds since 1970.`;
      compiler.error('ZH575', RevokeBeforeTimestamp?.textAt ?? config.at, message, 'Write such as 1700000000000.');
    }
    const readApp = AppId === undefined ? undefined : compileValueOrRef(AppId, compiler);
    const readUser = EndUserId === undefined ? undefined : compileValueOrRef(EndUserId, compiler);
    const readMoment =
      RevokeBeforeTimestamp === undefined ? undefined : compileValueOrRef(RevokeBeforeTimestamp, compiler);
    const kinds: readonly TokenKind[] = (config.Cascade?.text ?? true) ? ['access', 'refresh'] : ['access'];
    return (exchange) => {
      const appId = readApp?.(exchange);
      const endUser = readUser?.(exchange);
      if (appId === undefined && endUser === undefined) throw new Fault(faults.missing);
      const given = readMoment?.(exchange);
      // A token of this very millisecond was given before: by the client that is waiting for this answer, at least.
      const before = given === undefined ? Date.now() + 1 : momentOf(toText(given));
      if (before === undefined) throw new Fault(faults.invalidTimestamp);
      const outcome = tokens.revoke({ appId, endUser }, before, kinds);
      return outcome instanceof Promise ? outcome : undefined;
    };
  },
});

function momentOf(value: string): number | undefined {
  return /^\d{1,15}$/.test(value.trim()) ? Number(value) : undefined;
}
