import type { Place } from '../diagnostic.ts';
import { Fault, type FaultKind } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import { type Answer, after } from '../state/answer.ts';
import { type Token, type TokenKind, unseal } from '../state/token-records.ts';
import type { Tokens } from '../state/tokens.ts';
import type { compileValue } from './map-key.ts';
import { profileOf, type ShownToken, setAttributes, setProfile } from './oauth-profile.ts';
import { compileValueOrRef } from './oauth-settings.ts';
import type { Compiler } from './policy.ts';

/**
 * What the policies GetOAuthV2Info and SetOAuthV2Info have in common. Apigee's pages name two statuses for these faults;
 * taken are those of the OAuth HTTP status code reference. zerohop's choice.
 */
export const infoFaults = {
  invalidAccessToken: {
    code: 'keymanagement.service.invalid_access_token',
    status: 404,
    text: 'Invalid Access Token',
  },
  accessTokenExpired: {
    code: 'keymanagement.service.access_token_expired',
    status: 500,
    text: 'Access Token expired',
  },
  accessTokenNotApproved: {
    code: 'keymanagement.service.access_token_not_approved',
    status: 500,
    text: 'Access Token not approved',
  },
  invalidRefreshToken: {
    code: 'keymanagement.service.invalid_refresh_token',
    status: 404,
    text: 'Invalid Refresh Token',
  },
  refreshTokenExpired: {
    code: 'keymanagement.service.refresh_token_expired',
    status: 500,
    text: 'Refresh Token expired',
  },
  refreshTokenNotApproved: {
    code: 'keymanagement.service.refresh_token_not_approved',
    status: 500,
    text: 'Refresh Token not approved',
  },
  unresolvedAccessToken: {
    code: 'steps.oauth.v2.FailedToResolveAccessToken',
    status: 500,
    text: 'Failed to resolve Access Token variable',
  },
  unresolvedRefreshToken: {
    code: 'steps.oauth.v2.FailedToResolveRefreshToken',
    status: 500,
    text: 'Failed to resolve Refresh Token variable',
  },
} satisfies Record<string, FaultKind>;

type ValueConfig = Parameters<typeof compileValue>[0];

/** The one thing that a policy is for, and its value. */
interface Shown<N extends string> {
  readonly name: N;
  /** @throws Fault when there is none */
  read(exchange: Exchange): string;
}

/** Of several elements a policy has one; more or none is reported. */
export function compileShown<N extends string>(
  config: { readonly at: Place } & { readonly [K in NoInfer<N>]: ValueConfig | undefined },
  unresolved: Readonly<Record<N, FaultKind>>,
  compiler: Compiler,
): Shown<N> | undefined {
  const names = Object.keys(unresolved) as N[];
  const given = names.filter((name) => config[name] !== undefined);
  const [name] = given;
  const element = name === undefined ? undefined : config[name];
  if (name === undefined || element === undefined || given.length > 1) {
    const message = `The policy needs exactly one of ${names.map((one) => `<${one}>`).join(', ')}.`;
    compiler.error('ZH569', config.at, message, `Write such as <${names[0]} ref="VARIABLE"/>.`);
    return undefined;
  }
  if (element.ref === undefined && (element.text === undefined || element.text === '')) {
    const message = `<${name}> names no variable and holds no text.`;
    compiler.error('ZH569', element.at, message, `Write <${name} ref="VARIABLE"/>.`);
  }
  const read = compileValueOrRef(element, compiler);
  const kind = unresolved[name];
  return {
    name,
    read: (exchange) => {
      const value = read(exchange);
      if (value === undefined) throw new Fault(kind, `${kind.text} ${element.ref?.text ?? ''}`.trim());
      return value;
    },
  };
}

export interface Showing {
  readonly prefixes: readonly string[];
  readonly ignoresStatus: boolean;
  readonly tokens: Tokens;
  readonly compiler: Compiler;
}

/** Variables that tell of a token and of its pair. @throws Fault */
export function showToken(exchange: Exchange, given: string, kind: TokenKind, showing: Showing): Answer<undefined> {
  const { tokens, ignoresStatus } = showing;
  return after(tokens.check(kind, given), (checked) => {
    const isAccess = kind === 'access';
    if (checked === undefined) {
      throw new Fault(isAccess ? infoFaults.invalidAccessToken : infoFaults.invalidRefreshToken);
    }
    const { state, found } = checked;
    if (!ignoresStatus && state === 'expired') {
      throw new Fault(isAccess ? infoFaults.accessTokenExpired : infoFaults.refreshTokenExpired);
    }
    if (!ignoresStatus && state === 'notApproved') {
      throw new Fault(isAccess ? infoFaults.accessTokenNotApproved : infoFaults.refreshTokenNotApproved);
    }
    const status = state === 'notApproved' ? 'revoked' : found.record.status;
    const token: Token = { ...found.record, status };
    const { sibling } = token;
    const show = (other: ShownToken | undefined): undefined => {
      const own = { text: given, token };
      setShown(exchange, isAccess ? own : other, isAccess ? other : own, showing);
    };
    if (sibling === undefined) return show(undefined);
    return after(tokens.findById(isAccess ? 'refresh' : 'access', sibling.id), (other) =>
      show(other === undefined ? undefined : { text: unseal(sibling, given), token: other.record }),
    );
  });
}

function setShown(
  exchange: Exchange,
  access: ShownToken | undefined,
  refresh: ShownToken | undefined,
  { prefixes, compiler }: Showing,
): void {
  const { consumers, organization } = compiler;
  const clientId = (access ?? refresh)?.token.clientId ?? '';
  const credential = consumers.credential(clientId);
  const developer = credential && consumers.developerOf(credential.app);
  const source = { access, refresh, credential, consumers, organization };
  const profile = profileOf({ ...source, tokenType: 'BearerToken', now: Date.now() });
  for (const prefix of prefixes) {
    setProfile(exchange, prefix, profile);
    exchange.setVariable(`${prefix}developer.id`, developer?.developerId);
    exchange.setVariable(`${prefix}developer.app.name`, credential?.app.name);
    exchange.setVariable(`${prefix}developer.app.id`, (access ?? refresh)?.token.appId);
    setAttributes(exchange, `${prefix}accesstoken.`, (access ?? refresh)?.token.attributes ?? []);
  }
}
