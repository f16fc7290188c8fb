import { Fault } from '../fault.ts';
import { valueOrRef } from '../schema/declare.ts';
import { text } from '../schema/values.ts';
import { after } from '../state/answer.ts';
import { idOfToken } from '../state/token-records.ts';
import { Tokens } from '../state/tokens.ts';
import { compileShown, infoFaults, showToken } from './oauth-info.ts';
import { attributesElement, compileAttributes, mergeAttributes } from './oauth-settings.ts';
import { policy } from './policy.ts';

const { invalidAccessToken, accessTokenExpired, accessTokenNotApproved, unresolvedAccessToken } = infoFaults;

/** Sets attributes of an access token that is there already. Apigee: SetOAuthV2Info policy. */
export const SetOAuthV2Info = policy({
  element: 'SetOAuthV2Info',
  failedPrefix: 'oauthV2',
  children: { AccessToken: valueOrRef(text), Attributes: attributesElement },
  faults: { invalidAccessToken, accessTokenExpired, accessTokenNotApproved, unresolvedAccessToken },
  compile(config, compiler) {
    const tokens = new Tokens(compiler.store, compiler.organization);
    const shown = compileShown(config, { AccessToken: unresolvedAccessToken }, compiler);
    const attributes = compileAttributes(config.Attributes, compiler);
    if (config.Attributes === undefined || config.Attributes.Attribute.length === 0) {
      const hint = 'Add <Attributes><Attribute name="..." ref="..."/></Attributes>.';
      compiler.warning('ZH573', config.Attributes?.at ?? config.at, 'The policy sets no attribute.', hint);
    }
    const showing = { prefixes: [`oauthv2accesstoken.${compiler.name}.`], ignoresStatus: false, tokens, compiler };
    return (exchange) => {
      if (shown === undefined) return;
      const given = shown.read(exchange);
      const added = attributes(exchange);
      const changed = after(showToken(exchange, given, 'access', showing), () =>
        tokens.change('access', idOfToken(given), (token) => {
          return { ...token, attributes: mergeAttributes(token.attributes, added) };
        }),
      );
      const outcome = after(changed, (token) => {
        if (token === undefined) throw new Fault(invalidAccessToken);
        return showToken(exchange, given, 'access', showing);
      });
      return outcome instanceof Promise ? outcome : undefined;
    };
  },
});
