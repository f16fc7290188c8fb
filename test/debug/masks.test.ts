import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DebugMask, emptyDebugMask } from '../../runtime/bundle/debug-mask.ts';
import { type Direction, Mask } from '../../runtime/debug/mask.ts';
import { Secrets } from '../../runtime/debug/secrets.ts';
import { loadXPath } from '../../runtime/language/xpath.ts';

const plain = new Mask(emptyDebugMask, undefined);

describe('hidden by default', () => {
  for (const [name, value, shown] of [
    ['Authorization', 'Bearer abc', '***'],
    ['proxy-authorization', 'Basic abc', '***'],
    ['Cookie', 'a=b', '***'],
    ['Set-Cookie', 'a=b', '***'],
    ['x-api-key', 'abc', '***'],
    ['apikey', 'abc', '***'],
    ['X-Client-Secret', 'abc', '***'],
    ['X-Auth-Token', 'abc', '***'],
    ['Content-Type', 'text/plain', 'text/plain'],
    ['X-Request-Id', 'abc', 'abc'],
    ['If-Match', 'abc', 'abc'],
  ] as const) {
    it(`header ${name}: ${shown}`, () => assert.equal(plain.header(name, value, new Secrets()), shown));
  }

  for (const [uri, shown] of [
    ['/a?apikey=abc&b=1', '/a?apikey=***&b=1'],
    ['/a?b=1&client_secret=x&access_token=y', '/a?b=1&client_secret=***&access_token=***'],
    ['/a?%61pikey=abc', '/a?%61pikey=***'],
    ['https://user:pass@host/a', 'https://***@host/a'],
    ['/a?monkey=1&key=2', '/a?monkey=1&key=2'],
    ['/a', '/a'],
  ] as const) {
    it(`uri ${uri}`, () => assert.equal(plain.uri(uri, new Secrets()), shown));
  }

  for (const [name, isHidden] of [
    ['private.key', true],
    ['private', true],
    ['privateer', false],
    ['request.header.authorization', true],
    ['request.header.Cookie.1', true],
    ['message.header.accept', false],
    ['request.queryparam.apikey', true],
    ['request.formparam.password', true],
    ['client_id', true],
    ['verifyapikey.Check.client_secret', true],
    ['oauthv2accesstoken.Make.access_token', true],
    ['developer.email', false],
  ] as const) {
    it(`variable ${name}: ${isHidden}`, () => assert.equal(plain.hidesVariable(name), isHidden));
  }

  for (const [text, shown] of [
    ['{"client_secret": "a\\"b", "a": 1}', '{"client_secret": "***", "a": 1}'],
    ['{"pin":1,"password":12345}', '{"pin":1,"password":***}'],
    ['{"a": "cut off", "password": "never en', '{"a": "cut off", "password": "***'],
    [
      '<a><password>x</password><s:secret n="1">y</s:secret></a>',
      '<a><password>***</password><s:secret n="1">***</s:secret></a>',
    ],
    ['no secrets', 'no secrets'],
  ] as const) {
    it(`payload ${text}`, () =>
      assert.equal(
        plain.body({ direction: 'request', text: text, type: '', isWhole: true, keep: 1000 }, new Secrets()),
        shown,
      ));
  }

  it('a form', () => {
    const type = 'application/x-www-form-urlencoded';
    assert.equal(
      plain.body(
        { direction: 'request', text: 'a=1&password=x%20y', type: type, isWhole: true, keep: 1000 },
        new Secrets(),
      ),
      'a=1&password=***',
    );
  });
});

describe('hidden by debugmask.json', () => {
  const config: DebugMask = {
    ...emptyDebugMask,
    namespaces: new Map([['c', 'urn:cards']]),
    requestJSONPaths: ['$.card.number', '$.items[*].code'],
    requestXPaths: ['/c:order/c:card', '//@pin'],
    variables: ['order.total', 'request.header.x-tenant', 'response.content'],
  };

  const facts: readonly [Direction, string, string | undefined][] = [
    ['request', '{"card":{"number":"4111","name":"A"}}', '{"card":{"number":"***","name":"A"}}'],
    ['request', '{"items":[{"code":7,"n":1},{"code":8}]}', '{"items":[{"code":"***","n":1},{"code":"***"}]}'],
    ['request', '{"card":', undefined],
    ['request', 'text', 'text'],
    [
      'request',
      '<order xmlns="urn:cards"><card>4111</card><a pin="99">b</a></order>',
      '<order xmlns="urn:cards"><card>***</card><a pin="***">b</a></order>',
    ],
    ['request', '<order><card>', undefined],
    ['fault', '{"card":{"number":"4111"}}', '{"card":{"number":"4111"}}'],
    ['response', 'anything', '***'],
  ];
  for (const [direction, text, shown] of facts) {
    it(`${direction} ${text}`, async () => {
      const mask = new Mask(config, await loadXPath());
      assert.equal(mask.body({ direction, text, type: '', isWhole: true, keep: 1000 }, new Secrets()), shown);
    });
  }

  it('XML is withheld while XPaths cannot be looked for, and what is cut off always', () => {
    const mask = new Mask(config, undefined);
    assert.equal(
      mask.body({ direction: 'request', text: '<a/>', type: '', isWhole: true, keep: 1000 }, new Secrets()),
      undefined,
    );
    assert.equal(
      mask.body({ direction: 'request', text: '{"a":1}', type: '', isWhole: false, keep: 1000 }, new Secrets()),
      undefined,
    );
  });

  it('variables, and headers by the variable that stands for them', () => {
    const mask = new Mask(config, undefined);
    assert.equal(mask.hidesVariable('order.total'), true);
    assert.equal(mask.header('X-Tenant', 'a', new Secrets()), '***');
  });
});

describe('values that were hidden once', () => {
  it('are hidden wherever they turn up, as they are, in JSON, and in a URL', () => {
    const secrets = new Secrets();
    plain.header('Authorization', 'Bearer my "token" 1', secrets);
    plain.header('X-Api-Key', 'k/e=y1', secrets);
    secrets.sort();
    assert.equal(secrets.scrub('a my "token" 1 b'), 'a my "token" 1 b');
    assert.equal(secrets.scrub('a Bearer my "token" 1 b'), 'a *** b');
    assert.equal(secrets.scrub('{"a":"Bearer my \\"token\\" 1"} k/e=y1 k%2Fe%3Dy1'), '{"a":"***"} *** ***');
  });

  it('of Basic credentials: the password', () => {
    const secrets = new Secrets();
    plain.header('Authorization', `Basic ${Buffer.from('ada:swordfish').toString('base64')}`, secrets);
    assert.equal(secrets.scrub('ada swordfish'), 'ada ***');
  });

  it('of cookies: each of them', () => {
    const secrets = new Secrets();
    plain.header('Cookie', 'theme=dark; session=0123456789', secrets);
    assert.equal(secrets.scrub('dark 0123456789'), 'dark ***');
  });
});
