import type { Bundle } from '../bundle/bundle.ts';
import type { DirectionConfig, StepConfig, UnconditionalFlowConfig } from '../bundle/flow.ts';
import type { ProxyEndpointConfig } from '../bundle/proxy.ts';
import type { TargetEndpointConfig } from '../bundle/target.ts';
import type { Attachment } from '../policies/policy.ts';

/** Where a bundle attaches its policies. */

type EndpointConfig = ProxyEndpointConfig | TargetEndpointConfig;
type FlowConfig = Pick<UnconditionalFlowConfig, 'Response'>;

interface FlowsConfig {
  readonly PreFlow: FlowConfig | undefined;
  readonly Flows: { readonly Flow: readonly FlowConfig[] } | undefined;
  readonly PostFlow: FlowConfig | undefined;
}
type StepsConfig = Pick<DirectionConfig, 'Step' | 'Policy'>;

/** All steps of a bundle that name the policy, in the order of its files. */
export function attachmentsOf(bundle: Bundle, policy: string): Attachment[] {
  const found: Attachment[] = [];
  const look = (endpoint: Attachment['endpoint'], part: Attachment['part'], config: StepsConfig | undefined): void => {
    for (const { Name, at } of stepsOf(config)) if (Name?.text === policy) found.push({ endpoint, part, at });
  };
  const lookInFlows = (endpoint: 'proxy' | 'target', config: EndpointConfig): void => {
    for (const flow of [config.PreFlow, ...(config.Flows?.Flow ?? []), config.PostFlow]) {
      look(endpoint, 'request', flow?.Request);
      look(endpoint, 'response', flow?.Response);
    }
    for (const rule of config.FaultRules?.FaultRule ?? []) look(endpoint, 'faultRule', rule);
    look(endpoint, 'defaultFaultRule', config.DefaultFaultRule);
  };
  for (const { config } of bundle.proxyEndpoints) {
    lookInFlows('proxy', config);
    look('proxy', 'postClient', config.PostClientFlow?.Response);
  }
  for (const { config } of bundle.targetEndpoints) lookInFlows('target', config);
  for (const { config } of bundle.sharedFlows) look('sharedflow', 'steps', config);
  return found;
}

/** Names of the policies that the response flows of an endpoint attach. */
export function responsePolicies(config: FlowsConfig): ReadonlySet<string> {
  return policiesOf([config.PreFlow, ...(config.Flows?.Flow ?? []), config.PostFlow]);
}

export function policiesOf(flows: readonly (FlowConfig | undefined)[]): ReadonlySet<string> {
  return new Set(flows.flatMap((flow) => stepsOf(flow?.Response).map(({ Name }) => Name?.text ?? '')));
}

function stepsOf(config: StepsConfig | undefined): readonly StepConfig[] {
  return config === undefined ? [] : [...config.Step, ...config.Policy];
}
