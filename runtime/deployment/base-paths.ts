import { formatBasePath } from '../bundle/base-path.ts';
import type { Bundle } from '../bundle/bundle.ts';
import type { Diagnostics, Place } from '../diagnostic.ts';

interface Claim {
  readonly proxy: string;
  readonly endpoint: string;
  readonly at: Place;
}

/** Which proxy has which base path: each is there once in an environment. The first in path order keeps it. */
export class BasePaths {
  readonly #claims = new Map<string, Claim>();

  /** Takes the base paths of a proxy; one that is taken already is an error of this proxy. */
  claim(bundle: Bundle, diagnostics: Diagnostics): void {
    const wanted = new Map<string, Claim>();
    for (const endpoint of bundle.proxyEndpoints) {
      const { HTTPProxyConnection } = endpoint.config;
      const basePath = formatBasePath(HTTPProxyConnection.BasePath?.text ?? '/');
      const at = HTTPProxyConnection.BasePath?.at ?? HTTPProxyConnection.at;
      const other = this.#claims.get(basePath) ?? wanted.get(basePath);
      if (other === undefined) wanted.set(basePath, { proxy: bundle.name, endpoint: endpoint.name, at });
      else refuse(basePath, at, other, diagnostics);
    }
    if (diagnostics.errorCount > 0) return;
    for (const [basePath, claim] of wanted) this.#claims.set(basePath, claim);
  }
}

function refuse(basePath: string, at: Place, other: Claim, diagnostics: Diagnostics): void {
  const { line, column } = other.at.source.position(other.at.offset);
  const where = `${other.at.source.file}:${line}:${column}`;
  const message = `Base path ${basePath || '/'} belongs to proxy "${other.proxy}" (endpoint "${other.endpoint}", ${where}) already.`;
  diagnostics.error(
    'ZH070',
    at,
    message,
    'Give one of the two another <BasePath>; until then the first one serves it.',
  );
}
