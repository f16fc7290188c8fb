import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeJwt, jwtVerify } from 'jose';
import { Fault } from '../../runtime/fault.ts';
import type { GoogleTokenRequest, GoogleTokens } from '../../runtime/policies/google-tokens.ts';
import { CommandFailure } from '../../runtime/settings.ts';
import { createConnections } from '../../runtime/target/connections.ts';
import { openGoogleTokens } from '../../runtime/target/google-token-source.ts';
import { KeptGoogleTokens, type MintedToken } from '../../runtime/target/google-tokens.ts';
import { type OriginServer, startOrigin } from '../support/origin-server.ts';
import { callTarget, faultOfCall, http, targetOf } from '../support/target.ts';

const access: GoogleTokenRequest = { kind: 'access', scopes: ['a', 'b'], lifetimeSeconds: undefined };
const id: GoogleTokenRequest = { kind: 'id', audience: 'https://run.example', includeEmail: true };
const code = 'messaging.adaptors.http.filter.GoogleTokenGenerationFailure';

/** A JWT that lasts an hour, without a signature. */
function jwt(audience: string): string {
  const payload = JSON.stringify({ aud: audience, exp: Math.floor(Date.now() / 1000) + 3600 });
  return `${Buffer.from('{}').toString('base64url')}.${Buffer.from(payload).toString('base64url')}.x`;
}

function logOf() {
  const lines: { readonly fields: object; readonly message: string }[] = [];
  return { lines, warn: (fields: object, message: string) => void lines.push({ fields, message }) };
}

async function faultCode(tokens: GoogleTokens, request: GoogleTokenRequest): Promise<string> {
  try {
    await tokens.token(request);
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
  return 'none';
}

describe('tokens are kept', () => {
  const minting = (lives: number) => {
    const counted = { asked: 0 };
    const source = async (): Promise<MintedToken> => {
      counted.asked++;
      return { token: `t-${counted.asked}`, expires: Date.now() + lives };
    };
    return { counted, tokens: new KeptGoogleTokens(source, () => undefined) };
  };

  test('one question for all who wait, none while the token is good', async () => {
    const { tokens, counted } = minting(3_600_000);
    const got = await Promise.all([tokens.token(access), tokens.token(access), tokens.token(access)]);
    assert.deepEqual(got, ['t-1', 't-1', 't-1']);
    assert.equal(tokens.token(access), 't-1', 'no promise for a token in memory');
    assert.equal(counted.asked, 1);
  });

  test('another scope or audience is another token', async () => {
    const { tokens } = minting(3_600_000);
    assert.equal(await tokens.token(access), 't-1');
    assert.equal(await tokens.token({ ...access, scopes: ['a'] }), 't-2');
    assert.equal(await tokens.token(id), 't-3');
    assert.equal(await tokens.token({ kind: 'id', audience: 'other', includeEmail: true }), 't-4');
  });

  test('a token that is over is asked for anew', async () => {
    const { tokens } = minting(0);
    assert.equal(await tokens.token(access), 't-1');
    assert.equal(await tokens.token(access), 't-2');
  });

  test('a failure is a fault for all who wait, and the next call asks again', async () => {
    let fails = true;
    const reasons: unknown[] = [];
    const source = async (): Promise<MintedToken> => {
      if (fails) throw new Error('out');
      return { token: 't', expires: Date.now() + 3_600_000 };
    };
    const tokens = new KeptGoogleTokens(source, (_, error) => reasons.push(error));
    const codes = await Promise.all([faultCode(tokens, access), faultCode(tokens, access)]);
    assert.deepEqual(codes, [code, code]);
    assert.equal(reasons.length, 1);
    fails = false;
    assert.equal(await tokens.token(access), 't');
  });
});

describe('sources', () => {
  let origin: OriginServer;
  let folder: string;
  let answer: (url: string) => { readonly status?: number; readonly text: string };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'google-'));
    origin = await startOrigin((request, response) => {
      const { status = 200, text } = answer(request.url ?? '');
      response.writeHead(status).end(text);
    });
  });
  after(async () => {
    await origin.close();
    await rm(folder, { recursive: true });
  });
  const host = () => ({ GCE_METADATA_HOST: origin.url.slice('http://'.length) });

  test('a metadata server', async () => {
    answer = (url) => ({
      text: url.includes('/token')
        ? JSON.stringify({ access_token: 'at', expires_in: 3600 })
        : jwt('https://run.example'),
    });
    for (const [setting, variables] of [
      ['environment', host()],
      ['metadata', host()],
      [`${origin.url}/`, {}],
    ] as const) {
      const from = origin.received.length;
      const tokens = openGoogleTokens(setting, variables, logOf());
      assert.equal(await tokens.token(access), 'at');
      assert.equal(decodeJwt(await tokens.token(id)).aud, 'https://run.example');
      const root = '/computeMetadata/v1/instance/service-accounts/default';
      assert.deepEqual(
        origin.received.slice(from).map(({ url }) => url),
        [`${root}/token?scopes=a%2Cb`, `${root}/identity?audience=https%3A%2F%2Frun.example&format=full`],
      );
      const fields = origin.received[from]?.rawHeaders ?? [];
      assert.equal(fields[fields.findIndex((name) => name.toLowerCase() === 'metadata-flavor') + 1], 'Google');
    }
  });

  test('a service account signs its grant', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const file = join(folder, 'key.json');
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const uri = `${origin.url}/token`;
    const account = { type: 'service_account', client_email: 'sa@p.example', private_key_id: 'k1', private_key: key };
    await writeFile(file, JSON.stringify({ ...account, token_uri: uri }));
    answer = () => ({ text: JSON.stringify({ access_token: 'at', expires_in: 3599, id_token: jwt('x') }) });
    const tokens = openGoogleTokens('environment', { ...host(), GOOGLE_APPLICATION_CREDENTIALS: file }, logOf());
    for (const [request, claim, value] of [
      [access, 'scope', 'a b'],
      [id, 'target_audience', 'https://run.example'],
    ] as const) {
      await tokens.token(request);
      const form = new URLSearchParams(origin.received.at(-1)?.body);
      assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer');
      const expected = { issuer: 'sa@p.example', audience: uri };
      const { payload, protectedHeader } = await jwtVerify(form.get('assertion') ?? '', publicKey, expected);
      assert.equal(payload[claim], value);
      assert.equal(protectedHeader.kid, 'k1');
    }
  });

  test('a file that is no key of a service account stops the start', async () => {
    const file = join(folder, 'bad.json');
    for (const text of ['{', '{"type":"authorized_user"}', '{"type":"service_account","client_email":"a@b"}']) {
      await writeFile(file, text);
      const open = () => openGoogleTokens('environment', { GOOGLE_APPLICATION_CREDENTIALS: file }, logOf());
      assert.throws(open, CommandFailure);
    }
  });

  test('answers that are none', async () => {
    for (const bad of [
      { status: 404, text: '' },
      { text: 'oops' },
      { text: '[]' },
      { text: '{"access_token":""}' },
      { text: '{"access_token":"a\\r\\nb: c"}' },
      { text: `{"access_token":"${'x'.repeat(70_000)}"}` },
    ]) {
      answer = () => bad;
      const log = logOf();
      assert.equal(await faultCode(openGoogleTokens(origin.url, {}, log), access), code);
      assert.equal(log.lines[0]?.message, 'no Google token');
      assert.doesNotMatch(JSON.stringify(log.lines), /oops|xxx/, 'the log quotes no answer');
    }
  });

  test('the stand-in says so for each token', async () => {
    const log = logOf();
    const tokens = openGoogleTokens('environment-or-stand-in', {}, log);
    assert.match(await tokens.token(access), /^ya29\.zerohop-stand-in-/);
    const { aud, iss, email } = decodeJwt(await tokens.token(id));
    assert.deepEqual(
      [aud, iss, email],
      ['https://run.example', 'https://stand-in.zerohop.invalid', 'stand-in@zerohop.invalid'],
    );
    assert.match(log.lines[0]?.message ?? '', /dummy/);
    assert.equal(log.lines.length, 2);
  });

  test('nothing named: no source', async () => {
    for (const setting of ['environment', 'none']) {
      const tokens = openGoogleTokens(setting, {}, logOf());
      assert.equal(tokens.hasSource, false);
      assert.equal(await faultCode(tokens, access), code);
    }
  });
});

describe('targets', () => {
  let origin: OriginServer;
  const asked: GoogleTokenRequest[] = [];
  const connections = createConnections({
    googleTokens: {
      hasSource: true,
      token: (request) => {
        asked.push(request);
        return Promise.resolve('T');
      },
    },
  });
  before(async () => {
    origin = await startOrigin();
  });
  after(async () => {
    connections.close();
    await origin.close();
  });
  const authentication = (inner: string) =>
    targetOf(http(`${origin.url}/base?q=1`, {}, `<Authentication>${inner}</Authentication>`), {}, connections);
  const sent = (name: string) => {
    const fields = origin.received.at(-1)?.rawHeaders ?? [];
    return fields.filter((_, at) => at % 2 === 1 && fields[at - 1]?.toLowerCase() === name);
  };

  test("the token replaces the client's own header", async () => {
    const { target } = authentication('<GoogleAccessToken><Scopes><Scope>s1</Scope></Scopes></GoogleAccessToken>');
    await callTarget(target, { headers: ['authorization', 'Basic eA==', 'AUTHORIZATION', 'Basic eQ=='] });
    assert.deepEqual(sent('authorization'), ['Bearer T']);
    assert.deepEqual(asked.at(-1), { kind: 'access', scopes: ['s1'], lifetimeSeconds: undefined });
  });

  test('another header leaves Authorization as it is', async () => {
    const { target } = authentication(
      '<HeaderName ref="no.such">X-Serverless-Authorization</HeaderName><GoogleIDToken><Audience ref="aud">d</Audience></GoogleIDToken>',
    );
    await callTarget(target, { headers: ['Authorization', 'Basic eA=='], variables: { aud: 'from-variable' } });
    assert.deepEqual(sent('authorization'), ['Basic eA==']);
    assert.deepEqual(sent('x-serverless-authorization'), ['Bearer T']);
    assert.deepEqual(asked.at(-1), { kind: 'id', audience: 'from-variable', includeEmail: false });
  });

  test("the audience can be the target's URL, without suffix and query", async () => {
    const { target } = authentication('<GoogleIDToken><Audience useTargetUrl="true"/></GoogleIDToken>');
    await callTarget(target, { uri: '/v1/more?x=1' });
    assert.equal(origin.received.at(-1)?.url, '/base/more?q=1&x=1');
    assert.deepEqual(asked.at(-1), { kind: 'id', audience: `${origin.url}/base`, includeEmail: false });
  });

  test('what cannot be asked for is reported, and a fault', async () => {
    const { target, diagnostics } = authentication('<GoogleIDToken/>');
    assert.deepEqual(
      diagnostics.map((one) => one.code),
      ['ZH661'],
    );
    const before = origin.received.length;
    assert.equal((await faultOfCall(callTarget(target))).code, code);
    assert.equal(origin.received.length, before);
    assert.deepEqual(
      authentication('').diagnostics.map((one) => one.code),
      ['ZH660'],
    );
  });
});
