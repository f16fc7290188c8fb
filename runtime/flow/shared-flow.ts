import type { Bundle } from '../bundle/bundle.ts';
import type { Exchange, Outcome, SharedFlow } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';
import type { BundleCompiler } from './bundle-compiler.ts';
import { plainScope } from './flow-compiler.ts';
import { compileSteps } from './flows.ts';
import { nothing } from './sequence.ts';

/** A deployed shared flow. Its steps run in the caller's exchange, its faults are the caller's. */
export class CompiledSharedFlow implements SharedFlow {
  readonly name: string;
  readonly revision: string;
  readonly digest: string;
  readonly #step: Step;

  constructor(bundle: Pick<Bundle, 'name' | 'revision' | 'digest'>, step: Step) {
    this.name = bundle.name;
    this.revision = bundle.revision;
    this.digest = bundle.digest;
    this.#step = step;
  }

  run(exchange: Exchange): Outcome {
    return this.#step(exchange);
  }
}

/** The flow named `default`, else the first file of `sharedflows/`. */
export function compileSharedFlow(bundle: Bundle, compiler: BundleCompiler): CompiledSharedFlow {
  const flow = bundle.sharedFlows.find((one) => one.name === 'default') ?? bundle.sharedFlows[0];
  if (flow === undefined && bundle.unreadable.size === 0) {
    compiler.diagnostics.error(
      'ZH021',
      bundle.at,
      `Shared flow "${bundle.name}" has no flow.`,
      'Add sharedflows/default.xml with a <SharedFlow>.',
    );
  }
  const step = flow === undefined ? nothing : compileSteps(flow.config, { parts: compiler, scope: plainScope });
  compiler.finish();
  return new CompiledSharedFlow(bundle, compiler.recorder?.sharedFlow(bundle.name, bundle.revision, step) ?? step);
}
