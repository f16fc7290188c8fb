import type { Place } from '../diagnostic.ts';
import { type Reader, toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, element, many, valueOrRef } from '../schema/declare.ts';
import { text } from '../schema/values.ts';
import type { Compiler } from './policy.ts';

/** The key of an entry of a key value map. Apigee: KeyValueMapOperations, Key. */
export const mapKey = element({ children: { Parameter: many(valueOrRef(text)) } });

/** The parts of a key, joined. Undefined when one of them has no value: such a key names nothing. */
export function compileMapKey(
  config: ConfigOf<typeof mapKey>,
  compiler: Compiler,
): (exchange: Exchange) => string | undefined {
  checkMapKey(config, compiler);
  const parts = config.Parameter.map((one) => compileValue(one, compiler));
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return (exchange) => textOrUndefined(only(exchange));
  return (exchange) => {
    const texts = parts.map((part) => textOrUndefined(part(exchange)));
    return texts.includes(undefined) ? undefined : texts.join(keyJoin);
  };
}

/** Apigee: KeyValueMapOperations, Key: several Parameters are one key with two underscores between them. */
export const keyJoin = '__';

/** Reports a key that names nothing, or is empty in part. */
export function checkMapKey(
  config: { readonly at: Place; readonly Parameter: readonly KeyPart[] },
  compiler: Compiler,
): void {
  if (config.Parameter.length === 0) {
    compiler.error(
      'ZH122',
      config.at,
      '<Key> names no key (KeyIsMissing).',
      'Add <Parameter>...</Parameter> below <Key>.',
    );
  }
  for (const { at, text: literal = '', ref } of config.Parameter) {
    if (literal !== '' || ref !== undefined) continue;
    const hint = 'Write a text, or name a variable with ref="VARIABLE".';
    compiler.warning('ZH125', at, 'This part of the key is an empty text.', hint);
  }
}

interface KeyPart {
  readonly at: Place;
  readonly text: string | undefined;
  readonly ref?: object | undefined;
}

/** A text, or the variable that `ref` names with the text as what counts when that has no value. */
export function compileValue(config: ConfigOf<ReturnType<typeof valueOrRef<string>>>, compiler: Compiler): Reader {
  const fallback = config.text === '' ? undefined : config.text;
  if (config.ref === undefined) return () => config.text ?? '';
  const read = compiler.reader(config.ref.text);
  return (exchange) => read(exchange) ?? fallback;
}

export function textOrUndefined(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : toText(value);
}
