import type { Exchange } from '../message/exchange.ts';
import type { Consumers, Credential } from '../state/consumers.ts';
import type { Token, TokenAttribute } from '../state/token-records.ts';
import { productsOf } from './oauth-client.ts';

/** What answers and flow variables tell of a token. Apigee: OAuthV2 policy, flow variables; Requesting access tokens. */

/** A token with its text, or without where that is not known. */
export interface ShownToken {
  readonly text: string | undefined;
  readonly token: Token;
}

/** Names and values in the order of Apigee's answers; undefined: there is none. */
export type Profile = readonly (readonly [name: string, value: string | undefined])[];

export interface ProfileSource {
  readonly access: ShownToken | undefined;
  readonly refresh: ShownToken | undefined;
  /** Undefined when the client is gone. */
  readonly credential: Credential | undefined;
  readonly consumers: Consumers;
  readonly organization: string;
  readonly tokenType: string;
  /** Milliseconds since 1970, from which on what is left is counted. */
  readonly now: number;
}

export function profileOf(source: ProfileSource): Profile {
  const { access, refresh, credential, consumers, now } = source;
  const shown = access ?? refresh;
  const app = credential?.app;
  return [
    ['issued_at', access && String(access.token.issuedAt)],
    ['application_name', shown?.token.appId],
    ['scope', shown?.token.scope],
    ['status', access?.token.status],
    ['api_product_list', credential && `[${productsOf(credential).join(',')}]`],
    ['expires_in', access && secondsLeft(access.token.expiresAt, now)],
    ['developer.email', app && consumers.developerOf(app)?.email],
    ['organization_id', '0'],
    ['token_type', source.tokenType],
    ['client_id', shown?.token.clientId],
    ['access_token', access?.text],
    ['organization_name', source.organization],
    ['refresh_token_expires_in', refresh === undefined ? '0' : secondsLeft(refresh.token.expiresAt, now)],
    ['refresh_count', String((refresh ?? access)?.token.refreshCount ?? 0)],
    ['refresh_token', refresh?.text],
    ['refresh_token_issued_at', refresh && String(refresh.token.issuedAt)],
    ['refresh_token_status', refresh?.token.status],
  ];
}

/** Whole seconds. Apigee: 0 where there is no end. */
export function secondsLeft(expiresAt: number | null, now: number): string {
  return expiresAt === null ? '0' : String(Math.max(Math.floor((expiresAt - now) / 1000), 0));
}

export function setProfile(exchange: Exchange, prefix: string, profile: Profile): void {
  for (const [name, value] of profile) exchange.setVariable(`${prefix}${name}`, value);
}

export function setAttributes(exchange: Exchange, prefix: string, attributes: readonly TokenAttribute[]): void {
  for (const { name, value } of attributes) exchange.setVariable(`${prefix}${name}`, value);
}
