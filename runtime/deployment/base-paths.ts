import type { Diagnostic } from '../diagnostic.ts';
import type { Claim } from './compiled.ts';
import { findingAt } from './spot.ts';

/** Which proxy has which base path: each is there once in an environment. Who comes first keeps it. */
export class BasePaths {
  readonly #owners = new Map<string, Claim>();

  /** Takes all base paths of a proxy, or, when one of them is taken already, none: those are the findings. */
  claim(claims: readonly Claim[]): Diagnostic[] {
    const findings: Diagnostic[] = [];
    for (const [index, claim] of claims.entries()) {
      const { basePath } = claim;
      const own = claims.findIndex((one) => one.basePath === basePath);
      const other = this.#owners.get(basePath) ?? (own < index ? claims[own] : undefined);
      if (other !== undefined) findings.push(refusal(claim, other));
    }
    if (findings.length === 0) for (const claim of claims) this.#owners.set(claim.basePath, claim);
    return findings;
  }
}

/** Code of the finding: what it says is true only as long as the other proxy is there. */
export const basePathTaken = 'ZH070';

function refusal({ basePath, at }: Claim, other: Claim): Diagnostic {
  const where = `${other.at.file}:${other.at.line}:${other.at.column}`;
  const message = `Base path ${basePath || '/'} belongs to proxy "${other.proxy}" (endpoint "${other.endpoint}", ${where}) already.`;
  const hint = 'Give one of the two another <BasePath>; until then the first one serves it.';
  return findingAt(at, 'error', basePathTaken, message, hint);
}
