import { formatBasePath } from '../bundle/base-path.ts';
import type { Bundle } from '../bundle/bundle.ts';
import { Diagnostics } from '../diagnostic.ts';
import { Fault, flowFaults } from '../fault.ts';
import { CompiledEndpoint, type EndpointProgram } from './endpoint.ts';
import { readEndpointProperties } from './properties.ts';
import type { ProxyPlan } from './proxy-plan.ts';
import type { Target } from './target.ts';

/** What compiling gives an endpoint of a plan; undefined when the source turns out to have mistakes. */
type Compile = () => Promise<ProxyPlan | undefined>;

/** The plan of a bundle of which only its endpoints were read: all the rest is read and compiled with the first call. */
export function briefPlan(bundle: Bundle, compile: Compile): ProxyPlan {
  const { name, revision, digest, properties } = bundle;
  const never = (): never => {
    throw new Error(`Proxy ${name} has no program`);
  };
  const endpoints = bundle.proxyEndpoints.map(({ name: endpoint, config: { HTTPProxyConnection } }) => {
    const basePath = formatBasePath(HTTPProxyConnection.BasePath?.text ?? '/');
    // Mistakes in properties are told when the whole bundle is compiled.
    const { requestLimit } = readEndpointProperties(HTTPProxyConnection.Properties, new Diagnostics());
    return new CompiledEndpoint(name, revision, endpoint, basePath, properties, requestLimit, [], never);
  });
  return dormantPlan({ name, revision, digest, endpoints, targets: [] }, compile);
}

/**
 * A plan that keeps nothing of its program: its source is compiled with the first call. Where hundreds of proxies are
 * deployed most of them are idle, and closures take several times the memory of the XML they come from.
 */
export function dormantPlan(plan: ProxyPlan, compile: Compile): ProxyPlan {
  const proxy = plan.name;
  const targets: Target[] = [];
  let woken: Promise<ProxyPlan | undefined> | undefined;
  const wake = (): Promise<ProxyPlan | undefined> => {
    woken ??= compile().then(
      (awake) => {
        targets.push(...(awake?.targets ?? []));
        return awake;
      },
      (error) => {
        // What failed for another reason than the source, such as an engine that could not be loaded, is tried again.
        woken = undefined;
        throw error;
      },
    );
    return woken;
  };
  // By name: the endpoint itself would keep its program.
  const programOf = async (name: string): Promise<EndpointProgram> => {
    const awake = (await wake())?.endpoints.find((one) => one.name === name);
    if (awake !== undefined) return awake.program();
    const text = `Unable to identify proxy "${proxy}": it has mistakes and is not deployed`;
    throw new Fault(flowFaults.applicationNotFound, text);
  };
  const endpoints = plan.endpoints.map((one) => {
    const { name } = one;
    return one.dormant(() => programOf(name));
  });
  return { ...plan, endpoints, targets };
}
