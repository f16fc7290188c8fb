import type { Leaf } from '../schema/declare.ts';
import type { Compiler } from './policy.ts';

/** Apigee: a secret comes from a variable that traces and logs leave out. */
export function checkPrivate({ text: name, at }: Leaf<string>, compiler: Compiler): void {
  if (name.startsWith('private.')) return;
  const message = `The variable of a secret begins with "private."; "${name}" does not.`;
  compiler.error('ZH321', at, message, `Write ref="private.${name}", and set that variable.`);
}

/** Reports a secret that stands in the bundle, where everybody can read it. */
export function checkNoSecret(
  config: { readonly text: string | undefined; readonly textAt: Leaf<string>['at'] },
  what: string,
  compiler: Compiler,
): void {
  if (config.text === undefined || config.text === '') return;
  const message = `<${what}> holds the secret itself (InvalidSecretInConfig).`;
  compiler.error('ZH320', config.textAt, message, `Put it into a variable and name that: ref="private.secret".`);
}
