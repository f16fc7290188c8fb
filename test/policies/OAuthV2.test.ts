import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import type { Exchange } from '../../runtime/message/exchange.ts';
import { Phase } from '../../runtime/message/exchange.ts';
import { Message } from '../../runtime/message/message.ts';
import { OAuthV2 } from '../../runtime/policies/OAuthV2.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { StoreFailure } from '../../runtime/state/store-failure.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import {
  answered,
  app,
  basic,
  bearer,
  callback,
  developer,
  give,
  oauthWorld,
  password,
  tokenRequest,
} from '../support/oauth.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';
import { mistakesOf } from '../support/tokens.ts';

const grants = (...names: string[]) =>
  `<SupportedGrantTypes>${names.map((one) => `<GrantType>${one}</GrantType>`).join('')}</SupportedGrantTypes>`;
const all = grants('client_credentials', 'password', 'authorization_code', 'refresh_token');
const answers = '<GenerateResponse/>';
const rfc = `${answers}<RFCCompliantRequestResponse>true</RFCCompliantRequestResponse>`;
const clientCredentials = { grant_type: 'client_credentials' };
const read = (exchange: Exchange, name: string) => exchange.read(`oauthv2accesstoken.P.${name}`);

describe('the answer of a token request', () => {
  test('has the members of the platform, all of them texts', async () => {
    const { step } = oauthWorld();
    const [status, json] = await answered(step('GenerateAccessToken', all + answers), tokenRequest(clientCredentials));
    assert.equal(status, 200);
    assert.match(String(json.access_token), /^[A-Za-z0-9]{28}$/);
    assert.match(String(json.issued_at), /^\d{13}$/);
    assert.deepEqual(json, {
      issued_at: json.issued_at,
      application_name: 'app-1',
      scope: 'read write admin',
      status: 'approved',
      api_product_list: '[shop,admin]',
      api_product_list_json: ['shop', 'admin'],
      expires_in: '3600',
      'developer.email': 'ada@example.com',
      organization_id: '0',
      token_type: 'BearerToken',
      client_id: 'id',
      access_token: json.access_token,
      organization_name: 'org',
      refresh_token_expires_in: '0',
      refresh_count: '0',
    });
  });

  test('tells of the refresh token of a password grant', async () => {
    const { step } = oauthWorld();
    const inner = `${all}${answers}<RefreshTokenExpiresIn>86400000</RefreshTokenExpiresIn>`;
    const [, json] = await answered(step('GenerateAccessToken', inner), tokenRequest(password));
    assert.match(String(json.refresh_token), /^[A-Za-z0-9]{32}$/);
    assert.equal(json.refresh_token_status, 'approved');
    assert.equal(json.refresh_token_expires_in, '86400');
    assert.equal(json.refresh_token_issued_at, json.issued_at);
  });

  test('of RFC 6749 has Bearer, a number, and is not to be cached', async () => {
    const { step } = oauthWorld();
    const exchange = tokenRequest(clientCredentials);
    const [, json] = await answered(step('GenerateAccessToken', `${all}${rfc}<ExpiresIn>60000</ExpiresIn>`), exchange);
    assert.equal(json.token_type, 'Bearer');
    assert.equal(json.expires_in, 60);
    assert.equal(exchange.response?.headers.text('cache-control'), 'no-store');
    assert.equal(exchange.response?.headers.text('pragma'), 'no-cache');
    const [, endless] = await answered(
      step('GenerateAccessToken', `${all}${rfc}<ExpiresIn>-1</ExpiresIn>`),
      tokenRequest(clientCredentials),
    );
    assert.equal('expires_in' in endless, false);
  });

  test('ends the request flow; in a response flow it is written over what is there', async () => {
    const { step } = oauthWorld();
    const first = tokenRequest(clientCredentials);
    await step('GenerateAccessToken', all + answers)(first);
    assert.equal(first.skipsToResponse, true);
    const response = Message.response();
    response.status = 204;
    response.headers.set('X-Mine', 'stays');
    const second = tokenRequest(clientCredentials, { phase: Phase.proxyResponse, response });
    await step('GenerateAccessToken', all + answers)(second);
    assert.equal(second.skipsToResponse, false);
    assert.equal(second.response?.status, 200);
    assert.equal(second.response?.headers.text('x-mine'), 'stays');
    assert.match(second.response?.content ?? '', /access_token/);
  });

  test('is left out without GenerateResponse; the variables are there all the same', async () => {
    const { step } = oauthWorld();
    for (const inner of ['', '<GenerateResponse enabled="false"/>']) {
      const exchange = tokenRequest({ ...password, scope: 'write' });
      await step('GenerateAccessToken', all + inner)(exchange);
      assert.equal(exchange.response, undefined);
      assert.equal(read(exchange, 'token_type'), 'BearerToken');
      assert.equal(read(exchange, 'expires_in'), '3600');
      assert.equal(read(exchange, 'scope'), 'write');
      assert.equal(read(exchange, 'client_id'), 'id');
      assert.equal(read(exchange, 'refresh_token_status'), 'approved');
      assert.equal(read(exchange, 'refresh_count'), '0');
    }
  });
});

test('attributes: a variable counts before the text, hidden ones are not answered', async () => {
  const { step } = oauthWorld();
  const attributes =
    '<Attributes><Attribute name="tier" ref="request.formparam.tier">basic</Attribute>' +
    '<Attribute name="hidden" display="false">x</Attribute><Attribute name="none" ref="nothing"/></Attributes>';
  const inner = all + answers + attributes;
  const exchange = tokenRequest({ ...clientCredentials, tier: 'gold' });
  const [, json] = await answered(step('GenerateAccessToken', inner), exchange);
  assert.equal(json.tier, 'gold');
  assert.equal('hidden' in json, false);
  assert.equal(read(exchange, 'hidden'), 'x');
  const [, plain] = await answered(step('GenerateAccessToken', inner), tokenRequest(clientCredentials));
  assert.equal(plain.tier, 'basic');
  const verified = bearer(String(json.access_token));
  await step('VerifyAccessToken')(verified);
  assert.equal(verified.read('accesstoken.hidden'), 'x');
  assert.equal(verified.read('accesstoken.none'), undefined);
});

describe('lifetimes', () => {
  const facts: readonly (readonly [xml: string, variable: string | undefined, seconds: string])[] = [
    ['<ExpiresIn>1800000</ExpiresIn>', undefined, '1800'],
    ['<ExpiresIn ref="ttl">1800000</ExpiresIn>', undefined, '1800'],
    ['<ExpiresIn ref="ttl">1800000</ExpiresIn>', '60000', '60'],
    ['<ExpiresIn ref="ttl">1800000</ExpiresIn>', 'soon', '1800'],
    ['<ExpiresIn ref="ttl">1800000</ExpiresIn>', '-5', '1800'],
    ['<ExpiresIn ref="ttl"/>', undefined, '3600'],
    ['<ExpiresIn ref="ttl"/>', '-1', '0'],
    ['<ExpiresIn>-1</ExpiresIn>', undefined, '0'],
  ];
  for (const [xml, ttl, seconds] of facts) {
    test(`${xml} with ${ttl}`, async () => {
      const exchange = tokenRequest(clientCredentials, { variables: { ttl } });
      await oauthWorld().step('GenerateAccessToken', all + xml)(exchange);
      assert.equal(read(exchange, 'expires_in'), seconds);
    });
  }
});

describe('scopes', () => {
  const facts: readonly (readonly [asked: string, scope: string])[] = [
    ['', 'read write admin'],
    ['write', 'write'],
    ['admin read read', 'admin read'],
    ['write nothing', 'write'],
    ['nothing', ''],
    ['read,write', 'read write'],
  ];
  for (const [asked, scope] of facts) {
    test(`asked for "${asked}"`, async () => {
      const exchange = tokenRequest({ ...clientCredentials, scope: asked });
      await oauthWorld().step('GenerateAccessToken', all)(exchange);
      assert.equal(read(exchange, 'scope'), scope);
    });
  }
});

describe('client authentication', () => {
  const bad = { ErrorCode: 'invalid_client', Error: 'ClientId is Invalid' };
  const form = (values: Record<string, string>) => tokenRequest({ ...clientCredentials, ...values });
  const noHeader = (values: Record<string, string>) => {
    const exchange = form(values);
    exchange.request.headers.remove('authorization');
    return exchange;
  };
  const withHeader = (header: string) => tokenRequest(clientCredentials, { headers: { Authorization: header } });

  const good: Readonly<Record<string, () => Exchange>> = {
    header: () => form({}),
    form: () => noHeader({ client_id: 'id', client_secret: 'secret' }),
    'header and the same client in the form': () => form({ client_id: 'id' }),
  };
  for (const [name, make] of Object.entries(good)) {
    test(`by ${name}`, async () => {
      const [status] = await answered(oauthWorld().step('GenerateAccessToken', all + answers), make());
      assert.equal(status, 200);
    });
  }

  const refused: Readonly<Record<string, () => Exchange>> = {
    'a wrong secret': () => withHeader(basic('id', 'wrong')),
    'no secret': () => withHeader(basic('id', '')),
    'an unknown client': () => withHeader(basic('nobody', 'secret')),
    'another client’s secret': () => withHeader(basic('id', 'secret2')),
    'a header that is none': () => withHeader('Basic %%'),
    'a token': () => withHeader('Bearer id'),
    'a form without secret': () => noHeader({ client_id: 'id' }),
    'another client in the form': () => form({ client_id: 'id2' }),
    nothing: () => noHeader({}),
  };
  for (const [name, make] of Object.entries(refused)) {
    test(`not by ${name}`, async () => {
      const { step } = oauthWorld();
      assert.deepEqual(await answered(step('GenerateAccessToken', all + answers), make()), [401, bad]);
      const fault = await faultOf(step('GenerateAccessToken', all), make());
      assert.equal(fault.code, 'oauth.v2.InvalidClientIdentifier');
      assert.equal(fault.faultstring, 'Invalid client identifier {0}');
      assert.equal(fault.status, 401);
    });
  }

  test('in the shape of RFC 6749, with the scheme for who has tried it', async () => {
    const exchange = withHeader(basic('id', 'wrong'));
    const [status, json] = await answered(oauthWorld().step('GenerateAccessToken', all + rfc), exchange);
    assert.deepEqual([status, json], [401, { error: 'invalid_client', error_description: 'ClientId is Invalid' }]);
    assert.equal(exchange.error?.headers.text('www-authenticate'), 'Basic realm="null"');
  });

  test('app and developer have to be in order, the paths of products do not matter', async () => {
    const world = oauthWorld();
    const step = world.step('GenerateAccessToken', all);
    world.clients.change('apps', 'ada@example.com/web', { ...app, status: 'revoked' });
    const first = await faultOf(step, form({}));
    assert.equal(first.code, 'keymanagement.service.invalid_client-app_not_approved');
    world.clients.change('apps', 'ada@example.com/web', app);
    world.clients.change('developers', 'ada@example.com', { ...developer, status: 'inactive' });
    const second = await faultOf(step, form({}));
    assert.equal(second.code, 'keymanagement.service.DeveloperStatusNotActive');
    world.clients.change('developers', 'ada@example.com', developer);
    await step(tokenRequest(clientCredentials, { endpoint: { proxy: 'token-proxy' } }));
  });

  test('with external authorization the client has only to be known, once somebody has said yes', async () => {
    const step = oauthWorld().step(
      'GenerateAccessToken',
      `${all}${answers}<ExternalAuthorization>true</ExternalAuthorization><ClientId>request.formparam.client_id</ClientId>`,
    );
    const ask = (status: unknown, id: string) =>
      tokenRequest(
        { ...clientCredentials, client_id: id },
        { headers: { Authorization: 'x' }, variables: { oauth_external_authorization_status: status } },
      );
    assert.equal((await answered(step, ask('true', 'id')))[0], 200);
    assert.equal((await answered(step, ask(true, 'id')))[0], 200);
    assert.deepEqual(await answered(step, ask('true', 'nobody')), [401, bad]);
    assert.deepEqual(await answered(step, ask('false', 'id')), [401, bad]);
    assert.deepEqual(await answered(step, ask(undefined, 'id')), [401, bad]);
  });
});

describe('requests that lack something', () => {
  const facts: readonly (readonly [form: Record<string, string>, error: string])[] = [
    [{}, 'Required param : grant_type'],
    [{ grant_type: '' }, 'Required param : grant_type'],
    [{ grant_type: 'password', password: 'p' }, 'Required param : username'],
    [{ grant_type: 'password', username: 'u' }, 'Required param : password'],
    [{ grant_type: 'authorization_code' }, 'Required param : code'],
    [{ grant_type: 'refresh_token' }, 'Required param : refresh_token'],
  ];
  for (const [form, error] of facts) {
    test(error + JSON.stringify(form), async () => {
      const { step } = oauthWorld();
      const missing = await answered(step('GenerateAccessToken', all + answers), tokenRequest(form));
      assert.deepEqual(missing, [400, { ErrorCode: 'invalid_request', Error: error }]);
      const [status, json] = await answered(step('GenerateAccessToken', all + rfc), tokenRequest(form));
      assert.deepEqual([status, json], [400, { error: 'invalid_request', error_description: error }]);
      const fault = await faultOf(step('GenerateAccessToken', all), tokenRequest(form));
      assert.deepEqual([fault.code, fault.faultstring, fault.status], ['oauth.v2.InvalidRequest', error, 400]);
    });
  }

  for (const [inner, grantType] of [
    [grants('client_credentials'), 'password'],
    ['', 'client_credentials'],
    [all, 'implicit'],
    [all, 'saml'],
  ] as const) {
    test(`grant type ${grantType} of "${inner}"`, async () => {
      const exchange = tokenRequest({ ...password, grant_type: grantType });
      const fault = await faultOf(oauthWorld().step('GenerateAccessToken', inner + answers), exchange);
      assert.equal(fault.code, 'oauth.v2.UnSupportedGrantType');
      assert.equal(fault.faultstring, `Unsupported grant type : ${grantType}`);
      assert.equal(fault.status, 500);
    });
  }

  test('variables that are named and have no value', async () => {
    const { step } = oauthWorld();
    const facts = [
      ['<Code>flow.code</Code>', { grant_type: 'authorization_code' }, 'AuthorizationCode'],
      ['<RefreshToken>flow.r</RefreshToken>', { grant_type: 'refresh_token' }, 'RefreshToken'],
    ] as const;
    for (const [inner, form, what] of facts) {
      const fault = await faultOf(step('GenerateAccessToken', all + inner), tokenRequest(form));
      assert.equal(fault.code, `steps.oauth.v2.FailedToResolve${what}`);
      assert.equal(fault.status, 500);
    }
    const exchange = tokenRequest(clientCredentials, { headers: { Authorization: '' } });
    const fault = await faultOf(step('GenerateAccessToken', `${all}<ClientId>flow.id</ClientId>`), exchange);
    assert.equal(fault.code, 'steps.oauth.v2.FailedToResolveClientId');
  });
});

describe('GenerateAuthorizationCode', () => {
  const inner =
    '<ClientId>request.queryparam.client_id</ClientId><RedirectUri>request.queryparam.redirect_uri</RedirectUri>' +
    '<ResponseType>request.queryparam.response_type</ResponseType><Scope>request.queryparam.scope</Scope>' +
    '<State>request.queryparam.state</State>';
  const ask = (more: Record<string, string | undefined>) => {
    const all = { client_id: 'id', response_type: 'code', redirect_uri: callback, ...more };
    const query = new URLSearchParams(
      Object.entries(all).filter((one): one is [string, string] => one[1] !== undefined),
    );
    return exchangeOf({ uri: `/v1/authorize?${query}` });
  };

  test('redirects with code, scope and state', async () => {
    const exchange = ask({ scope: 'read', state: 'a b&c' });
    await oauthWorld().step('GenerateAuthorizationCode', inner + answers)(exchange);
    assert.equal(exchange.response?.status, 302);
    const location = new URL(exchange.response?.headers.text('location') ?? '');
    assert.equal(location.origin + location.pathname, callback);
    assert.match(location.searchParams.get('code') ?? '', /^[A-Za-z0-9]{32}$/);
    assert.equal(location.searchParams.get('scope'), 'read');
    assert.equal(location.searchParams.get('state'), 'a b&c');
    assert.equal(exchange.read('oauthv2authcode.P.code'), location.searchParams.get('code'));
    assert.equal(exchange.read('oauthv2authcode.P.redirect_uri'), callback);
    assert.equal(exchange.read('oauthv2authcode.P.scope'), 'read');
    assert.equal(exchange.read('oauthv2authcode.P.client_id'), 'id');
  });

  const facts: readonly (readonly [more: Record<string, string | undefined>, status: number, error: string])[] = [
    [{ client_id: undefined }, 400, 'The request is missing a required parameter : client_id'],
    [{ response_type: undefined }, 400, 'The request is missing a required parameter : response_type'],
    [{ response_type: 'token' }, 400, 'Response type must be code'],
    [{ client_id: 'nobody' }, 401, 'Invalid client id : nobody. ClientId is Invalid'],
    [{ redirect_uri: `${callback}/x` }, 400, `Invalid redirection uri ${callback}/x`],
    [{ redirect_uri: undefined }, 400, 'Redirection URI is required'],
    [{ client_id: 'id2', redirect_uri: undefined }, 400, 'Redirection URI is required'],
  ];
  for (const [more, status, error] of facts) {
    test(`refuses ${JSON.stringify(more)}`, async () => {
      const answer = await answered(oauthWorld().step('GenerateAuthorizationCode', inner + answers), ask(more));
      assert.deepEqual(answer, [status, { ErrorCode: 'invalid_request', Error: error }]);
    });
  }

  test('an app without a callback needs no redirect URI when nobody is redirected', async () => {
    const exchange = ask({ client_id: 'id2', redirect_uri: undefined });
    await oauthWorld().step('GenerateAuthorizationCode', inner)(exchange);
    assert.match(String(exchange.read('oauthv2authcode.P.code')), /^\w+$/);
  });

  const codeOf = async (world: ReturnType<typeof oauthWorld>, more: Record<string, string> = {}, extra = '') => {
    const exchange = ask({ scope: 'read', ...more });
    await world.step('GenerateAuthorizationCode', inner + extra)(exchange);
    return String(exchange.read('oauthv2authcode.P.code'));
  };
  const codeForm = (code: string, more: Record<string, string> = {}) => ({
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
    ...more,
  });

  test('a code is good for one token, with its scope, attributes and end user', async () => {
    const world = oauthWorld();
    const attributes = '<Attributes><Attribute name="challenge">c</Attribute></Attributes>';
    const code = await codeOf(world, {}, `${attributes}<AppEndUser>request.queryparam.state</AppEndUser>`);
    const step = world.step('GenerateAccessToken');
    const first = tokenRequest(codeForm(code));
    await step(first);
    assert.equal(read(first, 'scope'), 'read');
    assert.equal(read(first, 'challenge'), 'c');
    assert.match(String(read(first, 'refresh_token')), /^\w+$/);
    const fault = await faultOf(step, tokenRequest(codeForm(code)));
    assert.equal(fault.code, 'keymanagement.service.invalid_request-authorization_code_invalid');
  });

  test('of many that use one code at once, one gets a token', async () => {
    const world = oauthWorld();
    const code = await codeOf(world);
    const step = world.step('GenerateAccessToken');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, async () => step(tokenRequest(codeForm(code)))),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  test('a request that is refused does not use a code up', async () => {
    const world = oauthWorld();
    const code = await codeOf(world);
    const step = world.step('GenerateAccessToken', answers);
    const bad = (error: string) => [400, { ErrorCode: 'invalid_request', Error: error }];
    const ask = (form: Record<string, string>, id = 'id', secret = 'secret') =>
      answered(step, tokenRequest(form, { headers: { Authorization: basic(id, secret) } }));
    assert.deepEqual(await ask(codeForm('unknown')), bad('Invalid Authorization Code'));
    assert.deepEqual(await ask(codeForm(code), 'id2', 'secret2'), bad('Invalid Authorization Code'));
    assert.deepEqual(await ask(codeForm(code, { redirect_uri: '' })), bad('Required param : redirect_uri'));
    assert.deepEqual(await ask(codeForm(code, { redirect_uri: 'https://x' })), bad('Invalid redirect_uri : https://x'));
    assert.equal((await ask(codeForm(code)))[0], 200);
    const rfcStep = world.step('GenerateAccessToken', rfc);
    const refused = { error: 'invalid_grant', error_description: 'Invalid Authorization Code' };
    assert.deepEqual(await answered(rfcStep, tokenRequest(codeForm(code))), [400, refused]);
  });

  test('a code that is over', async () => {
    const world = oauthWorld();
    const code = await codeOf(world, {}, '<ExpiresIn>1</ExpiresIn>');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const fault = await faultOf(world.step('GenerateAccessToken'), tokenRequest(codeForm(code)));
    assert.equal(fault.faultstring, 'Invalid Authorization Code');
  });

  test('a code from elsewhere', async () => {
    const world = oauthWorld();
    const extra =
      '<ExternalAuthorizationCode>request.queryparam.state</ExternalAuthorizationCode><StoreToken>true</StoreToken>';
    assert.equal(await codeOf(world, { state: 'mine' }, extra), 'mine');
    await world.step('GenerateAccessToken')(tokenRequest(codeForm('mine')));
  });
});

describe('GenerateAccessTokenImplicitGrant', () => {
  const form = { client_id: 'id', response_type: 'token', redirect_uri: callback, scope: 'write', state: 's' };

  test('redirects with the token in the fragment', async () => {
    const world = oauthWorld();
    const exchange = tokenRequest(form);
    await world.step('GenerateAccessTokenImplicitGrant', `${answers}<ExpiresIn>600000</ExpiresIn>`)(exchange);
    assert.equal(exchange.response?.status, 302);
    const [uri = '', fragment = ''] = (exchange.response?.headers.text('location') ?? '').split('#');
    assert.equal(uri, callback);
    const found = new URLSearchParams(fragment);
    assert.deepEqual([...found.keys()], ['expires_in', 'access_token', 'token_type', 'scope', 'state']);
    assert.equal(found.get('expires_in'), '600');
    assert.equal(read(exchange, 'access_token'), found.get('access_token'));
    assert.equal(read(exchange, 'refresh_token'), undefined);
    const verified = bearer(found.get('access_token') ?? '');
    await world.step('VerifyAccessToken')(verified);
    assert.equal(verified.read('grant_type'), 'implicit');
  });

  test('refuses another response type', async () => {
    const step = oauthWorld().step('GenerateAccessTokenImplicitGrant', answers);
    const [status, json] = await answered(step, tokenRequest({ ...form, response_type: 'code' }));
    assert.deepEqual([status, json.Error], [400, 'Response type must be token']);
  });
});

describe('RefreshAccessToken', () => {
  const ask = (refresh: string) => tokenRequest({ grant_type: 'refresh_token', refresh_token: refresh });

  test('gives a new pair; neither token of before works any more', async () => {
    const world = oauthWorld();
    const before = await give(world, { ...password, scope: 'read' });
    const step = world.step('RefreshAccessToken');
    const exchange = ask(before.refresh);
    await step(exchange);
    assert.equal(read(exchange, 'refresh_count'), '1');
    assert.equal(read(exchange, 'scope'), 'read');
    assert.notEqual(read(exchange, 'refresh_token'), before.refresh);
    const verify = world.step('VerifyAccessToken');
    const verified = bearer(String(read(exchange, 'access_token')));
    await verify(verified);
    assert.equal(verified.read('grant_type'), 'password');
    assert.equal((await faultOf(verify, bearer(before.access))).code, 'keymanagement.service.invalid_access_token');
    const again = await faultOf(step, ask(before.refresh));
    assert.equal(again.code, 'keymanagement.service.invalid_refresh_token');
    const second = ask(String(read(exchange, 'refresh_token')));
    await step(second);
    assert.equal(read(second, 'refresh_count'), '2');
  });

  test('of many that use one refresh token at once, one gets the next', async () => {
    const world = oauthWorld();
    const { refresh } = await give(world, password);
    const step = world.step('RefreshAccessToken');
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, async () => step(ask(refresh))));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  test('reuses the refresh token when it is to', async () => {
    const world = oauthWorld();
    const { refresh } = await give(world, password);
    const step = world.step('RefreshAccessToken', '<ReuseRefreshToken>true</ReuseRefreshToken>');
    for (const count of ['1', '2']) {
      const exchange = ask(refresh);
      await step(exchange);
      assert.equal(read(exchange, 'refresh_token'), refresh);
      assert.equal(read(exchange, 'refresh_count'), count);
    }
  });

  test('keeps attributes, narrows the scope, never widens it', async () => {
    const world = oauthWorld();
    const { refresh } = await give(
      world,
      { ...password, scope: 'read write' },
      '<Attributes><Attribute name="a">1</Attribute><Attribute name="b">1</Attribute></Attributes>',
    );
    const more = '<Attributes><Attribute name="b">2</Attribute></Attributes>';
    const exchange = tokenRequest({ grant_type: 'refresh_token', refresh_token: refresh, scope: 'read admin' });
    await world.step('RefreshAccessToken', more)(exchange);
    assert.equal(read(exchange, 'scope'), 'read');
    assert.deepEqual([read(exchange, 'a'), read(exchange, 'b')], ['1', '2']);
  });

  test('refuses what is unknown, over, revoked or another client’s', async () => {
    const world = oauthWorld();
    const step = world.step('RefreshAccessToken', answers);
    const invalid = [400, { ErrorCode: 'invalid_request', Error: 'Invalid Refresh Token' }];
    assert.deepEqual(await answered(step, ask('unknown')), invalid);
    const { refresh, access } = await give(world, password);
    assert.deepEqual(await answered(step, ask(access)), invalid);
    const other = tokenRequest(
      { grant_type: 'refresh_token', refresh_token: refresh },
      { headers: { Authorization: basic('id2', 'secret2') } },
    );
    assert.deepEqual(await answered(step, other), invalid);
    const target = '<Tokens><Token type="refreshtoken">t</Token></Tokens>';
    await world.step('InvalidateToken', target)(exchangeOf({ variables: { t: refresh } }));
    assert.deepEqual(await answered(step, ask(refresh)), invalid);
    const short = await give(world, password, '<RefreshTokenExpiresIn>1</RefreshTokenExpiresIn>');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const over = [400, { ErrorCode: 'invalid_request', Error: 'Refresh Token expired' }];
    assert.deepEqual(await answered(step, ask(short.refresh)), over);
    const rfcOver = [400, { error: 'invalid_grant', error_description: 'Refresh Token expired' }];
    assert.deepEqual(await answered(world.step('RefreshAccessToken', rfc), ask(short.refresh)), rfcOver);
    const wrong = await faultOf(step, tokenRequest(password));
    assert.equal(wrong.code, 'oauth.v2.UnSupportedGrantType');
  });

  test('is a grant of GenerateAccessToken too', async () => {
    const world = oauthWorld();
    const { refresh } = await give(world, password);
    const exchange = ask(refresh);
    await world.step('GenerateAccessToken', all)(exchange);
    assert.equal(read(exchange, 'refresh_count'), '1');
  });
});

describe('VerifyAccessToken', () => {
  test('tells of token, client, app, developer and product', async () => {
    const world = oauthWorld();
    const { access } = await give(world, { ...password, scope: 'read' });
    const exchange = bearer(access);
    assert.equal(world.step('VerifyAccessToken')(exchange), undefined);
    const expected = {
      organization_name: 'org',
      client_id: 'id',
      grant_type: 'password',
      token_type: 'BearerToken',
      access_token: access,
      status: 'approved',
      scope: 'read',
      'apiproduct.name': 'shop',
      'apiproduct.plan': 'gold',
      'apiproduct.developer.quota.limit': '10',
      'apiproduct.developer.quota.interval': '1',
      'apiproduct.developer.quota.timeunit': 'minute',
      'developer.id': 'dev-1',
      'developer.email': 'ada@example.com',
      'developer.firstName': 'Ada',
      'developer.app.name': 'web',
      'app.name': 'web',
      'app.id': 'app-1',
      'app.tier': 'premium',
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(exchange.read(name), value, name);
    assert.match(String(exchange.read('issued_at')), /^\d{13}$/);
    assert.match(String(exchange.read('expires_in')), /^(3599|3600)$/);
  });

  test('what another token set does not stay', async () => {
    const world = oauthWorld();
    const first = await give(world, password, '<Attributes><Attribute name="who">first</Attribute></Attributes>');
    const second = await give(world, password);
    const exchange = bearer(first.access);
    const step = world.step('VerifyAccessToken', '<AccessToken>t</AccessToken>');
    exchange.setVariable('t', first.access);
    await step(exchange);
    assert.equal(exchange.read('accesstoken.who'), 'first');
    exchange.setVariable('t', second.access);
    await step(exchange);
    assert.equal(exchange.read('accesstoken.who'), undefined);
  });

  test('finds the token where it is said to be', async () => {
    const world = oauthWorld();
    const { access } = await give(world, password);
    const good: readonly (readonly [inner: string, header: string, value: string])[] = [
      ['', 'Authorization', `Bearer ${access}`],
      ['', 'Authorization', `bearer   ${access} `],
      ['<AccessToken>request.header.x</AccessToken>', 'X', access],
      ['<AccessToken>request.header.x</AccessToken><AccessTokenPrefix>KEY</AccessTokenPrefix>', 'X', `KEY ${access}`],
      ['<AccessToken>request.header.Authorization</AccessToken>', 'Authorization', `Bearer ${access}`],
      ['<AccessToken>request.header.Authorization</AccessToken>', 'Authorization', access],
      ['<AccessTokenPrefix>Token</AccessTokenPrefix>', 'Authorization', `Token ${access}`],
    ];
    for (const [inner, header, value] of good) {
      await world.step('VerifyAccessToken', inner)(exchangeOf({ headers: { [header]: value } }));
    }
    for (const value of ['', 'Bearer', 'Bearer ', `Bearer${access}`, access, `Basic ${access}`]) {
      const fault = await faultOf(world.step('VerifyAccessToken'), exchangeOf({ headers: { Authorization: value } }));
      assert.equal(fault.code, 'oauth.v2.InvalidAccessToken', value);
      assert.equal(fault.faultstring, 'Invalid access token');
    }
    const step = world.step('VerifyAccessToken', '<AccessToken>request.header.x</AccessToken>');
    const fault = await faultOf(step, exchangeOf());
    assert.equal(fault.code, 'steps.oauth.v2.FailedToResolveAccessToken');
    assert.equal(fault.faultstring, 'Failed to resolve Access Token variable request.header.x');
    assert.equal(fault.status, 500);
  });

  test('a 401 asks for a token', async () => {
    const { step } = oauthWorld();
    const exchange = bearer('foobar');
    const fault = await faultOf(step('VerifyAccessToken'), exchange);
    assert.deepEqual([fault.code, fault.status], ['keymanagement.service.invalid_access_token', 401]);
    const challenge =
      'Bearer realm="null",error="invalid_token",error_description="keymanagement.service.invalid_access_token: Invalid Access Token"';
    assert.equal(exchange.error?.headers.text('www-authenticate'), challenge);
    const body = { fault: { faultstring: 'Invalid Access Token', detail: { errorcode: fault.code } } };
    assert.deepEqual(JSON.parse(exchange.error?.content ?? ''), body);
    assert.equal(exchange.read('oauthV2.P.fault.name'), 'keymanagement.service.invalid_access_token');
    assert.equal(exchange.read('oauthV2.P.fault.cause'), 'Invalid Access Token');
    assert.equal(fault.faultName, 'invalid_access_token');
    const named = step('VerifyAccessToken', '<GenerateErrorResponse><Realm>a "b"</Realm></GenerateErrorResponse>');
    const other = bearer('foobar');
    await faultOf(named, other);
    assert.match(other.error?.headers.text('www-authenticate') ?? '', /^Bearer realm="a \\"b\\""/);
  });

  test('a token that is over is called so', async () => {
    const world = oauthWorld();
    const { access } = await give(world, password, '<ExpiresIn>1</ExpiresIn>');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const fault = await faultOf(world.step('VerifyAccessToken'), bearer(access));
    assert.deepEqual(
      [fault.code, fault.faultstring, fault.status],
      ['keymanagement.service.access_token_expired', 'Access Token expired', 401],
    );
  });

  test('products decide by proxy, path and environment', async () => {
    const world = oauthWorld();
    const { access } = await give(world, password);
    const step = world.step('VerifyAccessToken');
    const fault = await faultOf(step, bearer(access, { endpoint: { proxy: 'unknown' } }));
    assert.equal(fault.code, 'keymanagement.service.InvalidAPICallAsNoApiProductMatchFound');
    assert.equal(fault.faultstring, 'Invalid API call as no apiproduct match found');
    assert.equal(fault.status, 401);
    const other = bearer(access, { endpoint: { proxy: 'elsewhere' } });
    await step(other);
    assert.equal(other.read('apiproduct.name'), 'admin');
  });

  test('the client has to be in order when the token is used', async () => {
    const world = oauthWorld();
    const { access } = await give(world, password);
    const step = world.step('VerifyAccessToken');
    const code = async () => (await faultOf(step, bearer(access))).code;
    world.clients.change('apps', 'ada@example.com/web', { ...app, status: 'revoked' });
    assert.equal(await code(), 'keymanagement.service.invalid_client-app_not_approved');
    const [credential] = app.credentials;
    world.clients.change('apps', 'ada@example.com/web', {
      ...app,
      credentials: [{ ...credential, status: 'revoked' }],
    });
    assert.equal(await code(), 'keymanagement.service.access_token_not_approved');
    world.clients.change('apps', 'ada@example.com/web', undefined);
    assert.equal(await code(), 'keymanagement.service.invalid_access_token');
    world.clients.change('apps', 'ada@example.com/web', app);
    world.clients.change('developers', 'ada@example.com', { ...developer, status: 'inactive' });
    assert.equal(await code(), 'keymanagement.service.DeveloperStatusNotActive');
  });

  const scopes: readonly (readonly [asked: string, passes: boolean])[] = [
    ['', true],
    ['read', true],
    ['write', false],
    ['write read', true],
    ['write,admin', false],
  ];
  for (const [asked, passes] of scopes) {
    test(`scope "${asked}" of a token for "read"`, async () => {
      const world = oauthWorld();
      const { access } = await give(world, { ...password, scope: 'read' });
      const step = world.step('VerifyAccessToken', `<Scope>${asked}</Scope>`);
      if (passes) return assert.equal(step(bearer(access)), undefined);
      const fault = await faultOf(step, bearer(access));
      assert.deepEqual([fault.code, fault.status], ['steps.oauth.v2.InsufficientScope', 403]);
      assert.equal(fault.faultstring, 'Required scope(s) : VerifyAccessToken.scopeSet');
    });
  }

  test('needs no payload and answers nothing, whatever a console wrote into it', async () => {
    const inner =
      '<Attributes/><ExternalAuthorization>false</ExternalAuthorization><SupportedGrantTypes/><GenerateResponse enabled="true"/><Tokens/>';
    const xml = `<OAuthV2 name="P"><Operation>VerifyAccessToken</Operation>${inner}</OAuthV2>`;
    const compiled = compilePolicy(OAuthV2, xml);
    assert.deepEqual(listed(compiled.diagnostics), []);
    assert.equal(compiled.needs, BodyNeed.none);
    const world = oauthWorld();
    const { access } = await give(world, password);
    const exchange = bearer(access);
    await world.step('VerifyAccessToken', inner)(exchange);
    assert.equal(exchange.response, undefined);
  });
});

describe('InvalidateToken and ValidateToken', () => {
  const target = (type: string, more = '') => `<Tokens><Token type="${type}" ${more}>t</Token></Tokens>`;
  const of = (t: string) => exchangeOf({ variables: { t } });

  test('mark a token, and its sibling with cascade', async () => {
    const world = oauthWorld();
    const { access, refresh } = await give(world, password);
    const verify = world.step('VerifyAccessToken');
    await world.step('InvalidateToken', target('accesstoken', 'cascade="true"'))(of(access));
    const fault = await faultOf(verify, bearer(access));
    assert.equal(fault.code, 'keymanagement.service.access_token_not_approved');
    assert.equal(fault.faultstring, 'Access Token not approved');
    const ask = () => tokenRequest({ grant_type: 'refresh_token', refresh_token: refresh });
    await faultOf(world.step('RefreshAccessToken'), ask());
    await world.step('ValidateToken', target('accesstoken'))(of(access));
    await verify(bearer(access));
    await faultOf(world.step('RefreshAccessToken'), ask());
    await world.step('ValidateToken', target('refreshtoken'))(of(refresh));
    await world.step('RefreshAccessToken')(ask());
  });

  test('answer with an empty 200 when they are to', async () => {
    const world = oauthWorld();
    const { access } = await give(world, password);
    const exchange = of(access);
    await world.step('InvalidateToken', target('accesstoken') + answers)(exchange);
    assert.deepEqual([exchange.response?.status, exchange.response?.content], [200, '']);
  });

  test('refuse what is unknown', async () => {
    const { step } = oauthWorld();
    const invalid = await faultOf(step('InvalidateToken', target('accesstoken')), of('x'));
    assert.equal(invalid.code, 'keymanagement.service.invalid_access_token');
    const refresh = await faultOf(step('ValidateToken', target('refreshtoken')), of('x'));
    assert.equal(refresh.code, 'keymanagement.service.invalid_refresh_token');
    const missing = await faultOf(step('ValidateToken', target('refreshtoken')), exchangeOf());
    assert.equal(missing.code, 'steps.oauth.v2.FailedToResolveToken');
  });
});

test('tokens from elsewhere are stored as they are, with StoreToken', async () => {
  const world = oauthWorld();
  const external =
    '<ExternalAccessToken>request.formparam.ext</ExternalAccessToken><ExternalRefreshToken>request.formparam.ref</ExternalRefreshToken><StoreToken>true</StoreToken>';
  const given = await give(world, { ...password, ext: 'mine', ref: 'mine too' }, external);
  assert.deepEqual(given, { access: 'mine', refresh: 'mine too' });
  await world.step('VerifyAccessToken')(bearer('mine'));
});

test('GenerateErrorResponse with continueOnError answers a failure and goes on to the response', async () => {
  const inner = `${all}${answers}<GenerateErrorResponse enabled="true"/>`;
  const step = oauthWorld().step('GenerateAccessToken', inner, 'continueOnError="true"');
  const exchange = tokenRequest({});
  await step(exchange);
  assert.equal(exchange.error, undefined);
  assert.equal(exchange.response?.status, 400);
  assert.equal(exchange.skipsToResponse, true);
  assert.equal(exchange.read('oauthV2.P.failed'), true);
  assert.equal(exchange.read('oauthV2.P.fault.name'), 'InvalidRequest');
});

test('where the flow goes on, the answer of an error that is being handled stays', async () => {
  for (const operation of ['VerifyAccessToken', 'GenerateAccessToken']) {
    const step = oauthWorld().step(
      operation,
      operation === 'VerifyAccessToken' ? '' : all + answers,
      'continueOnError="true"',
    );
    const exchange = bearer('unknown');
    const before = Message.response();
    exchange.error = before;
    await faultOf(step, exchange);
    assert.equal(exchange.error, before);
  }
});

test('with a store out of reach nobody is let in, and nobody gets a token', async () => {
  const failing = () => Promise.reject(new StoreFailure('out of reach'));
  const store = Object.assign(new MemoryStore(), { get: failing, write: failing });
  for (const [operation, inner, exchange] of [
    ['VerifyAccessToken', '', bearer('a')],
    ['GenerateAccessToken', all + answers, tokenRequest(password)],
  ] as const) {
    const step = oauthWorld(store).step(operation, inner);
    await assert.rejects(async () => step(exchange), StoreFailure);
    assert.equal(exchange.response, undefined);
    assert.equal(exchange.read('oauthv2accesstoken.P.access_token'), undefined);
  }
});

test('the store holds no text of a token or code', async () => {
  const world = oauthWorld();
  const { access, refresh } = await give(world, password);
  for (const key of await world.store.keys('')) {
    const value = await world.store.get(key);
    for (const text of [access, refresh]) assert.equal(`${key} ${value}`.includes(text), false);
  }
});

describe('mistakes', () => {
  const facts: readonly (readonly [inner: string, mistake: RegExp])[] = [
    ['', /^error ZH012/],
    ['<Operation>Generate</Operation>', /^error ZH013/],
    ['<Operation>GenerateAccessToken</Operation><ExpiresIn>0</ExpiresIn>', /^error ZH560.*InvalidValueForExpiresIn/],
    ['<Operation>GenerateAccessToken</Operation><ExpiresIn ref="x">1h</ExpiresIn>', /^error ZH560/],
    [
      '<Operation>RefreshAccessToken</Operation><RefreshTokenExpiresIn>-2</RefreshTokenExpiresIn>',
      /^error ZH561.*InvalidValueForRefreshTokenExpiresIn/,
    ],
    [`<Operation>GenerateAccessToken</Operation>${grants('pasword')}`, /^error ZH562.*InvalidGrantType/],
    [
      '<Operation>VerifyAccessToken</Operation><ExpiresIn>1000</ExpiresIn>',
      /^error ZH563.*ExpiresInNotApplicableForOperation/,
    ],
    [
      '<Operation>ValidateToken</Operation><RefreshTokenExpiresIn>1000</RefreshTokenExpiresIn><Tokens><Token>t</Token></Tokens>',
      /^error ZH563.*RefreshTokenExpiresInNotApplicableForOperation/,
    ],
    [
      `<Operation>VerifyAccessToken</Operation>${grants('password')}`,
      /^error ZH563.*GrantTypesNotApplicableForOperation/,
    ],
    ['<Operation>InvalidateToken</Operation><Tokens/>', /^error ZH564.*TokenValueRequired/],
    ['<Operation>InvalidateToken</Operation><Tokens><Token/></Tokens>', /^error ZH564.*TokenValueRequired/],
    ['<Operation>InvalidateToken</Operation><Tokens><Token type="x">t</Token></Tokens>', /^error ZH564/],
    ['<Operation>GenerateAccessToken</Operation><Attributes><Attribute>x</Attribute></Attributes>', /^error ZH565/],
    [
      `<Operation>GenerateAccessToken</Operation><Attributes>${Array.from({ length: 19 }, (_, index) => `<Attribute name="a${index}">x</Attribute>`).join('')}</Attributes>`,
      /^warning ZH566/,
    ],
    ['<Operation>VerifyAccessToken</Operation><Code>c</Code>', /^warning ZH567/],
    ['<Operation>GenerateAccessToken</Operation><ExternalAccessToken>c</ExternalAccessToken>', /^warning ZH568/],
    ['<Operation>VerifyAccessToken</Operation><GenerateErrorResponse enabled="true"/>', /^warning ZH570/],
    [
      '<Operation>GenerateAccessToken</Operation><GenerateResponse><Format>FORM_PARAM</Format></GenerateResponse>',
      /^warning ZH571/,
    ],
    ['<Operation>GenerateJWTAccessToken</Operation>', /^error ZH340/],
    [
      '<Operation>GenerateJWTAccessToken</Operation><Algorithm>ES256</Algorithm><PrivateKey><Value ref="private.k"/></PrivateKey>',
      /^error ZH572/,
    ],
  ];
  for (const [inner, mistake] of facts) {
    test(inner.slice(0, 120), () => {
      assert.match(mistakesOf(OAuthV2, inner).join('\n'), mistake);
    });
  }
});
