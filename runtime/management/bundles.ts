import type { BundleKind } from '../bundle/bundle.ts';
import type { BundleState } from '../deployment/deployments.ts';
import type { BundleId, Revision } from '../state/revisions.ts';
import type { ApiContext } from './context.ts';
import { type ApiError, absent, invalid } from './failure.ts';
import { api, organization } from './places.ts';
import type { ApiRequest } from './request.ts';

/** Proxies and shared flows: one API, two sets of names. */
export interface Collection {
  readonly kind: BundleKind;
  /** Path of all, and of one. */
  readonly path: string;
  readonly one: string;
  /** Segment of paths. */
  readonly segment: 'apis' | 'sharedflows';
  readonly parameter: string;
  /** Member of deployments: X's is the same for both. */
  readonly edgeMember: 'aPIProxy' | 'sharedFlow';
  readonly title: string;
}

export const proxies: Collection = {
  kind: 'apiproxy',
  path: `${organization}/apis`,
  one: api,
  segment: 'apis',
  parameter: 'api',
  edgeMember: 'aPIProxy',
  title: 'proxy',
};

export const sharedFlows: Collection = {
  kind: 'sharedflowbundle',
  path: `${organization}/sharedflows`,
  one: `${organization}/sharedflows/{sharedflow}`,
  segment: 'sharedflows',
  parameter: 'sharedflow',
  edgeMember: 'sharedFlow',
  title: 'shared flow',
};

export const collections: readonly Collection[] = [proxies, sharedFlows];

export function idOf(request: ApiRequest, { kind, parameter }: Collection): BundleId {
  return { kind, name: request.name(parameter) };
}

/** @throws ApiError 404 */
export function stateOf(id: BundleId, { deployments }: ApiContext): BundleState {
  const state = deployments.get(id);
  if (state === undefined) throw noBundle(id);
  return state;
}

/** @throws ApiError 400, 404 */
export function revisionOf(id: BundleId, text: string, { deployments }: ApiContext): Revision {
  if (!/^\d{1,9}$/.test(text)) throw invalid(`"${text}" is no revision: a whole number.`);
  const revisions = deployments.listRevisions(id);
  if (revisions.length === 0) throw noBundle(id);
  const found = revisions.find((one) => one.revision === Number(text));
  if (found !== undefined) return found;
  const kept = revisions.map((one) => one.revision).join(', ');
  throw absent(
    'messaging.config.beans.ApplicationRevisionDoesNotExist',
    `${title(id)} has no revision ${text}; there are ${kept}.`,
  );
}

function noBundle(id: BundleId): ApiError {
  return absent('messaging.config.beans.ApplicationDoesNotExist', `${title(id)} does not exist.`);
}

export function title({ kind, name }: BundleId): string {
  return `${kind === 'apiproxy' ? 'APIProxy' : 'SharedFlow'} named ${name}`;
}

/** A bundle and its revisions, X's members and Edge's at once. */
export function bundleBody(id: BundleId, revisions: readonly Revision[]) {
  const numbers = revisions.map((one) => String(one.revision));
  const createdAt = String(Math.min(...revisions.map((one) => one.createdAt)));
  const lastModifiedAt = String(Math.max(...revisions.map((one) => one.lastModifiedAt)));
  return {
    name: id.name,
    revision: numbers,
    latestRevisionId: numbers.at(-1) ?? '',
    metaData: { createdAt, lastModifiedAt, createdBy: null, lastModifiedBy: null, subType: subType(id) },
    ...(id.kind === 'apiproxy' ? { apiProxyType: 'PROGRAMMABLE' } : {}),
  };
}

function subType({ kind }: BundleId): string {
  return kind === 'apiproxy' ? 'Proxy' : 'SharedFlow';
}
