import type { Exchange, Outcome } from '../message/exchange.ts';
import { type Answer, after } from '../state/answer.ts';
import { newKey } from '../state/consumer-keys.ts';
import type { Credential } from '../state/consumers.ts';
import type { Change } from '../state/store.ts';
import { seal, type Token, type TokenAttribute } from '../state/token-records.ts';
import type { NewToken, Tokens } from '../state/tokens.ts';
import { type AnswerSettings, answer, forbidCaching, jsonAnswer } from './oauth-answers.ts';
import { productsOf } from './oauth-client.ts';
import { type Profile, profileOf, setAttributes, setProfile } from './oauth-profile.ts';
import type { Lifetime, Parameter } from './oauth-settings.ts';
import type { Compiler } from './policy.ts';

/** Gives the text of a new access token. */
export type Mint = (exchange: Exchange, token: Token) => Answer<string>;

/** Letters and digits enough that nobody guesses one (RFC 6749 section 10.10 asks for 128 bits; these have 160 and more). */
export const newAccessToken: Mint = () => newKey(28);
export const newRefreshToken = (): string => newKey(32);
export const newCode = (): string => newKey(32);

/** What giving tokens needs, whatever the grant. */
export interface Issuing {
  readonly compiler: Compiler;
  readonly tokens: Tokens;
  readonly settings: AnswerSettings;
  readonly mint: Mint;
  readonly expires: Lifetime;
  readonly refreshExpires: Lifetime;
  /** Texts of tokens that somebody else has made. */
  readonly external: { readonly access: Parameter | undefined; readonly refresh: Parameter | undefined };
  readonly attributes: (exchange: Exchange) => TokenAttribute[];
}

/** What a grant gives a token for. */
export interface Granted {
  readonly credential: Credential;
  readonly grantType: string;
  readonly scope: string;
  readonly attributes: readonly TokenAttribute[];
  readonly endUser: string | undefined;
  readonly refreshCount: number;
}

export interface Issued {
  readonly access: NewToken;
  readonly refresh: NewToken | undefined;
}

/** How the refresh token of a pair comes about: not at all, a new one, or the one that was used. */
export type RefreshPlan = 'none' | 'new' | { readonly text: string; readonly token: Token };

/** Makes and stores an access token, and its refresh token. @param gone is removed in the same step */
export function issue(
  exchange: Exchange,
  granted: Granted,
  plan: RefreshPlan,
  issuing: Issuing,
  gone: readonly Change[] = [],
): Answer<Issued> {
  const now = Date.now();
  const base: Token = {
    clientId: granted.credential.consumerKey,
    appId: granted.credential.app.appId,
    grantType: granted.grantType,
    scope: granted.scope,
    issuedAt: now,
    expiresAt: issuing.expires(exchange, now),
    status: 'approved',
    attributes: granted.attributes,
    ...(granted.endUser === undefined ? {} : { endUser: granted.endUser }),
    refreshCount: granted.refreshCount,
  };
  const text = issuing.external.access?.read(exchange) ?? issuing.mint(exchange, base);
  return after(text, (accessText) => {
    const pair = pairOf(exchange, base, accessText, plan, issuing);
    return after(issuing.tokens.issue(pair.access, pair.refresh, gone), () => pair);
  });
}

function pairOf(exchange: Exchange, base: Token, text: string, plan: RefreshPlan, issuing: Issuing): Issued {
  if (plan === 'none') return { access: { text, token: base }, refresh: undefined };
  const isNew = plan === 'new';
  const refreshText = isNew ? (issuing.external.refresh?.read(exchange) ?? newRefreshToken()) : plan.text;
  const before = isNew ? { ...base, expiresAt: issuing.refreshExpires(exchange, base.issuedAt) } : plan.token;
  const { attributes, refreshCount } = base;
  return {
    access: { text, token: { ...base, sibling: seal(refreshText, text) } },
    refresh: { text: refreshText, token: { ...before, attributes, refreshCount, sibling: seal(text, refreshText) } },
  };
}

/** Variables, and the answer of a token endpoint. RFC 6749 section 5.1. */
export function tell(
  exchange: Exchange,
  { access, refresh }: Issued,
  credential: Credential,
  issuing: Issuing,
): Outcome {
  const { compiler, settings } = issuing;
  const profile = profileOf({
    access,
    refresh,
    credential,
    consumers: compiler.consumers,
    organization: compiler.organization,
    tokenType: settings.rfc ? 'Bearer' : 'BearerToken',
    now: access.token.issuedAt,
  });
  const prefix = `oauthv2accesstoken.${compiler.name}.`;
  // In this order: an attribute that is named as a member of the answer does not take its place.
  setAttributes(exchange, prefix, access.token.attributes);
  setProfile(exchange, prefix, profile);
  if (!settings.generates) return;
  const message = jsonAnswer(200, membersOf(profile, credential, access.token, settings.rfc));
  answer(exchange, settings.rfc ? forbidCaching(message) : message);
}

function membersOf(profile: Profile, credential: Credential, token: Token, rfc: boolean): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const [name, value] of profile) {
    if (value === undefined) continue;
    members[name] = value;
    if (name === 'api_product_list') members.api_product_list_json = productsOf(credential);
  }
  // RFC 6749 section 5.1: a number, and left out where nothing is to be said.
  if (rfc && token.expiresAt === null) delete members.expires_in;
  else if (rfc) members.expires_in = Number(members.expires_in);
  for (const { name, value, display } of token.attributes) {
    if (display && !Object.hasOwn(members, name)) members[name] = value;
  }
  return members;
}
