import type { BundleState } from '../deployment/deployments.ts';
import type { BundleId } from '../state/revisions.ts';
import { type Collection, proxies, sharedFlows } from './bundles.ts';
import type { Style } from './request.ts';

/** The places a deployment is told with. */
export interface DeploymentPlace {
  /** As the caller names it. */
  readonly organization: string;
  readonly environment: string;
}

/** A bundle of which a revision serves. */
export type ServingState = BundleState & { readonly revision: number };

export function isServing(state: BundleState): state is ServingState {
  return state.revision !== undefined;
}

/** The deployment of one revision, X's members and Edge's at once; the word for its state differs. */
export function deploymentBody(
  { kind, name }: BundleId,
  revision: number,
  state: BundleState | undefined,
  style: Style,
  { organization, environment }: DeploymentPlace,
): object {
  const serves = state?.revision === revision;
  const word = serves ? 'deployed' : 'undeployed';
  return {
    organization,
    environment,
    apiProxy: name,
    [edgeMember(kind)]: name,
    name: String(revision),
    revision: String(revision),
    ...(serves ? { deployStartTime: String(state.since), basePath: state.basePaths[0] ?? '/' } : {}),
    state: style === 'edge' ? word : serves ? 'READY' : 'UNDEPLOYED',
    configuration: { basePath: '/', steps: [] },
    server: [server(word)],
    instances: [],
    errors: [],
  };
}

/** Edge's revision of a deployment. Its base path is what a deployment puts before those of the proxy. */
function edgeRevision({ revision, since }: ServingState): object {
  return {
    name: String(revision),
    state: 'deployed',
    configuration: { basePath: '/', steps: [] },
    deployStartTime: String(since),
    server: [server('deployed')],
  };
}

/** Edge tells every server apart; there is one. */
function server(status: string): object {
  return { status, type: ['message-processor'], uUID: 'zerohop' };
}

/** X's item of a list of deployments; `apiProxy` names shared flows too. */
function item(state: ServingState, environment: string): object {
  return {
    environment,
    apiProxy: state.name,
    ...(state.kind === 'sharedflowbundle' ? { sharedFlow: state.name } : { proxyDeploymentType: 'EXTENSIBLE' }),
    revision: String(state.revision),
    deployStartTime: String(state.since),
  };
}

/** All deployments of one bundle: X's list, and Edge's by environment. */
export function deploymentsOfBundle(id: BundleId, state: BundleState, place: DeploymentPlace): object {
  const serving = isServing(state) ? [state] : [];
  const { organization, environment } = place;
  return {
    deployments: serving.map((one) => item(one, environment)),
    name: id.name,
    organization,
    environment: serving.map((one) => ({ name: environment, revision: [edgeRevision(one)] })),
  };
}

/** Deployments of one bundle in one environment. */
export function deploymentsOfBundleHere(id: BundleId, state: BundleState, place: DeploymentPlace): object {
  const serving = isServing(state) ? [state] : [];
  return {
    deployments: serving.map((one) => item(one, place.environment)),
    name: id.name,
    organization: place.organization,
    environment: place.environment,
    revision: serving.map(edgeRevision),
  };
}

/** Everything deployed in an environment. */
export function deploymentsHere(
  states: readonly ServingState[],
  collection: Collection,
  place: DeploymentPlace,
): object {
  const { organization, environment } = place;
  const shown = states.filter(({ kind }) => kind === collection.kind);
  return {
    deployments: shown.map((one) => item(one, environment)),
    name: environment,
    organization,
    [collection.edgeMember]: shown.map((one) => ({ name: one.name, revision: [edgeRevision(one)] })),
  };
}

/** Everything deployed in the organization. */
export function deploymentsEverywhere(
  states: readonly ServingState[],
  collection: Collection,
  place: DeploymentPlace,
): object {
  const { organization, environment } = place;
  const { deployments, ...here } = deploymentsHere(states, collection, place) as Record<string, unknown>;
  return { deployments, name: organization, organization, environment: [{ ...here, name: environment }] };
}

function edgeMember(kind: BundleId['kind']): Collection['edgeMember'] {
  return (kind === 'apiproxy' ? proxies : sharedFlows).edgeMember;
}
