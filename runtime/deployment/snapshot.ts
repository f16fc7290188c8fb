import type { Environment } from '../bundle/environment.ts';
import type { CompiledEndpoint } from '../flow/endpoint.ts';
import type { ProxyPlan } from '../flow/proxy-plan.ts';
import type { CompiledSharedFlow } from '../flow/shared-flow.ts';
import type { LocalCall } from '../flow/target.ts';
import type { Directory, FlowHookRun, FlowHooks, SharedFlow } from '../message/exchange.ts';
import type { Compiled } from './compiled.ts';
import { Router } from './router.ts';

/** The plans that record, of one snapshot. */
export interface RecordedPlans {
  /** What serves in place of a plan; undefined: nothing does. */
  planOf(plan: ProxyPlan): ProxyPlan | undefined;
  /** No request is left. */
  close(): void;
}

/**
 * Everything that serves, as one immutable whole: a request reads it once on arrival and keeps it through all its local
 * calls. A deploy makes a new one and swaps the reference; the old one is let go after its last request.
 */
export class Snapshot implements Directory {
  readonly organization: string;
  readonly environment: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly flowHooks: FlowHooks;
  /** By kind and name, `apiproxy/NAME`. */
  readonly compiled: ReadonlyMap<string, Compiled>;
  readonly plans: ReadonlyMap<string, ProxyPlan>;
  readonly sharedFlows: ReadonlyMap<string, CompiledSharedFlow>;
  /** Plans of debug sessions, which serve in place of others; undefined: none. */
  readonly recording: RecordedPlans | undefined;
  readonly #router: Router<CompiledEndpoint>;
  #running = 0;
  #onIdle: (() => void)[] = [];

  constructor(environment: Environment, compiled: ReadonlyMap<string, Compiled>, recording?: RecordedPlans) {
    this.organization = environment.organization;
    this.environment = environment.name;
    this.properties = environment.properties;
    this.flowHooks = hooksOf(environment);
    this.compiled = compiled;
    this.recording = recording;
    const plans = [...compiled.values()].flatMap(({ plan }) => plan ?? []);
    this.plans = byName(recording === undefined ? plans : plans.map((plan) => recording.planOf(plan) ?? plan));
    this.sharedFlows = byName([...compiled.values()].flatMap(({ sharedFlow }) => sharedFlow ?? []));
    this.#router = new Router([...this.plans.values()].flatMap((plan) => plan.endpoints));
    // Fields cannot be assigned any more; the count of running requests is private and not part of what is deployed.
    Object.freeze(this);
  }

  endpointByName(proxy: string, endpoint: string | undefined): CompiledEndpoint | undefined {
    const endpoints = this.plans.get(proxy)?.endpoints;
    if (endpoints === undefined) return undefined;
    if (endpoint !== undefined && endpoint !== '') return endpoints.find((one) => one.name === endpoint);
    return endpoints.find((one) => one.name === 'default') ?? (endpoints.length === 1 ? endpoints[0] : undefined);
  }

  proxyExists(proxy: string): boolean {
    return this.plans.has(proxy);
  }

  endpointByPath(path: string): CompiledEndpoint | undefined {
    return this.#router.find(path);
  }

  /** What a literal local call leads to. */
  endpointOf(call: LocalCall): CompiledEndpoint | undefined {
    if ('path' in call) return this.endpointByPath(call.path.replace(/\?.*$/, ''));
    return this.endpointByName(call.proxy, call.endpoint);
  }

  sharedFlow(name: string): SharedFlow | undefined {
    return this.sharedFlows.get(name);
  }

  /** A request begins on this snapshot; `leave` when all of it is over. */
  enter(): void {
    this.#running++;
  }

  leave(): void {
    this.#running--;
    if (this.#running === 0) this.#settle();
  }

  /** Serves no longer, though it may again: `onIdle` is called once, when no request is left. */
  retire(onIdle: () => void): void {
    this.#onIdle.push(onIdle);
    if (this.#running === 0) this.#settle();
  }

  #settle(): void {
    for (const onIdle of this.#onIdle.splice(0)) onIdle();
  }
}

function byName<T extends { readonly name: string }>(list: readonly T[]): Map<string, T> {
  return new Map(list.map((one) => [one.name, one]));
}

function hooksOf(environment: Environment): FlowHooks {
  const hook = (name: keyof FlowHooks): FlowHookRun | undefined => environment.flowHooks.get(name);
  return {
    PreProxyFlowHook: hook('PreProxyFlowHook'),
    PreTargetFlowHook: hook('PreTargetFlowHook'),
    PostTargetFlowHook: hook('PostTargetFlowHook'),
    PostProxyFlowHook: hook('PostProxyFlowHook'),
  };
}
