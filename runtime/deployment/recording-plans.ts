import type { Recorder } from '../debug/recorder.ts';
import type { ProxyPlan } from '../flow/proxy-plan.ts';
import { recordedPlan, recordedSharedFlow } from '../flow/recorded-plan.ts';
import type { CompiledSharedFlow } from '../flow/shared-flow.ts';
import type { Directory, Endpoint, FlowHooks, SharedFlow } from '../message/exchange.ts';
import type { Compiled } from './compiled.ts';
import type { RecordedPlans, Snapshot } from './snapshot.ts';

/** Compiles what serves once more, so that it records; undefined when its files are not there any more. Never rejects. */
export type CompileRecorded = (
  of: ProxyPlan | CompiledSharedFlow,
  kind: Compiled['kind'],
) => Promise<Pick<Compiled, 'plan' | 'sharedFlow'> | undefined>;

/**
 * One snapshot as recorded calls see it: every proxy and shared flow that they reach records, whatever calls it and
 * however it is found. A plan is compiled with the first recorded call that reaches it.
 */
export class RecordingPlans implements Directory, RecordedPlans {
  readonly organization: string;
  readonly environment: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly flowHooks: FlowHooks;
  readonly #plain: Snapshot;
  readonly #recorder: Recorder;
  readonly #compile: CompileRecorded;
  /** Whether outside calls of a proxy come here. */
  readonly #isWanted: (proxy: string) => boolean;
  readonly #plans = new Map<string, ProxyPlan>();
  readonly #flows = new Map<string, SharedFlow>();
  readonly #compiled = new Map<string, Promise<ProxyPlan | undefined>>();
  #closed = false;

  constructor(plain: Snapshot, recorder: Recorder, compile: CompileRecorded, isWanted: (proxy: string) => boolean) {
    this.organization = plain.organization;
    this.environment = plain.environment;
    this.properties = plain.properties;
    this.flowHooks = plain.flowHooks;
    this.#plain = plain;
    this.#recorder = recorder;
    this.#compile = compile;
    this.#isWanted = isWanted;
  }

  planOf(plain: ProxyPlan): ProxyPlan | undefined {
    return this.#isWanted(plain.name) ? this.#planOf(plain) : undefined;
  }

  /** Whether the proxy records now: its files were there, and are compiled. */
  async isReady(proxy: string): Promise<boolean> {
    const plain = this.#plain.plans.get(proxy);
    return plain !== undefined && (await this.#recorded(plain)) !== undefined;
  }

  endpointByName(proxy: string, endpoint: string | undefined): Endpoint | undefined {
    return this.#endpointOf(this.#plain.endpointByName(proxy, endpoint));
  }

  proxyExists(proxy: string): boolean {
    return this.#plain.proxyExists(proxy);
  }

  endpointByPath(path: string): Endpoint | undefined {
    return this.#endpointOf(this.#plain.endpointByPath(path));
  }

  sharedFlow(name: string): SharedFlow | undefined {
    const plain = this.#plain.sharedFlows.get(name);
    if (plain === undefined) return undefined;
    const before = this.#flows.get(name);
    if (before !== undefined) return before;
    const compile = async () => (await this.#compile(plain, 'sharedflowbundle'))?.sharedFlow;
    const flow = recordedSharedFlow(plain, compile);
    this.#flows.set(name, flow);
    return flow;
  }

  close(): void {
    this.#closed = true;
    for (const made of this.#compiled.values()) made.then(closeTargets);
    this.#compiled.clear();
  }

  #endpointOf(plain: Endpoint | undefined): Endpoint | undefined {
    const plan = plain === undefined ? undefined : this.#plain.plans.get(plain.proxy);
    if (plain === undefined || plan === undefined) return plain;
    return this.#planOf(plan).endpoints.find(({ name }) => name === plain.name) ?? plain;
  }

  #planOf(plain: ProxyPlan): ProxyPlan {
    const before = this.#plans.get(plain.name);
    if (before !== undefined) return before;
    const ground = { recorder: this.#recorder, directory: this };
    const plan = recordedPlan(plain, () => this.#recorded(plain), ground);
    this.#plans.set(plain.name, plan);
    return plan;
  }

  #recorded(plain: ProxyPlan): Promise<ProxyPlan | undefined> {
    const before = this.#compiled.get(plain.name);
    if (before !== undefined) return before;
    const made = this.#compile(plain, 'apiproxy').then((compiled) => {
      const plan = compiled?.plan;
      if (this.#closed && plan !== undefined) closeTargets(plan);
      return plan;
    });
    this.#compiled.set(plain.name, made);
    return made;
  }
}

function closeTargets(plan: ProxyPlan | undefined): void {
  for (const target of plan?.targets ?? []) target.close();
}
