import { formatBasePath } from '../bundle/base-path.ts';
import type { Bundle } from '../bundle/bundle.ts';
import type { BundleId, Revision } from '../state/revisions.ts';

/** A revision with the names of its parts, X's members and Edge's at once. */
export function revisionBody(id: BundleId, revision: Revision, bundle: Bundle): object {
  const names = (parts: readonly { readonly name: string }[]): string[] => parts.map((one) => one.name);
  const targets = names(bundle.targetEndpoints);
  const parts =
    id.kind === 'apiproxy'
      ? {
          basepaths: basePathsOf(bundle),
          proxies: names(bundle.proxyEndpoints),
          proxyEndpoints: names(bundle.proxyEndpoints),
          targets,
          targetEndpoints: targets,
        }
      : { sharedFlows: names(bundle.sharedFlows) };
  return {
    name: id.name,
    revision: String(revision.revision),
    type: 'Application',
    ...parts,
    policies: [...bundle.policies.keys()],
    resources: [...bundle.resources.keys()],
    resourceFiles: { resourceFile: resourceFilesOf(bundle) },
    configurationVersion: { majorVersion: 4, minorVersion: 0 },
    contextInfo: `Revision ${revision.revision} of application ${id.name}`,
    createdAt: String(revision.createdAt),
    lastModifiedAt: String(revision.lastModifiedAt),
    manifestVersion: `SHA-256:${revision.digest}`,
    origin: revision.origin,
  };
}

export function basePathsOf(bundle: Bundle): string[] {
  return bundle.proxyEndpoints.map(
    ({ config }) => formatBasePath(config.HTTPProxyConnection.BasePath?.text ?? '/') || '/',
  );
}

export function resourceFilesOf(bundle: Bundle): { name: string; type: string }[] {
  return [...bundle.resources.values()].map(({ name, type }) => ({ name, type }));
}
