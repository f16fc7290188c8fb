import type { BundleKind } from '../bundle/bundle.ts';
import type { Loaded } from '../bundle/load.ts';
import type { DeployedBundle, Deployment } from '../deployment/deploy.ts';
import type { DirectoryChange } from '../deployment/directory-change.ts';
import type { Snapshot } from '../deployment/snapshot.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { renderDiagnostic } from '../diagnostic-text.ts';
import { counted, type Paint } from './terminal.ts';

/** What a reload was, and what came of it. */
export interface Reloaded {
  readonly loaded: Loaded;
  readonly change: DirectoryChange;
  readonly deployment: Deployment;
  /** From the first write that was seen to the moment the new state serves. */
  readonly milliseconds: number;
}

interface BundleName {
  readonly kind: BundleKind;
  readonly name: string;
}

/** Tells what changed and what serves now. Remembers what was said before, so that old findings are not told again. */
export class ReloadReport {
  readonly #paint: Paint;
  readonly #color: boolean;
  /** Bundles whose last save was faulty. */
  #faulty = new Set<string>();
  #told: ReadonlySet<string>;

  constructor(first: Deployment, paint: Paint, color: boolean) {
    this.#paint = paint;
    this.#color = color;
    this.#told = new Set(first.diagnostics.map(textOf));
    for (const one of first.bundles) if (one.state !== 'deployed') this.#faulty.add(keyOf(one));
  }

  /** Lines for the terminal, each with its line break. */
  text({ loaded, change, deployment, milliseconds }: Reloaded): string {
    const put = new Map(deployment.bundles.map((one) => [keyOf(one), one]));
    const marks: [mark: string, bundle: BundleName][] = [
      ...change.added.map((one): [string, BundleName] => ['+', one]),
      ...change.changed.map((one): [string, BundleName] => ['~', one]),
    ];
    const named = new Set(marks.map(([, one]) => keyOf(one)));
    for (const one of put.values()) if (!named.has(keyOf(one))) marks.push(['~', one]);
    const lines = this.#findings(deployment, loaded);
    if (change.environment) lines.push(this.#paint('bold', `~ environment ${loaded.environment.name}`));
    for (const [mark, one] of marks) lines.push(this.#line(mark, one, put.get(keyOf(one)), deployment.snapshot));
    for (const one of change.removed) lines.push(`${this.#paint('bold', `- ${titleOf(one)}`)}  no longer serves`);
    for (const one of change.removed) this.#faulty.delete(keyOf(one));
    const serving = counted(deployment.snapshot.plans.size, 'proxy', 'proxies');
    const verb = deployment.snapshot.plans.size === 1 ? 'serves' : 'serve';
    lines.push(this.#paint('dim', `${serving} ${verb}, ${Math.round(milliseconds)} ms after the change`));
    return lines.map((line) => `${line}\n`).join('');
  }

  #findings(deployment: Deployment, loaded: Loaded): string[] {
    const put = new Set(deployment.bundles.flatMap((one) => one.diagnostics).map(textOf));
    const all = [...new Map([...deployment.diagnostics, ...loaded.diagnostics.list].map((one) => [textOf(one), one]))];
    const news = all.filter(([text]) => put.has(text) || !this.#told.has(text));
    this.#told = new Set(all.map(([text]) => text));
    return news.map(([, one]) => renderDiagnostic(one, { color: this.#color }));
  }

  #line(mark: string, one: BundleName, result: DeployedBundle | undefined, snapshot: Snapshot): string {
    const title = this.#paint('bold', `${mark} ${titleOf(one)}`);
    const key = keyOf(one);
    if (result === undefined) return `${title}  is not deployed: deployments.json does not list it`;
    if (result.state === 'kept') {
      this.#faulty.add(key);
      return `${title}  ${this.#paint('red', 'is faulty, the last good revision keeps serving')}${pathsOf(one, snapshot)}`;
    }
    if (result.state === 'refused') {
      this.#faulty.add(key);
      return `${title}  ${this.#paint('red', 'is faulty and does not serve')}`;
    }
    const recovered = this.#faulty.delete(key) ? `${this.#paint('green', 'recovered')}, ` : '';
    return `${title}  ${recovered}${this.#paint('green', 'serves')}${pathsOf(one, snapshot)}`;
  }
}

/** Base paths of a proxy, or who calls a shared flow: its callers have the new one by that. */
function pathsOf({ kind, name }: BundleName, snapshot: Snapshot): string {
  if (kind === 'apiproxy') {
    const endpoints = snapshot.plans.get(name)?.endpoints ?? [];
    return ` ${endpoints.map((one) => (one.basePath === '' ? '/' : one.basePath)).join(', ')}`;
  }
  const callers = [...snapshot.compiled.values()].filter((one) => one.flowCalls.some((call) => call.flow === name));
  return callers.length === 0 ? '' : ` in ${callers.map((one) => one.name).join(', ')}`;
}

function titleOf({ kind, name }: BundleName): string {
  return kind === 'apiproxy' ? name : `${name} (shared flow)`;
}

function keyOf({ kind, name }: BundleName): string {
  return `${kind}/${name}`;
}

function textOf({ file, line, column, code, message }: Diagnostic): string {
  return `${file}:${line}:${column}:${code}:${message}`;
}

/** What serves where, for the start: one line a base path. */
export function servingText(snapshot: Snapshot, paint: Paint): string {
  const endpoints = [...snapshot.plans.values()].flatMap((plan) => plan.endpoints);
  const paths = endpoints.map((one) => (one.basePath === '' ? '/' : one.basePath));
  const width = Math.max(0, ...paths.map((path) => path.length));
  return endpoints
    .map((one, index) => `  ${(paths[index] ?? '').padEnd(width)}  ${paint('dim', one.proxy)}\n`)
    .join('');
}
