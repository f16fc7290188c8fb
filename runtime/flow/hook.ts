import type { FlowHookName } from '../bundle/environment.ts';
import { Fault, flowFaults } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';
import { guarded, lastly } from './sequence.ts';

/** Runs what the environment attaches to a flow hook, if anything. Apigee: attaching a shared flow using a flow hook. */
function hookStep(name: FlowHookName): Step {
  const run: Step = lastly(
    (exchange) => {
      const flow = exchange.directory.flowHooks[name]?.sharedFlow ?? '';
      exchange.flowHookName = name;
      exchange.sharedFlowName = flow;
      const deployed = exchange.directory.sharedFlow(flow);
      if (deployed === undefined) throw new Fault(flowFaults.sharedFlowNotFound, `Shared Flow ${flow} Not Found`);
      return deployed.run(exchange);
    },
    (exchange) => {
      exchange.flowHookName = undefined;
      exchange.sharedFlowName = undefined;
    },
  );
  const tolerant = guarded(run, goOn);
  return (exchange) => {
    const hook = exchange.directory.flowHooks[name];
    if (hook === undefined) return undefined;
    return hook.continueOnError ? tolerant(exchange) : run(exchange);
  };
}

/** The call goes on as if the hook had not failed; an error response that it prepared is dropped. */
function goOn(exchange: Exchange, error: unknown): void {
  if (!(error instanceof Fault)) throw error;
  if (exchange.fault === undefined) exchange.error = undefined;
}

/** One step per hook, for all endpoints: what is attached is looked up in the exchange's own snapshot. */
export const hookSteps: Readonly<Record<FlowHookName, Step>> = {
  PreProxyFlowHook: hookStep('PreProxyFlowHook'),
  PreTargetFlowHook: hookStep('PreTargetFlowHook'),
  PostTargetFlowHook: hookStep('PostTargetFlowHook'),
  PostProxyFlowHook: hookStep('PostProxyFlowHook'),
};
