import type { Bundle } from '../bundle/bundle.ts';
import type { Environment, KeyValueMapFile } from '../bundle/environment.ts';
import type { Loaded, LoadedBundle } from '../bundle/load.ts';
import { type Diagnostic, Diagnostics } from '../diagnostic.ts';
import { BundleCompiler, type CompileContext } from '../flow/bundle-compiler.ts';
import type { Connections } from '../flow/connections.ts';
import { compileProxy, type ProxyPlan } from '../flow/proxy-plan.ts';
import { type CompiledSharedFlow, compileSharedFlow } from '../flow/shared-flow.ts';
import { policies } from '../policies/index.ts';
import { type KeyValueMapScope, KeyValueMaps, keyValueMapScope } from '../state/keyvaluemap.ts';
import type { Store } from '../state/store.ts';
import { BasePaths } from './base-paths.ts';
import { type Engines, readsDurations } from './engines.ts';
import { checkSharedFlows } from './shared-flow-calls.ts';
import { Snapshot } from './snapshot.ts';
import { checkCalls } from './static-calls.ts';

/** What outlives a deployment. */
export interface Ground {
  readonly store: Store;
  readonly connections: Connections;
  readonly engines: Engines;
}

export interface DeployedBundle {
  readonly bundle: Bundle;
  /** `kept`: this one is faulty, its last good revision goes on serving. */
  readonly state: 'deployed' | 'kept' | 'refused';
  readonly diagnostics: readonly Diagnostic[];
}

export interface Deployment {
  readonly snapshot: Snapshot;
  readonly bundles: readonly DeployedBundle[];
  /** All findings: those of bundles in their order, then those that belong to none. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Bundles and environment to one snapshot. A faulty bundle never stops the others: it is left out, or its last good
 * revision stays. Bundles whose files did not change keep their plan.
 */
export async function deploy(loaded: Loaded, ground: Ground, previous?: Snapshot): Promise<Deployment> {
  const { environment } = loaded;
  const chosen = loaded.bundles.filter((one) => isListed(one.bundle, environment));
  const bundles = chosen.map((one) => one.bundle);
  await loadKeyValueMaps(environment, ground.store);
  const context: CompileContext = {
    environment,
    store: ground.store,
    scripts: await ground.engines.scripts(bundles),
    xpath: await ground.engines.xpath(bundles),
    xsd: await ground.engines.xsd(bundles),
    oas: await ground.engines.oas(bundles),
    graphql: await ground.engines.graphql(bundles),
    policies,
    connections: ground.connections,
  };
  const deployer = new Deployer(context, previous);
  for (const one of chosen) if (one.bundle.kind === 'sharedflowbundle') deployer.sharedFlow(one);
  for (const one of chosen) if (one.bundle.kind === 'apiproxy') deployer.proxy(one);
  await deployer.doDeployWork();
  const snapshot = new Snapshot(environment, deployer.plans, deployer.sharedFlows);
  const across = new Diagnostics();
  across.list.push(...loaded.diagnostics.list);
  const byName = new Map(bundles.filter((one) => one.kind === 'apiproxy').map((one) => [one.name, one]));
  checkCalls(snapshot, byName, across);
  checkSharedFlows(snapshot, bundles, environment, across);
  const deployed = chosen.map((one) => ({
    bundle: one.bundle,
    state: deployer.stateOf(one.bundle),
    diagnostics: one.diagnostics.list,
  }));
  const diagnostics = [...deployed.flatMap((one) => one.diagnostics), ...across.list];
  return { snapshot, bundles: deployed, diagnostics };
}

/** Compiles one bundle after the other; which plan serves a name is settled here. */
class Deployer {
  readonly plans = new Map<string, ProxyPlan>();
  readonly sharedFlows = new Map<string, CompiledSharedFlow>();
  readonly #states = new Map<Bundle, DeployedBundle['state']>();
  readonly #basePaths = new BasePaths();
  readonly #compilers: BundleCompiler[] = [];
  readonly #context: CompileContext;
  readonly #previous: Snapshot | undefined;

  constructor(context: CompileContext, previous: Snapshot | undefined) {
    this.#context = context;
    this.#previous = previous;
  }

  stateOf(bundle: Bundle): DeployedBundle['state'] {
    return this.#states.get(bundle) ?? 'refused';
  }

  sharedFlow({ bundle, diagnostics }: LoadedBundle): void {
    const before = this.#previous?.sharedFlows.get(bundle.name);
    const same = before !== undefined && this.#unchanged(bundle, before.digest);
    const flow = same ? before : compileSharedFlow(bundle, this.#compiler(bundle, diagnostics));
    this.#settle(bundle, diagnostics, flow, before, this.sharedFlows);
  }

  proxy({ bundle, diagnostics }: LoadedBundle): void {
    const before = this.#previous?.plans.get(bundle.name);
    const same = before !== undefined && this.#unchanged(bundle, before.digest);
    const plan = same ? before : compileProxy(bundle, this.#compiler(bundle, diagnostics));
    if (diagnostics.errorCount === 0) this.#basePaths.claim(bundle, diagnostics);
    this.#settle(bundle, diagnostics, plan, before, this.plans);
    if (plan !== before && this.plans.get(bundle.name) !== plan) for (const target of plan.targets) target.close();
  }

  /** What policies left for the moment of deployment, of the bundles that are new and good. */
  async doDeployWork(): Promise<void> {
    for (const { bundle, deployWork } of this.#compilers) {
      if (this.stateOf(bundle) === 'deployed') for (const work of deployWork) await work();
    }
  }

  #settle<P>(bundle: Bundle, found: Diagnostics, made: P, before: P | undefined, into: Map<string, P>): void {
    const serves = found.errorCount === 0 ? made : before;
    if (serves !== undefined) into.set(bundle.name, serves);
    this.#states.set(bundle, found.errorCount === 0 ? 'deployed' : before === undefined ? 'refused' : 'kept');
  }

  #unchanged(bundle: Bundle, digest: string): boolean {
    return digest === bundle.digest && this.#previous?.environmentDigest === this.#context.environment.digest;
  }

  #compiler(bundle: Bundle, diagnostics: Diagnostics): BundleCompiler {
    const compiler = new BundleCompiler(bundle, this.#context, diagnostics, readsDurations(bundle));
    this.#compilers.push(compiler);
    return compiler;
  }
}

function isListed(bundle: Bundle, { deployments }: Environment): boolean {
  if (deployments === undefined) return true;
  return (bundle.kind === 'apiproxy' ? deployments.proxies : deployments.sharedFlows).has(bundle.name);
}

/** Entries of `maps.json` go into the store where it has none of that name yet. */
async function loadKeyValueMaps(environment: Environment, store: Store): Promise<void> {
  const maps = new KeyValueMaps(store);
  for (const file of environment.keyValueMaps) await maps.load(scopeOf(file, environment), file);
}

function scopeOf(file: KeyValueMapFile, environment: Environment): KeyValueMapScope {
  const { organization, name } = environment;
  if (file.scope === 'environment') return keyValueMapScope.environment({ organization, environment: name });
  if (file.proxy !== undefined) return keyValueMapScope.apiproxy({ organization, bundle: file.proxy });
  return keyValueMapScope.organization({ organization });
}
