import type { Diagnostic } from '../diagnostic.ts';

export type RefusalReason =
  | 'notFound'
  | 'alreadyDeployed'
  | 'stillDeployed'
  | 'notDeployed'
  | 'faulty'
  | 'badArchive'
  | 'badName'
  | 'storage';

/** A change that was not made: everything is as it was. */
export class DeploymentRefusal extends Error {
  override readonly name = 'DeploymentRefusal';
  readonly reason: RefusalReason;
  readonly diagnostics: readonly Diagnostic[];

  constructor(reason: RefusalReason, message: string, diagnostics: readonly Diagnostic[] = [], options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.diagnostics = diagnostics;
  }
}

/** `Proxy "NAME"`, for messages. */
export function titleOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind === 'apiproxy' ? 'Proxy' : 'Shared flow'} "${name}"`;
}
