import assert from 'node:assert/strict';
import type { Exchange } from '../../runtime/message/exchange.ts';
import { OAuthV2 } from '../../runtime/policies/OAuthV2.ts';
import type { Policy, Step } from '../../runtime/policies/policy.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';
import { type TestConsumers, testConsumers } from './consumers.ts';
import { listed } from './diagnostics.ts';
import { type ExchangeOptions, exchangeOf } from './exchange.ts';
import { compilePolicy } from './policy.ts';

export const callback = 'https://client.example/cb';

export const products = [
  {
    name: 'shop',
    proxies: ['weather'],
    apiResources: ['/**', '/'],
    scopes: ['read', 'write'],
    attributes: [{ name: 'plan', value: 'gold' }],
    quota: '10',
    quotaInterval: '1',
    quotaTimeUnit: 'minute',
  },
  { name: 'admin', proxies: ['elsewhere'], scopes: ['admin', 'read'] },
];
export const developer = { email: 'ada@example.com', developerId: 'dev-1', firstName: 'Ada', userName: 'ada' };
export const app = {
  name: 'web',
  appId: 'app-1',
  developerEmail: 'ada@example.com',
  callbackUrl: callback,
  attributes: [{ name: 'tier', value: 'premium' }],
  credentials: [{ consumerKey: 'id', consumerSecret: 'secret', apiProducts: ['shop', 'admin'] }],
};
export const otherApp = {
  name: 'other',
  appId: 'app-2',
  developerEmail: 'ada@example.com',
  credentials: [{ consumerKey: 'id2', consumerSecret: 'secret2', apiProducts: ['shop'] }],
};

/** A store, clients, and policies over both. */
export interface OAuthWorld {
  readonly store: Store;
  readonly clients: TestConsumers;
  /** An OAuthV2 of that operation. Fails when it has mistakes. */
  step(operation: string, inner?: string, attributes?: string): Step;
  stepOf(policy: Policy, inner: string, attributes?: string): Step;
}

export function oauthWorld(store: Store = new MemoryStore()): OAuthWorld {
  const clients = testConsumers({ products, developers: [developer], apps: [app, otherApp] });
  const stepOf = (policy: Policy, inner: string, attributes = ''): Step => {
    const xml = `<${policy.element} name="P" ${attributes}>${inner}</${policy.element}>`;
    const compiled = compilePolicy(policy, xml, { compiler: { store, consumers: clients.consumers } });
    assert.deepEqual(listed(compiled.diagnostics), []);
    return compiled.step;
  };
  return {
    store,
    clients,
    stepOf,
    step: (operation, inner = '', attributes = '') =>
      stepOf(OAuthV2, `<Operation>${operation}</Operation>${inner}`, attributes),
  };
}

export const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

/** A token request: a POST with a form, of the client `id` unless headers say otherwise. */
export function tokenRequest(form: Readonly<Record<string, string>>, more: ExchangeOptions = {}): Exchange {
  return exchangeOf({
    verb: 'POST',
    body: new URLSearchParams(form).toString(),
    ...more,
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      Authorization: basic('id', 'secret'),
      ...(more.headers as Record<string, string> | undefined),
    },
  });
}

/** What a step answered: status and JSON. */
export async function answered(step: Step, exchange: Exchange): Promise<readonly [number, Record<string, unknown>]> {
  await Promise.resolve(exchange)
    .then((one) => step(one))
    .catch((error: unknown) => {
      if (exchange.error === undefined) throw error;
    });
  const answer = exchange.answer;
  assert.ok(answer, 'there is an answer');
  return [answer.status, JSON.parse(answer.content) as Record<string, unknown>];
}

/** Gives tokens by that grant and tells their texts. */
export async function give(
  world: OAuthWorld,
  form: Readonly<Record<string, string>>,
  inner = '',
): Promise<{ readonly access: string; readonly refresh: string }> {
  const grants =
    '<SupportedGrantTypes><GrantType>password</GrantType><GrantType>client_credentials</GrantType></SupportedGrantTypes>';
  const exchange = tokenRequest(form);
  await world.step('GenerateAccessToken', `${grants}${inner}`)(exchange);
  return {
    access: String(exchange.read('oauthv2accesstoken.P.access_token')),
    refresh: String(exchange.read('oauthv2accesstoken.P.refresh_token')),
  };
}

export const password = { grant_type: 'password', username: 'u', password: 'p' };

/** A call with a token. */
export function bearer(token: string, more: ExchangeOptions = {}): Exchange {
  return exchangeOf({ ...more, headers: { Authorization: `Bearer ${token}` } });
}
