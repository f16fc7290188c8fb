import type { Diagnostics, Place } from '../diagnostic.ts';
import { type FlowHook, type FlowHookName, flowHookNames } from './environment.ts';
import { JsonFields } from './json-fields.ts';
import type { JsonNode } from './json-source.ts';

/** What `deployments.json` lists, with the place of each name. */
export interface DeploymentList {
  readonly proxies: ReadonlyMap<string, Place>;
  readonly sharedFlows: ReadonlyMap<string, Place>;
}

/** `deployments.json`: names, or objects with a `name`. */
export function readDeployments(root: JsonNode, diagnostics: Diagnostics): DeploymentList | undefined {
  const fields = JsonFields.of(root, 'The list of deployments', diagnostics);
  if (fields === undefined) return undefined;
  const proxies = namesOf(fields, 'proxies', diagnostics);
  const sharedFlows = new Map([
    ...namesOf(fields, 'sharedflows', diagnostics),
    ...namesOf(fields, 'sharedFlows', diagnostics),
  ]);
  fields.reportMisspelt();
  return { proxies, sharedFlows };
}

function namesOf(fields: JsonFields, member: string, diagnostics: Diagnostics): Map<string, Place> {
  const names = new Map<string, Place>();
  const node = fields.node(member);
  if (node === undefined) return names;
  if (node.kind !== 'array') {
    fields.wrong(member, 'a list of names');
    return names;
  }
  for (const item of node.items) {
    if (item.kind === 'scalar' && typeof item.value === 'string') names.set(item.value, item.at);
    else {
      const one = JsonFields.of(item, 'A deployment that is not just a name', diagnostics);
      const name = one?.requiredText('name');
      if (one !== undefined && name !== undefined) names.set(name, one.place('name'));
    }
  }
  return names;
}

/** `flowhooks.json` */
export function readFlowHooks(root: JsonNode, diagnostics: Diagnostics): Map<FlowHookName, FlowHook> {
  const hooks = new Map<FlowHookName, FlowHook>();
  const fields = JsonFields.of(root, 'The file of flow hooks', diagnostics);
  for (const name of flowHookNames) {
    const hook = fields?.object(name, `The flow hook ${name}`);
    // An empty object is how a hook is taken away.
    if (hook === undefined || hook.names.length === 0) continue;
    const sharedFlow = hook.text('sharedFlow') ?? hook.requiredText('sharedflow');
    const continueOnError = hook.boolean('continueOnError') ?? false;
    hook.reportMisspelt();
    if (sharedFlow !== undefined && sharedFlow !== '') hooks.set(name, { sharedFlow, continueOnError });
  }
  for (const name of fields?.names ?? []) {
    if (flowHookNames.some((one) => one === name)) continue;
    fields?.error(name, `There is no flow hook "${name}".`, `Flow hooks are ${flowHookNames.join(', ')}.`);
  }
  return hooks;
}
