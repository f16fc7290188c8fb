import type { Place } from '../diagnostic.ts';
import { type ConfigOf, element, type Leaf } from '../schema/declare.ts';
import { oneOf, text } from '../schema/values.ts';
import type { Compiler } from './policy.ts';
import { contentAlgorithms, type Encryption, keyAlgorithms } from './token-encryption.ts';
import type { KeyElements } from './token-keys.ts';

/** Whether a JWT policy signs or encrypts, and how. Apigee: GenerateJWT, Type, Algorithm and Algorithms. */

export const typeElements = {
  Type: oneOf('Signed', 'Encrypted'),
  Algorithm: text,
  Algorithms: element({ children: { Key: oneOf(...keyAlgorithms), Content: oneOf(...contentAlgorithms) } }),
};

interface TypeConfig extends KeyElements {
  readonly at: Place;
  readonly Type: Leaf<'Signed' | 'Encrypted'> | undefined;
  readonly Algorithm: Leaf<string> | undefined;
  readonly Algorithms: ConfigOf<typeof typeElements.Algorithms> | undefined;
}

/** Undefined for a policy that signs. Without Type the algorithms tell. */
export function compileEncryption(config: TypeConfig, compiler: Compiler): Encryption | undefined {
  const { Type, Algorithm, Algorithms } = config;
  const encrypts = Type === undefined ? Algorithm === undefined && Algorithms !== undefined : Type.text === 'Encrypted';
  const unused = encrypts ? Algorithm : Algorithms;
  if (unused !== undefined) {
    const name = encrypts ? 'Algorithm' : 'Algorithms';
    const message = `<${name}> does not go with a token that is ${encrypts ? 'encrypted' : 'signed'} (InvalidConfiguration).`;
    compiler.error('ZH340', unused.at, message, `Remove it, or change <Type>.`);
  }
  if (!encrypts) return undefined;
  if (Algorithms?.Key === undefined || Algorithms.Content === undefined) {
    const message = 'An encrypted token needs <Algorithms> with <Key> and <Content> (MissingConfigurationElement).';
    compiler.error(
      'ZH340',
      Algorithms?.at ?? config.at,
      message,
      `Add such as <Key>RSA-OAEP-256</Key> and <Content>A256GCM</Content>.`,
    );
    return undefined;
  }
  return {
    key: Algorithms.Key.text,
    content: Algorithms.Content.text,
    iterations: config.PasswordKey?.PBKDF2Iterations?.text ?? 10_000,
    saltLength: config.PasswordKey?.SaltLength?.text ?? 8,
  };
}
