import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Diagnostics } from '../diagnostic.ts';
import type { KeyStore } from './environment.ts';
import { JsonFields, listOf } from './json-fields.ts';
import type { JsonNode } from './json-source.ts';

/** Text of a file beside `keystores.json`, by path. */
export type ReadBeside = (path: string) => string | undefined;

type Alias = { readonly key: string | undefined; readonly cert: string | undefined };

/** `keystores.json`: key stores and trust stores, their keys and certificates as PEM text or as files beside it. */
export function readKeyStores(root: JsonNode, beside: ReadBeside, diagnostics: Diagnostics): KeyStore[] {
  return listOf(root, 'keystores', 'A key store', diagnostics).flatMap((fields) => {
    const name = fields.requiredText('name');
    const aliases = new Map<string, Alias>();
    for (const alias of aliasesOf(fields, diagnostics)) {
      const aliasName = alias.requiredText('alias');
      const format = alias.text('format') ?? 'pem';
      if (!/^(pem|keycertfile)$/i.test(format)) {
        const hint = 'Convert it: openssl pkcs12 -in FILE -nodes';
        alias.error('format', `The format "${format}" is not read; "pem" is.`, hint);
      }
      const pair = {
        key: pemOf(alias, 'key', beside, (pem) => createPrivateKey(pem)),
        cert: pemOf(alias, 'cert', beside, (pem) => new X509Certificate(pem)),
      };
      alias.reportMisspelt();
      if (aliasName === undefined) continue;
      if (aliases.has(aliasName)) alias.error('alias', `The alias "${aliasName}" stands in this store before.`);
      aliases.set(aliasName, pair);
    }
    fields.reportMisspelt();
    return name === undefined ? [] : [{ name, aliases }];
  });
}

/** A list of names alone declares nothing that could be used. */
function aliasesOf(fields: JsonFields, diagnostics: Diagnostics): JsonFields[] {
  const node = fields.node('aliases');
  if (node?.kind !== 'array') return fields.objects('aliases', 'An alias');
  return node.items.flatMap((item) => JsonFields.of(item, 'An alias', diagnostics) ?? []);
}

function pemOf(
  alias: JsonFields,
  name: 'key' | 'cert',
  beside: ReadBeside,
  parse: (pem: string) => unknown,
): string | undefined {
  const given = alias.text(name);
  if (given === undefined || given === '') return undefined;
  const what = name === 'key' ? 'private key' : 'certificate';
  const inFile = !given.includes('-----BEGIN');
  const pem = inFile ? beside(given) : given;
  if (pem === undefined) {
    alias.error(
      name,
      `There is no file "${given}" beside keystores.json.`,
      `Give the ${what} as PEM text or file name.`,
    );
    return undefined;
  }
  try {
    parse(pem);
    return pem;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const where = inFile ? ` in ${given}` : '';
    alias.error(name, `The ${what}${where} cannot be read: ${error.message}.`, 'Unencrypted PEM is expected.');
    return undefined;
  }
}
