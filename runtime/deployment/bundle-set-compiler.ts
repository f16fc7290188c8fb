import type { Environment } from '../bundle/environment.ts';
import type { LoadedBundle } from '../bundle/load.ts';
import type { PlanRecorder } from '../debug/plan-recorder.ts';
import { BundleCompiler, type CompileContext } from '../flow/bundle-compiler.ts';
import { compileProxy } from '../flow/proxy-plan.ts';
import { compileSharedFlow } from '../flow/shared-flow.ts';
import { policies } from '../policies/index.ts';
import { type Compiled, compiledOf } from './compiled.ts';
import type { Ground } from './deploy.ts';
import { readsDurations } from './engines.ts';
import { Uses } from './uses.ts';

/** Compiles the bundles of one change, each with its own view of the environment. */
export class BundleSetCompiler {
  readonly environment: Environment;
  readonly #context: CompileContext;

  private constructor(context: CompileContext) {
    this.environment = context.environment;
    this.#context = context;
  }

  static async open(
    put: readonly LoadedBundle[],
    environment: Environment,
    { store, caches, connections, engines, consumers }: Ground,
  ): Promise<BundleSetCompiler> {
    const bundles = put.map(({ bundle }) => bundle);
    return new BundleSetCompiler({
      environment,
      store,
      caches,
      consumers,
      scripts: await engines.scripts(bundles),
      xpath: await engines.xpath(bundles),
      xsd: await engines.xsd(bundles),
      oas: await engines.oas(bundles),
      graphql: await engines.graphql(bundles),
      tokenizer: await engines.tokenizer(bundles),
      saml: await engines.saml(bundles),
      ldap: await engines.ldap(bundles),
      policies,
      overrides: engines.overrides,
      connections,
    });
  }

  /**
   * Mistakes are added to the findings of the loaded bundle.
   * @param recorder for a plan of a debug session
   */
  compile(
    { bundle, diagnostics }: LoadedBundle,
    recorder?: PlanRecorder,
  ): { compiled: Compiled; compiler: BundleCompiler } {
    const uses = new Uses(this.environment);
    const context = { ...this.#context, environment: uses.environment };
    const compiler = new BundleCompiler(bundle, context, diagnostics, readsDurations(bundle), recorder);
    const isProxy = bundle.kind === 'apiproxy';
    const plan = isProxy ? compileProxy(bundle, compiler) : undefined;
    const sharedFlow = isProxy ? undefined : compileSharedFlow(bundle, compiler);
    return { compiled: compiledOf(bundle, { plan, sharedFlow }, uses), compiler };
  }
}
