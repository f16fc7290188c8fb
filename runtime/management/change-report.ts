import type { BundleId } from '../state/revisions.ts';
import type { ApiContext } from './context.ts';
import { basePathsOf } from './revision-body.ts';

/** What deploying a revision would change. Apigee X: deployments.generateDeployChangeReport. */
export async function changeReport(id: BundleId, revision: number, { deployments }: ApiContext): Promise<object> {
  const { bundle } = await deployments.readBundle(id, revision);
  const wanted = id.kind === 'apiproxy' ? basePathsOf(bundle) : [];
  const others = deployments.list('apiproxy').filter(({ name }) => name !== id.name);
  const conflicts = wanted.flatMap((basePath) =>
    others
      .filter(({ basePaths }) => basePaths.includes(basePath))
      .map((other) => ({ basePath, name: other.name, revision: String(other.revision ?? '') })),
  );
  const before = deployments.get(id)?.basePaths ?? [];
  const added = wanted.filter((path) => !before.includes(path)).map((path) => change('Add', path));
  const removed = before.filter((path) => !wanted.includes(path)).map((path) => change('Remove', path));
  const found = await deployments.check(await deployments.readFiles(id, revision), id.name);
  const errors = found.filter(({ severity }) => severity === 'error');
  return {
    routingChanges: [...added, ...removed],
    routingConflicts: conflicts.map(({ basePath, name, revision: number }) => ({
      description: `${basePath} belongs to ${name} revision ${number} already.`,
      environmentGroup: 'default',
      conflictingDeployment: { basepath: basePath, apiProxy: name, revision: number },
    })),
    validationErrors: {
      violations: errors.map(({ code, file, line, column, message }) => ({
        type: code,
        subject: `${file}:${line}:${column}`,
        description: message,
      })),
    },
  };
}

function change(what: string, path: string): object {
  return { description: `${what} ${path}`, environmentGroup: 'default' };
}
