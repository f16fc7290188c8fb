import { Fault, type FaultKind } from '../fault.ts';
import { setGroup } from '../language/grouped-variables.ts';
import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { element, required, valueOrRef } from '../schema/declare.ts';
import { integer, text, variable } from '../schema/values.ts';
import type { Consumers, Credential, Refusal } from '../state/consumers.ts';
import { askedReader } from './asked.ts';
import { consumerVariables } from './consumer-variables.ts';
import { type Compiler, policy } from './policy.ts';

const faults = {
  unresolved: {
    code: 'steps.oauth.v2.FailedToResolveAPIKey',
    status: 401,
    text: 'Failed to resolve API Key variable',
  },
  invalid: { code: 'oauth.v2.InvalidApiKey', status: 401, text: 'Invalid ApiKey' },
  notForResource: {
    code: 'oauth.v2.InvalidApiKeyForGivenResource',
    status: 401,
    text: 'Invalid ApiKey for given resource',
  },
  developerNotActive: {
    code: 'keymanagement.service.DeveloperStatusNotActive',
    status: 401,
    text: 'Developer Status is not Active',
  },
  appNotApproved: {
    code: 'keymanagement.service.invalid_client-app_not_approved',
    status: 401,
    text: 'App not Approved',
  },
  withoutProduct: {
    code: 'keymanagement.service.consumer_key_missing_api_product_association',
    status: 400,
    text: 'Consumer key is not associated with any API product',
  },
};

/** zerohop's choice where Apigee's reference is silent: a key that is revoked, pending, over or an orphan is invalid. */
const refusals: Readonly<Record<Refusal, FaultKind>> = {
  keyNotApproved: faults.invalid,
  keyExpired: faults.invalid,
  developerUnknown: faults.invalid,
  appNotApproved: faults.appNotApproved,
  developerNotActive: faults.developerNotActive,
};

/** Lets in who has a key of an app whose products cover the call. Apigee: VerifyAPIKey policy. */
export const VerifyAPIKey = policy({
  element: 'VerifyAPIKey',
  // `verifyapikey.POLICY.failed` is one of its variables; fault rules go by `oauthV2.POLICY.failed`.
  failedPrefix: ['oauthV2', 'verifyapikey'],
  children: {
    APIKey: required(element({ content: text, attributes: { ref: variable } })),
    // What counts is always the newest state, however long it might be kept.
    CacheExpiryInSeconds: valueOrRef(integer(0)),
  },
  faults,
  compile(config, compiler) {
    const { name, consumers } = compiler;
    const readKey = keyReader(config.APIKey, compiler);
    const asked = askedReader(compiler);
    const group = `verifyapikey.${name}`;
    return (exchange) => {
      const credential = credentialOf(readKey(exchange), consumers);
      const grant = consumers.grant(credential, asked(exchange));
      if (grant === undefined) throw new Fault(faults.notForResource);
      const developer = consumers.developerOf(credential.app);
      setGroup(exchange, group, consumerVariables({ credential, developer, grant, consumers }));
      exchange.setVariable('client_id', credential.consumerKey);
      exchange.setVariable('apiproduct.name', grant.product.name);
      exchange.setVariable('developer.app.name', credential.app.name);
      exchange.setVariable('developer.id', developer?.developerId);
      exchange.setVariable('developer.email', developer?.email);
    };
  },
});

type Source = { readonly text: string | undefined; readonly ref: { readonly text: string } | undefined };

/** The reference counts when it resolves, else the text. */
function keyReader(source: Source & { readonly at: Parameters<Compiler['error']>[1] }, compiler: Compiler) {
  const { ref, text: written = '' } = source;
  if (ref === undefined && written === '') {
    const hint = 'Write <APIKey ref="request.queryparam.apikey"/>.';
    compiler.error('ZH540', source.at, '<APIKey> names no variable (SpecifyValueOrRefApiKey).', hint);
  }
  if (ref === undefined) return () => written;
  const read = compiler.reader(ref.text);
  const fallback = written === '' ? undefined : written;
  const unresolved = `Failed to resolve API Key variable ${ref.text}`;
  return (exchange: Exchange): string => {
    const value = read(exchange);
    const key = value === undefined || value === null ? '' : toText(value);
    if (key !== '') return key;
    if (fallback !== undefined) return fallback;
    throw new Fault(faults.unresolved, unresolved);
  };
}

function credentialOf(key: string, consumers: Consumers): Credential {
  const credential = consumers.credential(key);
  if (credential === undefined) throw new Fault(faults.invalid);
  const refusal = consumers.refusal(credential, Date.now());
  if (refusal !== undefined) throw new Fault(refusals[refusal]);
  if (credential.products.length === 0) throw new Fault(faults.withoutProduct);
  return credential;
}
