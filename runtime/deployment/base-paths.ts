import type { Diagnostic } from '../diagnostic.ts';
import type { Claim } from './compiled.ts';
import { findingAt } from './spot.ts';

interface Owner extends Claim {
  readonly proxy: string;
}

/** Which proxy has which base path: each is there once in an environment. Who comes first keeps it. */
export class BasePaths {
  readonly #owners = new Map<string, Owner>();

  /** Takes all base paths of a proxy, or, when one of them is taken already, none: those are the findings. */
  claim(proxy: string, claims: readonly Claim[]): Diagnostic[] {
    const wanted = new Map<string, Owner>();
    const findings: Diagnostic[] = [];
    for (const claim of claims) {
      const other = this.#owners.get(claim.basePath) ?? wanted.get(claim.basePath);
      if (other === undefined) wanted.set(claim.basePath, { proxy, ...claim });
      else findings.push(refusal(claim, other));
    }
    if (findings.length > 0) return findings;
    for (const [basePath, owner] of wanted) this.#owners.set(basePath, owner);
    return [];
  }
}

/** Code of the finding: what it says is true only as long as the other proxy is there. */
export const basePathTaken = 'ZH070';

function refusal({ basePath, at }: Claim, other: Owner): Diagnostic {
  const where = `${other.at.file}:${other.at.line}:${other.at.column}`;
  const message = `Base path ${basePath || '/'} belongs to proxy "${other.proxy}" (endpoint "${other.endpoint}", ${where}) already.`;
  const hint = 'Give one of the two another <BasePath>; until then the first one serves it.';
  return findingAt(at, 'error', basePathTaken, message, hint);
}
