import type { Environment } from '../bundle/environment.ts';
import type { LoadedBundle } from '../bundle/load.ts';
import { loadBundle } from '../bundle/load.ts';
import { type PackedFiles, pack, unpackFiles } from '../bundle/packed-files.ts';
import { briefPlan, dormantPlan } from '../flow/dormant-plan.ts';
import type { ProxyPlan } from '../flow/proxy-plan.ts';
import { BundleSetCompiler } from './bundle-set-compiler.ts';
import { type Compiled, compiledOf } from './compiled.ts';
import type { Ground } from './deploy.ts';
import { loadAs } from './sources.ts';
import { Uses } from './uses.ts';

/**
 * From so many bundles on proxies are dormant until they are called, and at start only their endpoints are read before
 * the server listens. zerohop's choice: below it compiling everything at once takes less time than anybody notices.
 */
export const dormantFrom = 100;

/** How proxies rest in a large deployment. */
export class Dormancy {
  readonly #environment: Environment;
  readonly #ground: Ground;

  constructor(environment: Environment, ground: Ground) {
    this.#environment = environment;
    this.#ground = ground;
  }

  /** A bundle that was read briefly: compiled, with what policies do at deployment, by its first call or its check. */
  brief(loaded: LoadedBundle): Compiled {
    const { bundle } = loaded;
    const source = sourceOf(loaded);
    const plan = briefPlan(bundle, () => this.#compile(source, true));
    const made = compiledOf(bundle, { plan, sharedFlow: undefined }, new Uses(this.#environment));
    // What it calls is known when it is checked: nothing is to be said of it before.
    const unchecked = (): LoadedBundle => loadAs(unpackFiles(source.files), source.name, Number(source.revision));
    return { ...made, setsTargetUrl: true, unchecked };
  }

  /** A proxy that was compiled and found good, without what came of that. Shared flows stay awake. */
  rest(made: Compiled, loaded: LoadedBundle): Compiled {
    if (made.plan === undefined) return made;
    for (const target of made.plan.targets) target.close();
    const source = sourceOf(loaded);
    return { ...made, plan: dormantPlan(made.plan, () => this.#compile(source, false)) };
  }

  async #compile({ files, name, revision, digest }: Source, isFirst: boolean): Promise<ProxyPlan | undefined> {
    const whole = loadBundle(unpackFiles(files));
    const loaded = { ...whole, bundle: { ...whole.bundle, name, revision, digest } };
    const set = await BundleSetCompiler.open([loaded], this.#environment, this.#ground);
    const { compiled, compiler } = set.compile(loaded);
    if (loaded.diagnostics.errorCount > 0) return undefined;
    if (isFirst) for (const work of compiler.deployWork) await work();
    return compiled.plan;
  }
}

/** What a plan is made of again. */
interface Source {
  readonly files: PackedFiles;
  readonly name: string;
  readonly revision: string;
  readonly digest: string;
}

function sourceOf({ bundle: { name, revision, digest }, files }: LoadedBundle): Source {
  return { files: pack(files), name, revision, digest };
}
