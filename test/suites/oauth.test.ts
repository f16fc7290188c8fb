import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundleTree, type Files } from '../support/bundle-tree.ts';
import { type Answer, call, type Gateway, startGateway } from '../support/gateway.ts';
import { basic } from '../support/oauth.ts';
import { repository } from '../support/source-code.ts';

/** The grants of RFC 6749 and PKCE of RFC 7636, over real sockets, with the files that docs/oauth.md tells to write. */

function filesOf(markdown: string): Files {
  const found = markdown.matchAll(/`my-bundles\/([^`\n]+)`:?\n\n```(?:xml|json)\n([^`]*)```/g);
  return Object.fromEntries([...found].map(([, path = '', text = '']) => [path, text]));
}

const callback = 'https://shop.example/callback';

/** Everything that must not stand in a log. */
class Secrets {
  readonly #texts: string[] = ['shop-secret'];

  add(text: unknown): string {
    assert.equal(typeof text, 'string');
    this.#texts.push(String(text));
    return String(text);
  }

  assertAbsent(log: string): void {
    for (const text of this.#texts) assert.equal(log.includes(text), false, `the log holds ${text}`);
  }
}

test('OAuth 2.0 as docs/oauth.md has it', async (t) => {
  const files = filesOf(readFileSync(join(repository, 'docs/oauth.md'), 'utf8'));
  const gateway: Gateway = await startGateway(await bundleTree(files), ['--log-level', 'debug']);
  const secrets = new Secrets();
  const post = (path: string, form: Readonly<Record<string, string>>, secret = 'shop-secret'): Promise<Answer> =>
    call(gateway.port, {
      method: 'POST',
      path,
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        Authorization: basic('shop-key', secret),
      },
      body: new URLSearchParams(form).toString(),
    });
  const token = async (form: Readonly<Record<string, string>>): Promise<Record<string, unknown>> => {
    const answer = await post('/oauth/token', form);
    assert.equal(answer.status, 200, answer.text);
    assert.match(String(answer.headers['content-type']), /^application\/json/);
    assert.equal(answer.headers['cache-control'], 'no-store');
    const json = JSON.parse(answer.text) as Record<string, unknown>;
    secrets.add(json.access_token);
    if (json.refresh_token !== undefined) secrets.add(json.refresh_token);
    assert.equal(json.token_type, 'Bearer');
    assert.equal(json.expires_in, 1800);
    return json;
  };
  const orders = (access: unknown, method = 'GET'): Promise<Answer> =>
    call(gateway.port, { method, path: '/orders/1', headers: { Authorization: `Bearer ${access}` } });
  const authorize = async (more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const asked = { client_id: 'shop-key', response_type: 'code', redirect_uri: callback, scope: 'read', ...more };
    const answer = await call(gateway.port, { path: `/oauth/authorize?${new URLSearchParams(asked)}` });
    assert.equal(answer.status, 302, answer.text);
    const location = new URL(String(answer.headers.location));
    assert.equal(location.origin + location.pathname, callback);
    return secrets.add(location.searchParams.get('code'));
  };
  const codeForm = (code: string, more: Readonly<Record<string, string>> = {}) => {
    return { grant_type: 'authorization_code', code, redirect_uri: callback, ...more };
  };

  await t.test('client credentials (section 4.4)', async () => {
    const { access_token, refresh_token } = await token({ grant_type: 'client_credentials', scope: 'read' });
    assert.equal(refresh_token, undefined);
    const answer = await orders(access_token);
    assert.deepEqual(JSON.parse(answer.text), { app: 'shop', grant: 'client_credentials', scope: 'read', user: '' });
    const refused = await orders(access_token, 'POST');
    assert.equal(refused.status, 403);
    assert.match(refused.text, /steps\.oauth\.v2\.InsufficientScope/);
  });

  await t.test('password (section 4.3), refreshed (section 6)', async () => {
    const first = await token({ grant_type: 'password', username: 'ada', password: 'p' });
    assert.equal(JSON.parse((await orders(first.access_token, 'POST')).text).user, 'ada');
    const form = { grant_type: 'refresh_token', refresh_token: String(first.refresh_token) };
    const second = await token(form);
    assert.equal((await orders(first.access_token)).status, 401);
    const { grant, user } = JSON.parse((await orders(second.access_token)).text);
    assert.deepEqual([grant, user], ['password', 'ada']);
    const again = await post('/oauth/token', form);
    assert.equal(again.status, 400);
    assert.equal(JSON.parse(again.text).error, 'invalid_grant');
  });

  await t.test('authorization code (section 4.1)', async () => {
    const code = await authorize();
    const { access_token, scope } = await token(codeForm(code));
    assert.equal(scope, 'read');
    assert.equal(JSON.parse((await orders(access_token)).text).grant, 'authorization_code');
    const again = await post('/oauth/token', codeForm(code));
    const refused = { error: 'invalid_grant', error_description: 'Invalid Authorization Code' };
    assert.deepEqual([again.status, JSON.parse(again.text)], [400, refused]);
  });

  await t.test('a code with a challenge needs its verifier (RFC 7636, appendix B)', async () => {
    const code_verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const code_challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
    const code = await authorize({ code_challenge, code_challenge_method: 'S256' });
    for (const wrong of ['', code_challenge, `${code_verifier}x`]) {
      const refused = await post('/oauth/token', codeForm(code, { code_verifier: wrong }));
      assert.deepEqual([refused.status, JSON.parse(refused.text).error], [400, 'invalid_grant']);
    }
    await token(codeForm(code, { code_verifier }));
  });

  await t.test('of many that bring one code at once, one gets a token', async () => {
    const code = await authorize();
    const answers = await Promise.all(Array.from({ length: 16 }, () => post('/oauth/token', codeForm(code))));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 15 }, () => 400)]);
    for (const one of answers) if (one.status === 200) secrets.add(JSON.parse(one.text).access_token);
  });

  await t.test('a client with a wrong secret is refused (section 5.2)', async () => {
    const answer = await post('/oauth/token', { grant_type: 'client_credentials' }, 'wrong');
    assert.equal(answer.status, 401);
    assert.equal(answer.headers['www-authenticate'], 'Basic realm="null"');
    assert.deepEqual(JSON.parse(answer.text), { error: 'invalid_client', error_description: 'ClientId is Invalid' });
  });

  await t.test('a token that was revoked', async () => {
    const { access_token } = await token({ grant_type: 'password', username: 'ada', password: 'p' });
    const revoked = await post('/oauth/revoke', { token: String(access_token) });
    assert.deepEqual([revoked.status, revoked.text], [200, '']);
    const answer = await orders(access_token);
    assert.equal(answer.status, 401);
    assert.match(answer.text, /keymanagement\.service\.access_token_not_approved/);
    assert.match(String(answer.headers['www-authenticate']), /^Bearer realm="null",error="invalid_token"/);
  });

  await t.test('no token at all', async () => {
    const answer = await call(gateway.port, { path: '/orders' });
    assert.deepEqual([answer.status, JSON.parse(answer.text).fault.faultstring], [401, 'Invalid access token']);
  });

  await t.test('no log holds a token, a code or a secret', () => {
    secrets.assertAbsent(gateway.logs());
  });
});
