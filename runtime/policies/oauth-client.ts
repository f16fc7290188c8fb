import { Fault } from '../fault.ts';
import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { type Consumers, type Credential, isSecretOf } from '../state/consumers.ts';
import { clientFaults, requestFaults } from './oauth-faults.ts';
import { invalidClient, refusedClient } from './oauth-refusal.ts';
import type { Parameter } from './oauth-settings.ts';
import type { Compiler } from './policy.ts';

/** Gives the client that asks for a token. @throws OAuthRefusal when it is none, or may have none just now */
export type ClientCheck = (exchange: Exchange) => Credential;

/**
 * Client authentication by HTTP Basic or by parameters of the form (RFC 6749 section 2.3.1). With external
 * authorization the client has only to be known, once a step before has found it in order.
 * @param generates refusals are answered; else a variable that is configured and has no value is a fault of its own
 */
export function compileClient(
  clientId: Parameter,
  settings: { readonly external: boolean; readonly generates: boolean },
  compiler: Compiler,
): ClientCheck {
  const { consumers } = compiler;
  const header = compiler.reader('request.header.authorization');
  const secret = compiler.reader('request.formparam.client_secret');
  const confirmed = compiler.reader('oauth_external_authorization_status');
  return (exchange) => {
    const basic = basicCredentials(header(exchange));
    const id = clientId.read(exchange);
    if (settings.external) {
      if (toText(confirmed(exchange) ?? '') !== 'true') throw invalidClient();
      return known(consumers, id ?? basic?.id);
    }
    if (id === undefined && basic === undefined && clientId.isConfigured && !settings.generates) {
      throw new Fault(
        requestFaults.unresolvedClientId,
        `${requestFaults.unresolvedClientId.text} ${clientId.variable}`,
      );
    }
    // RFC 6749 section 2.3: one way to authenticate in a request; the header wins over a form that says the same client.
    const isBasic = basic !== undefined && (id === undefined || id === basic.id);
    const given = isBasic ? basic.secret : toText(secret(exchange) ?? '');
    const found = consumers.credential((isBasic ? basic.id : id) ?? '');
    if (found === undefined || !isSecretOf(found, given)) throw invalidClient();
    return usable(consumers, found);
  };
}

/** A client that is not asked for its secret, as where a browser brings the request. @throws OAuthRefusal */
export function known(consumers: Consumers, clientId: string | undefined): Credential {
  const found = clientId === undefined ? undefined : consumers.credential(clientId);
  if (found === undefined) throw invalidClient();
  return usable(consumers, found);
}

function usable(consumers: Consumers, credential: Credential): Credential {
  const reason = consumers.refusal(credential, Date.now());
  if (reason === undefined) return credential;
  if (reason === 'keyNotApproved' || reason === 'keyExpired') throw invalidClient();
  throw refusedClient(reason === 'appNotApproved' ? clientFaults.appNotApproved : clientFaults.developerNotActive);
}

/** RFC 7617 section 2. */
function basicCredentials(value: unknown): { readonly id: string; readonly secret: string } | undefined {
  if (value === undefined || value === null) return undefined;
  const [, encoded] = /^\s*basic +([A-Za-z0-9+/]+={0,2})\s*$/i.exec(toText(value)) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

/** All scopes of the products of a client, each once. */
export function scopesOf(consumers: Consumers, credential: Credential): readonly string[] {
  return [...new Set(productsOf(credential).flatMap((name) => consumers.product(name)?.scopes ?? []))];
}

/** Names of the approved products, in their order. */
export function productsOf(credential: Credential): string[] {
  return credential.products.filter(({ status }) => status === 'approved').map(({ name }) => name);
}

/** What was asked for and may be had; all that may be had when nothing was. RFC 6749 section 3.3. */
export function grantedScope(allowed: readonly string[], asked: string | undefined): string {
  const wanted = splitScope(asked);
  if (wanted.length === 0) return allowed.join(' ');
  return [...new Set(wanted)].filter((one) => allowed.includes(one)).join(' ');
}

export function splitScope(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,]+/).filter((one) => one !== '');
}
