import { type Diagnostic, Diagnostics } from '../diagnostic.ts';
import { renderDiagnostic } from '../diagnostic-text.ts';
import { CommandFailure, UsageError } from '../settings.ts';
import { Client, isDiagnostic, listMember, member, Refused, type ServerOptions, textMember } from './client.ts';
import { type Packed, packAll } from './pack.ts';
import { deployRevision, dropRevision, servingRevision } from './revisions.ts';
import { counted, hasColor, Progress } from './terminal.ts';

export interface DeployOptions extends ServerOptions {
  readonly name?: string;
}

/** What became of one bundle; the shape of `--json`. */
interface Deployed {
  readonly name: string;
  readonly kind: Packed['kind'];
  readonly folder: string;
  readonly state: 'READY' | 'REFUSED';
  /** The new revision; of a refused bundle the one that goes on serving, null when there is none. */
  readonly revision: string | null;
  readonly basePaths: readonly string[];
  readonly message?: string;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Uploads bundles and waits until they serve.
 * @returns exit code: 0 when all serve, 1 when one was refused
 */
export async function deploy(paths: readonly string[], options: DeployOptions): Promise<number> {
  const found = new Diagnostics();
  const packed = await packAll(paths, found);
  if (options.name !== undefined && packed.length !== 1) {
    throw new UsageError(`--name names one bundle; ${counted(packed.length, 'bundle')} found: ${namesOf(packed)}.`);
  }
  show(found.list);
  const client = new Client(options);
  const progress = new Progress();
  const results: Deployed[] = [];
  for (const [index, one] of packed.entries()) {
    progress.show(`${index + 1}/${packed.length} deploying ${options.name ?? one.name} ...`);
    const result = await deployOne(client, one, options.name ?? one.name);
    progress.clear();
    results.push(result);
    if (options.json !== true) tell(result);
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
  if (results.length === 0 && found.errorCount === 0) throw new CommandFailure('Nothing to deploy.');
  return found.errorCount > 0 || results.some((one) => one.state === 'REFUSED') ? 1 : 0;
}

async function deployOne(client: Client, packed: Packed, name: string): Promise<Deployed> {
  const { kind, folder } = packed;
  const collection = kind === 'apiproxy' ? 'apis' : 'sharedflows';
  let stored: string | undefined;
  try {
    const path = await client.organizationPath(collection);
    const query = `?action=import&validate=true&name=${encodeURIComponent(name)}`;
    const imported = await client.ask('POST', path + query, packed.zip);
    const revision = textMember(imported, 'revision') ?? String(member(imported, 'revision') ?? '1');
    stored = revision;
    const status = await deployRevision(client, collection, name, revision);
    const basePaths = listMember(imported, 'basepaths').map(String);
    const found = [...listMember(imported, 'diagnostics'), ...listMember(status, 'diagnostics')].filter(isDiagnostic);
    const diagnostics = [...new Map(found.map((one) => [JSON.stringify(one), local(one, packed)])).values()];
    return { name, kind, folder, state: 'READY', revision, basePaths, diagnostics };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (stored !== undefined) await dropRevision(client, collection, name, stored);
    const revision = (await servingRevision(client, collection, name)) ?? null;
    const diagnostics = error.diagnostics.map((one) => local(one, packed));
    return { name, kind, folder, state: 'REFUSED', revision, basePaths: [], message: error.message, diagnostics };
  }
}

/** The server knows the files of the zip; the author knows those on the disk. */
function local(diagnostic: Diagnostic, { kind, folder }: Packed): Diagnostic {
  const below = new RegExp(`^(?:.*?[/!])?${kind}(?=/|$)`).exec(diagnostic.file)?.[0];
  return below === undefined ? diagnostic : { ...diagnostic, file: folder + diagnostic.file.slice(below.length) };
}

function tell({ name, kind, state, revision, basePaths, message, diagnostics }: Deployed): void {
  show(diagnostics);
  const what = kind === 'apiproxy' ? name : `${name} (shared flow)`;
  if (state === 'READY') {
    const where = basePaths.length === 0 ? '' : `  ${basePaths.join(', ')}`;
    process.stdout.write(`${what}  revision ${revision}${where}\n`);
    return;
  }
  const rest = revision === null ? 'Nothing of that name serves.' : `Revision ${revision} keeps serving.`;
  const isExplained = diagnostics.some((one) => one.severity === 'error');
  process.stderr.write(`${what} is refused${isExplained ? ' because of the errors above.' : `: ${message}`} ${rest}\n`);
}

function show(diagnostics: readonly Diagnostic[]): void {
  const color = hasColor(process.stderr);
  for (const one of diagnostics) process.stderr.write(`${renderDiagnostic(one, { color })}\n`);
}

function namesOf(packed: readonly Packed[]): string {
  const names = packed.slice(0, 5).map((one) => one.name);
  return packed.length > 5 ? `${names.join(', ')} ...` : names.join(', ');
}
