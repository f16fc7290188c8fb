import { idText } from '../state/revisions.ts';
import type { Batch } from '../state/table.ts';
import type { Put } from './bundle-state.ts';
import { type ReadContract, readContract } from './contract.ts';
import type { DeployedBundle, Deployment } from './deploy.ts';
import { listed } from './deploy-loaded.ts';
import { type DeploymentParts, nextRevision } from './deployment-parts.ts';
import { DeploymentRefusal } from './refusal.ts';
import type { RevisionEditor } from './revision-editor.ts';
import { named } from './sources.ts';

export interface ContractResult {
  /** Number of the contract; of a single bundle its revision. */
  readonly revision: number;
  readonly deployment: Deployment;
  /** Those that are not as the zip has them: `kept` or `refused`. */
  readonly refused: readonly DeployedBundle[];
}

/**
 * Replaces all that is deployed by what a zip of a workspace holds. A faulty proxy stops none of the others: its last
 * good revision stays. A zip of bundles alone adds them to what is there.
 */
export async function contractDeployment(
  parts: DeploymentParts,
  editor: RevisionEditor,
  zip: Uint8Array,
  environment: string | undefined,
): Promise<ContractResult> {
  const contract = await readContract(zip, environment);
  const chosen = contract.isBare ? contract.bundles : chosenOf(contract);
  const puts = chosen.map(({ loaded }) => putOf(parts, loaded));
  const wanted = new Set(chosen.map(({ loaded }) => idText(loaded.bundle)));
  const { active, state } = parts;
  const others = [...active.all()].map(({ latest }) => latest.result).filter((one) => !wanted.has(idText(one)));
  const remove = contract.isBare ? [] : others;
  const next = contract.isBare ? undefined : await parts.environment.prepare(contract.environment);
  const number = state.lastContract + 1;
  const record = (batch: Batch, results: readonly DeployedBundle[]): void => {
    refuseHopeless(results, puts.length);
    next?.record(batch);
    for (const [index, { files, loaded }] of chosen.entries()) {
      const put = puts[index];
      const result = results.find((one) => idText(one) === idText(loaded.bundle));
      if (put === undefined || result?.state !== 'deployed') continue;
      const { kind, name } = loaded.bundle;
      const { revision, since, digest } = put;
      const stored = parts.revisions.get({ kind, name }, revision);
      if (stored?.digest !== digest) editor.store({ kind, name }, revision, files, digest, batch, revision);
      state.decide({ kind, name }, { revision, since, directory: state.seen({ kind, name })?.digest ?? null }, batch);
    }
    for (const { kind, name } of remove) {
      state.decideNone({ kind, name }, batch);
    }
    const { environmentFiles: files } = contract;
    if (next !== undefined) state.setContract({ revision: number, environment: next.environment.name, files }, batch);
  };
  const change = { puts, remove, refuse: 'nothing' as const, record };
  const deployment = await active.apply(next === undefined ? change : { ...change, environment: next.environment });
  next?.take();
  const refused = deployment.bundles.filter((one) => one.state !== 'deployed' && wanted.has(idText(one)));
  return {
    revision: next === undefined ? (puts[0]?.revision ?? 0) : number,
    deployment: { ...deployment, diagnostics: [...contract.findings, ...deployment.diagnostics] },
    refused,
  };
}

function chosenOf(contract: ReadContract): ReadContract['bundles'] {
  const { environment } = contract;
  const loaded = contract.bundles.map((one) => one.loaded);
  const list = listed({ bundles: loaded, environment });
  return contract.bundles.filter((one) => list.includes(one.loaded));
}

/** The revision that serves, when the content is the same, else a new one. */
function putOf(parts: DeploymentParts, loaded: ReadContract['bundles'][number]['loaded']): Put {
  const { kind, name, digest } = loaded.bundle;
  const serving = parts.active.known({ kind, name })?.serving?.put;
  const isSame = serving?.digest === digest && serving.basePath === undefined;
  const revision = isSame ? serving.revision : nextRevision(parts, { kind, name });
  const since = isSame ? serving.since : Date.now();
  return { loaded: named(loaded, name, revision), origin: 'api', revision, since, digest };
}

/** When nothing at all can be deployed, all stays as it is. */
function refuseHopeless(results: readonly DeployedBundle[], count: number): void {
  if (count === 0 || results.some(({ state }) => state === 'deployed')) return;
  const diagnostics = results.flatMap((one) => one.diagnostics);
  const first = diagnostics.find(({ severity }) => severity === 'error');
  const where = first === undefined ? '' : ` ${first.file}:${first.line}:${first.column}: ${first.message}`;
  throw new DeploymentRefusal('faulty', `None of the bundles can be deployed.${where}`, diagnostics);
}
