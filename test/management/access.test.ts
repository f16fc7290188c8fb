import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { type AccessRules, refusalOf } from '../../runtime/management/access.ts';

const loopback: AccessRules = { host: '127.0.0.1', token: undefined };
const guarded: AccessRules = { host: '0.0.0.0', token: 's3cret' };

function status(rules: AccessRules, headers: Record<string, string>): number {
  return refusalOf({ headers } as unknown as IncomingMessage, rules)?.status ?? 200;
}

describe('the management port', () => {
  it('answers loopback names only', () => {
    for (const host of ['127.0.0.1:8080', 'localhost:8080', 'LOCALHOST', '[::1]:8080']) {
      assert.equal(status(loopback, { host }), 200, host);
    }
    for (const host of ['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', 'localhost.evil.example:8080']) {
      assert.equal(status(loopback, { host }), 403, host);
    }
    assert.equal(status(loopback, {}), 403);
  });

  it('answers pages of its own origin only', () => {
    const host = '127.0.0.1:8080';
    assert.equal(status(loopback, { host, origin: 'http://127.0.0.1:8080' }), 200);
    for (const origin of ['http://evil.example', 'null', 'https://127.0.0.1:8080', 'http://127.0.0.1:9090']) {
      assert.equal(status(loopback, { host, origin }), 403, origin);
    }
  });

  it('answers no page of another site, whatever it sends', () => {
    const host = '127.0.0.1:8080';
    for (const site of ['cross-site', 'same-site'])
      assert.equal(status(loopback, { host, 'sec-fetch-site': site }), 403);
    for (const site of ['same-origin', 'none']) assert.equal(status(loopback, { host, 'sec-fetch-site': site }), 200);
  });

  it('takes its token as the password of Basic', () => {
    const host = 'gateway.example:8080';
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    assert.equal(status(guarded, { host, authorization: basic('ada:s3cret') }), 200);
    for (const authorization of [basic('s3cret:'), basic('s3cret'), basic('ada:s3cret2'), basic('ada:x:s3cret')]) {
      assert.equal(status(guarded, { host, authorization }), 401, authorization);
    }
  });

  it('asks for its token', () => {
    const host = 'gateway.example:8080';
    assert.equal(status(guarded, { host }), 401);
    for (const authorization of ['Bearer s3cre', 'Bearer s3cret2', 'Basic s3cret', 'Bearer ', 's3cret']) {
      assert.equal(status(guarded, { host, authorization }), 401, authorization);
    }
    assert.equal(status(guarded, { host, authorization: 'Bearer s3cret' }), 200);
  });
});
