import type { BundleKind } from '../bundle/bundle.ts';
import type { LoadedBundle } from '../bundle/load.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { DeployedBundle } from './deploy.ts';

/** How a bundle stands, for people and programs that ask. */
export interface BundleState {
  readonly kind: BundleKind;
  readonly name: string;
  /** `kept`: the latest one is faulty, its last good revision serves; `refused`: faulty, nothing serves. */
  readonly state: 'deployed' | 'kept' | 'refused' | 'undeployed';
  /** The revision that serves. */
  readonly revision: number | undefined;
  readonly origin: 'directory' | 'api';
  readonly digest: string | undefined;
  /** Milliseconds since 1970: since when that revision serves; 0 when none does. */
  readonly since: number;
  readonly basePaths: readonly string[];
  /** Path of its folder as shown to the author, or the folder in the zip it came in. */
  readonly folder: string;
  /** Of the latest attempt to deploy it. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A bundle that is to be deployed, and where it comes from. */
export interface Put {
  /** Name and revision are those to deploy it under. */
  readonly loaded: LoadedBundle;
  readonly origin: 'directory' | 'api';
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Put before its base paths. */
  readonly basePath?: string | undefined;
  /** Digest of its files alone. */
  readonly digest: string;
}

/** The latest attempt to deploy a bundle. */
export interface Attempt {
  readonly put: Omit<Put, 'loaded'>;
  readonly result: DeployedBundle;
}

/** What is known of a name: what serves, and what was tried last. */
export interface Known {
  /** Undefined: nothing serves. */
  readonly serving: Attempt | undefined;
  /** The same as `serving` unless it failed. */
  readonly latest: Attempt;
}

export function stateOf({ serving, latest }: Known): BundleState {
  const { kind, name, folder, diagnostics } = latest.result;
  const state = serving === undefined ? 'refused' : serving === latest ? 'deployed' : 'kept';
  return {
    kind,
    name,
    state,
    revision: serving?.put.revision,
    origin: (serving ?? latest).put.origin,
    digest: serving?.put.digest,
    since: serving?.put.since ?? 0,
    basePaths: serving?.result.basePaths ?? [],
    folder,
    diagnostics,
  };
}
