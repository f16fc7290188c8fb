import type { Bundle, BundleKind } from '../bundle/bundle.ts';
import type { Environment } from '../bundle/environment.ts';
import type { LoadedBundle } from '../bundle/load.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { BundleCompiler } from '../flow/bundle-compiler.ts';
import type { Connections } from '../flow/connections.ts';
import type { Caches } from '../state/cache.ts';
import type { Consumers } from '../state/consumers.ts';
import { type BundleId, idText } from '../state/revisions.ts';
import type { Store } from '../state/store.ts';
import { BasePaths } from './base-paths.ts';
import { Breath } from './breath.ts';
import { BundleSetCompiler } from './bundle-set-compiler.ts';
import { type Compiled, claimsOf } from './compiled.ts';
import { Dormancy, dormantFrom } from './dormancy.ts';
import type { Engines } from './engines.ts';
import { checkSharedFlows } from './shared-flow-calls.ts';
import { Snapshot } from './snapshot.ts';
import { checkCalls } from './static-calls.ts';
import type { Uses } from './uses.ts';

/** What outlives a deployment. */
export interface Ground {
  readonly store: Store;
  /** Absent: each bundle has a bound of its own for what it caches. */
  readonly caches?: Caches;
  readonly connections: Connections;
  readonly engines: Engines;
  readonly consumers: Consumers;
}

/** What is to be different. Bundles that are not named stay as they are. */
export interface BundleChange {
  readonly put: readonly LoadedBundle[];
  readonly remove: readonly BundleId[];
}

/** What became of a bundle that was to be deployed. Holds nothing of its source. */
export interface DeployedBundle {
  readonly kind: BundleKind;
  readonly name: string;
  readonly revision: string;
  readonly digest: string;
  /** Path of its folder, as shown to the author. */
  readonly folder: string;
  /** `kept`: this one is faulty, its last good revision goes on serving. */
  readonly state: 'deployed' | 'kept' | 'refused';
  /** Of the proxy as it is written, `/` is the empty string; none of a shared flow. */
  readonly basePaths: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** What of the environment it was compiled with. */
  readonly uses: Uses;
}

/** A snapshot that may be swapped in, and what is to be said of it. */
export interface Deployment {
  readonly snapshot: Snapshot;
  /** One for each bundle that was put. */
  readonly bundles: readonly DeployedBundle[];
  /** All findings: those of bundles in their order, then those that belong to none of them. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A deployment that nothing serves yet. */
export interface PreparedDeployment extends Deployment {
  /** Does what policies left for the moment of deployment. Before the snapshot serves. */
  doDeployWork(): Promise<void>;
  /** It will never serve: closes what was opened for it. */
  discard(): void;
}

/**
 * A change of bundles or environment to the next snapshot. A faulty bundle never stops the others: it is left out, or
 * its last good revision stays. A bundle whose files and whose part of the environment did not change keeps its plan.
 * Of two bundles with one base path that was there before keeps it, then that which comes first.
 */
export async function prepare(
  change: BundleChange,
  environment: Environment,
  ground: Ground,
  previous?: Snapshot,
): Promise<PreparedDeployment> {
  const { put, remove } = change;
  const compiler = await BundleSetCompiler.open(put, environment, ground);
  const isLarge = put.length + (previous?.compiled.size ?? 0) >= dormantFrom;
  const deployer = new Deployer(compiler, previous, new Dormancy(environment, ground), isLarge);
  const breath = new Breath();
  const touched = new Set([...remove, ...put.map(({ bundle }) => bundle)].map(idText));
  deployer.keepAllBut(touched);
  const proxies = put.filter(({ bundle }) => bundle.kind === 'apiproxy');
  const inTurn = [
    ...put.filter(({ bundle }) => bundle.kind === 'sharedflowbundle'),
    ...proxies.filter(({ bundle }) => deployer.serves(bundle)),
    ...proxies.filter(({ bundle }) => !deployer.serves(bundle)),
  ];
  for (const one of inTurn) {
    deployer.put(one);
    await breath.take();
  }
  const snapshot = new Snapshot(environment, deployer.compiled);
  const putKeys = new Set(put.map(({ bundle }) => idText(bundle)));
  const isNew = (about: string): boolean => putKeys.has(about);
  const across = [
    ...checkCalls(snapshot, previous, isNew),
    ...checkSharedFlows(snapshot, previous, environment, isNew),
  ];
  for (const { about, finding } of across) if (about !== undefined) deployer.add(about, finding);
  const bundles = put.flatMap(({ bundle }) => deployer.resultOf(bundle) ?? []);
  const others = across.filter(({ about }) => about === undefined || !isNew(about)).map(({ finding }) => finding);
  return {
    snapshot,
    bundles,
    diagnostics: [...bundles.flatMap((one) => one.diagnostics), ...others],
    doDeployWork: () => deployer.doDeployWork(),
    discard: () => deployer.discard(),
  };
}

/** `prepare`, and the work of the moment of deployment. */
export async function deploy(
  change: BundleChange,
  environment: Environment,
  ground: Ground,
  previous?: Snapshot,
): Promise<Deployment> {
  const prepared = await prepare(change, environment, ground, previous);
  await prepared.doDeployWork();
  // Nothing else of it: what was compiled from holds on to the sources.
  const { snapshot, bundles, diagnostics } = prepared;
  return { snapshot, bundles, diagnostics };
}

/** Takes one bundle after the other; which plan serves a name is settled here. */
class Deployer {
  readonly compiled = new Map<string, Compiled>();
  readonly #results = new Map<Bundle, DeployedBundle & { readonly diagnostics: Diagnostic[] }>();
  readonly #basePaths = new BasePaths();
  readonly #fresh = new Map<Compiled, BundleCompiler>();
  readonly #compiler: BundleSetCompiler;
  readonly #previous: Snapshot | undefined;
  readonly #dormancy: Dormancy;
  readonly #isLarge: boolean;

  constructor(compiler: BundleSetCompiler, previous: Snapshot | undefined, dormancy: Dormancy, isLarge: boolean) {
    this.#compiler = compiler;
    this.#previous = previous;
    this.#dormancy = dormancy;
    this.#isLarge = isLarge;
  }

  serves(id: BundleId): boolean {
    return this.#previous?.compiled.has(idText(id)) === true;
  }

  keepAllBut(touched: ReadonlySet<string>): void {
    for (const [key, one] of this.#previous?.compiled ?? []) if (!touched.has(key)) this.#keep(key, one);
  }

  put(loaded: LoadedBundle): void {
    const { bundle, diagnostics } = loaded;
    const key = idText(bundle);
    const before = this.#previous?.compiled.get(key);
    const made = this.#made(bundle, before) ?? this.#compile(loaded);
    if (diagnostics.errorCount === 0) diagnostics.list.push(...this.#basePaths.claim(made.claims));
    const isGood = diagnostics.errorCount === 0;
    if (isGood) this.compiled.set(key, made);
    else this.#close(made);
    // What nobody has checked is no good revision to fall back to.
    const isKept = !isGood && before !== undefined && before.unchecked === undefined && this.#keep(key, before);
    this.#results.set(bundle, {
      kind: bundle.kind,
      name: bundle.name,
      revision: bundle.revision,
      digest: bundle.digest,
      folder: bundle.folder,
      state: isGood ? 'deployed' : isKept ? 'kept' : 'refused',
      basePaths: claimsOf(bundle).map(({ basePath }) => basePath),
      diagnostics: [...diagnostics.list],
      uses: made.uses,
    });
  }

  resultOf(bundle: Bundle): DeployedBundle | undefined {
    return this.#results.get(bundle);
  }

  /** A finding about how a bundle fits to the others. */
  add(about: string, finding: Diagnostic): void {
    for (const [bundle, { diagnostics }] of this.#results) if (idText(bundle) === about) diagnostics.push(finding);
  }

  /** What policies left for the moment of deployment, of the bundles that are new and good. */
  async doDeployWork(): Promise<void> {
    for (const { deployWork } of this.#fresh.values()) for (const work of deployWork) await work();
  }

  discard(): void {
    for (const one of [...this.#fresh.keys()]) this.#close(one);
  }

  #keep(key: string, one: Compiled): boolean {
    if (this.#basePaths.claim(one.claims).length > 0) return false;
    this.compiled.set(key, one);
    return true;
  }

  /** What was made of the same files, in what is the same environment for them. */
  #made(bundle: Bundle, before: Compiled | undefined): Compiled | undefined {
    if (before === undefined || before.unchecked !== undefined) return undefined;
    if (before.digest !== bundle.digest || before.revision !== bundle.revision) return undefined;
    return before.uses.areSameIn(this.#compiler.environment) ? before : undefined;
  }

  #compile(loaded: LoadedBundle): Compiled {
    if (loaded.isBrief === true) return this.#dormancy.brief(loaded);
    const { compiled, compiler } = this.#compiler.compile(loaded);
    const made = this.#isLarge ? this.#dormancy.rest(compiled, loaded) : compiled;
    this.#fresh.set(made, compiler);
    return made;
  }

  /** Connections of a plan that was made here and will not serve. */
  #close(made: Compiled): void {
    if (!this.#fresh.delete(made)) return;
    for (const target of made.plan?.targets ?? []) target.close();
  }
}
