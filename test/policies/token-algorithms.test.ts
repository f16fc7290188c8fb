import assert from 'node:assert/strict';
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { describe, test } from 'node:test';
import { parseCompact, parseHeader } from '../../runtime/policies/compact-token.ts';
import { signingAlgorithms } from '../../runtime/policies/token-algorithms.ts';
import {
  type ContentAlgorithm,
  contentAlgorithms,
  decrypt,
  encrypt,
  type KeyAlgorithm,
  keyAlgorithms,
} from '../../runtime/policies/token-encryption.ts';
import { TokenFailure } from '../../runtime/policies/token-failure.ts';
import { signCompact } from '../../runtime/policies/token-signing.ts';
import { encryptedExamples, signedExamples } from '../support/jose-examples.ts';

function keyOf(jwk: Readonly<Record<string, string>>): KeyObject {
  if (jwk.kty === 'oct') return createSecretKey(Buffer.from(jwk.k ?? '', 'base64url'));
  return jwk.d === undefined
    ? createPublicKey({ key: jwk, format: 'jwk' })
    : createPrivateKey({ key: jwk, format: 'jwk' });
}

function reasonOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    assert.ok(error instanceof TokenFailure, String(error));
    return error.reason;
  }
}

describe('signatures of the RFCs', () => {
  for (const { section, algorithm, key, token, payload } of signedExamples) {
    test(`${section} ${algorithm}`, () => {
      const parsed = parseCompact(token);
      const signing = signingAlgorithms.get(algorithm);
      assert.equal(parsed.header.alg, algorithm);
      assert.equal(parsed.payload.toString('utf8'), payload);
      assert.equal(signing?.verify(keyOf(key), parsed.signed, parsed.signature), true);
      const changed = Buffer.from(parsed.signature);
      changed[7] = (changed[7] ?? 0) ^ 1;
      assert.equal(signing?.verify(keyOf(key), parsed.signed, changed), false);
      assert.equal(signing?.verify(keyOf(key), parsed.signed, Buffer.alloc(0)), false);
    });
  }
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;

describe('what is signed is verified, and by nothing else', () => {
  for (const [name, algorithm] of signingAlgorithms) {
    test(name, () => {
      const pair =
        algorithm.family === 'ec'
          ? generateKeyPairSync('ec', { namedCurve: curves[name as keyof typeof curves] })
          : algorithm.family === 'rsa'
            ? rsa
            : undefined;
      const secret = createSecretKey(randomBytes(64));
      const parts = signCompact({ alg: name }, Buffer.from('x'), algorithm, pair?.privateKey ?? secret);
      const token = parseCompact(`${parts.header}.${parts.payload}.${parts.signature}`);
      const key = pair?.publicKey ?? secret;
      assert.equal(algorithm.verify(key, token.signed, token.signature), true);
      assert.equal(algorithm.verify(key, Buffer.from(`${parts.header}.eA`), token.signature), parts.payload === 'eA');
      for (const [other, one] of signingAlgorithms) {
        if (one.family !== algorithm.family || other === name) continue;
        if (reasonOf(() => one.checkKey(key)) !== 'none') continue;
        assert.equal(one.verify(key, token.signed, token.signature), false, other);
      }
    });
  }

  test('none is no algorithm', () => assert.equal(signingAlgorithms.has('none'), false));
});

describe('keys', () => {
  const check = (name: string, key: KeyObject) => reasonOf(() => signingAlgorithms.get(name)?.checkKey(key));
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  for (const [name, key, expected] of [
    ['HS256', createSecretKey(randomBytes(31)), 'InsufficientKeyLength'],
    ['HS256', createSecretKey(randomBytes(32)), 'none'],
    ['HS512', createSecretKey(randomBytes(63)), 'InsufficientKeyLength'],
    ['HS256', rsa.publicKey, 'WrongKeyType'],
    ['RS256', short.publicKey, 'InsufficientKeyLength'],
    ['PS512', p384.publicKey, 'WrongKeyType'],
    ['RS256', createSecretKey(randomBytes(64)), 'WrongKeyType'],
    ['ES256', p384.publicKey, 'InvalidCurve'],
    ['ES384', p384.publicKey, 'none'],
    ['ES256', rsa.publicKey, 'WrongKeyType'],
  ] as const) {
    test(`${name} ${key.asymmetricKeyType ?? 'secret'}: ${expected}`, () => assert.equal(check(name, key), expected));
  }
});

describe('encrypted tokens of the RFC', () => {
  for (const example of encryptedExamples) {
    test(`${example.section} ${example.keyAlgorithm} ${example.contentAlgorithm}`, async () => {
      const { key } = example;
      const plain = await decrypt(
        example.token,
        parseHeader(example.token).header,
        typeof key === 'string' ? createSecretKey(Buffer.from(key)) : keyOf(key),
        {
          key: example.keyAlgorithm as KeyAlgorithm,
          content: example.contentAlgorithm as ContentAlgorithm,
          iterations: 10_000,
          saltLength: 8,
        },
      );
      const text = Buffer.from(plain).toString('utf8');
      if (example.payload.startsWith('{')) assert.deepEqual(JSON.parse(text), JSON.parse(example.payload));
      else assert.equal(text, example.payload);
    });
  }
});

describe('what is encrypted is decrypted', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const contentBytes = {
    A128GCM: 16,
    A192GCM: 24,
    A256GCM: 32,
    'A128CBC-HS256': 32,
    'A192CBC-HS384': 48,
    'A256CBC-HS512': 64,
  };
  const keysOf = (algorithm: KeyAlgorithm, content: ContentAlgorithm): readonly [KeyObject, KeyObject] => {
    if (algorithm.startsWith('RSA')) return [rsa.publicKey, rsa.privateKey];
    if (algorithm.startsWith('ECDH')) return [ec.publicKey, ec.privateKey];
    const size = algorithm === 'dir' ? contentBytes[content] : Number(/^A(\d+)/.exec(algorithm)?.[1] ?? 256) / 8;
    const secret = createSecretKey(randomBytes(size));
    return [secret, secret];
  };
  const every = [
    ...keyAlgorithms.map((key) => [key, 'A256GCM'] as const),
    ...contentAlgorithms.map((content) => ['dir', content] as const),
  ];
  for (const [key, content] of every) {
    test(`${key} ${content}`, async () => {
      const [mine, theirs] = keysOf(key, content);
      const options = { key, content, iterations: 1000, saltLength: 16 };
      const token = await encrypt(Buffer.from('{"a":1}'), { typ: 'JWT', crit: ['x'], x: 1 }, mine, options);
      const { header, parts } = parseHeader(token);
      assert.equal(parts, 5);
      assert.equal(header.alg, key);
      assert.equal(header.enc, content);
      assert.equal(Buffer.from(await decrypt(token, header, theirs, options)).toString(), '{"a":1}');
      const [, other] = keysOf(key, content);
      const end = token.slice(0, -6) + (token.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA');
      await assert.rejects(decrypt(end, header, theirs, options), { reason: 'DecryptionFailed' });
      if (other !== theirs)
        await assert.rejects(decrypt(token, header, other, options), { reason: 'DecryptionFailed' });
    });
  }

  test('compressed, up to a limit', async () => {
    const secret = createSecretKey(randomBytes(32));
    const options = { key: 'dir', content: 'A256GCM', iterations: 1, saltLength: 8 } as const;
    const token = await encrypt(Buffer.from('a'.repeat(100_000)), { zip: 'DEF' }, secret, options);
    assert.ok(token.length < 1000);
    assert.equal((await decrypt(token, parseHeader(token).header, secret, options)).length, 100_000);
    const bomb = await encrypt(Buffer.alloc(5_000_000), { zip: 'DEF' }, secret, options);
    await assert.rejects(decrypt(bomb, parseHeader(bomb).header, secret, options), TokenFailure);
  });

  test('a token may not ask for more rounds than the policy takes', async () => {
    const password = createSecretKey(Buffer.from('correct horse'));
    const options = { key: 'PBES2-HS256+A128KW', content: 'A128GCM', saltLength: 16 } as const;
    const token = await encrypt(Buffer.from('x'), {}, password, { ...options, iterations: 5000 });
    await assert.rejects(
      decrypt(token, parseHeader(token).header, password, { ...options, iterations: 4999 }),
      TokenFailure,
    );
  });

  test('keys of the wrong size or kind', async () => {
    const reason = async (key: KeyAlgorithm, object: KeyObject) => {
      const made = encrypt(Buffer.from('x'), {}, object, { key, content: 'A256GCM', iterations: 1, saltLength: 8 });
      return made.then(
        () => 'none',
        (error: unknown) => (error instanceof TokenFailure ? error.reason : String(error)),
      );
    };
    const secret = createSecretKey(randomBytes(20));
    assert.equal(await reason('dir', secret), 'InsufficientKeyLength');
    assert.equal(await reason('A128KW', secret), 'InvalidSecretKey');
    assert.equal(await reason('RSA-OAEP-256', ec.publicKey), 'WrongKeyType');
    assert.equal(await reason('ECDH-ES', rsa.publicKey), 'WrongKeyType');
  });
});

describe('texts that are no token', () => {
  const b64 = (text: string) => Buffer.from(text).toString('base64url');
  const good = b64('{"alg":"HS256"}');
  for (const [text, expected] of [
    ['', 'FailedToDecode'],
    ['a.b', 'FailedToDecode'],
    [`${good}.e30.AA.AA`, 'FailedToDecode'],
    [`${good}.e30=.AA`, 'FailedToDecode'],
    [`${good}.e3 0.AA`, 'FailedToDecode'],
    [`${good}.e30.+/AA`, 'FailedToDecode'],
    [`${good}.e30.A`, 'FailedToDecode'],
    [`${b64('[]')}.e30.AA`, 'InvalidJsonFormat'],
    [`${b64('{')}.e30.AA`, 'InvalidJsonFormat'],
    [`${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.e30.AA`, 'FailedToDecode'],
    [`${good}.e30.AA`, 'none'],
  ] as const) {
    test(`"${text}"`, () =>
      assert.equal(
        reasonOf(() => parseCompact(text)),
        expected,
      ));
  }
});
