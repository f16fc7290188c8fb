import { unpack } from '../bundle/archive.ts';
import { checkDeployments, withoutDuplicates } from '../bundle/bundle-set.ts';
import { chooseEnvironment } from '../bundle/choose-environment.ts';
import type { Environment } from '../bundle/environment.ts';
import { arrange, type FoundFile, type Layout, readBundleFiles } from '../bundle/layout.ts';
import { type LoadedBundle, loadBundle } from '../bundle/load.ts';
import { packFiles } from '../bundle/pack.ts';
import type { BundleFiles } from '../bundle/read-bundle.ts';
import { type Diagnostic, Diagnostics } from '../diagnostic.ts';
import { DeploymentRefusal } from './refusal.ts';

/** A zip of a workspace, as the emulator's API takes it: all that is to be active, and its environment. */
export interface ReadContract {
  readonly bundles: readonly { readonly files: BundleFiles; readonly loaded: LoadedBundle }[];
  readonly environment: Environment;
  /** Base64 of a zip of the environment's files: what is needed to read it again. */
  readonly environmentFiles: string;
  /** One bundle without a workspace around it: it is added to what is there. */
  readonly isBare: boolean;
  readonly findings: readonly Diagnostic[];
}

const shownName = 'contract.zip';

/** @throws DeploymentRefusal badArchive; faulty when a file of the environment is */
export async function readContract(zip: Uint8Array, environment: string | undefined): Promise<ReadContract> {
  const diagnostics = new Diagnostics();
  const layout = await layoutOf(zip, diagnostics);
  // Taken for a workspace without bundles, a wrong zip would take everything out of service.
  if (layout.bundles.length === 0 && layout.environments.size === 0) {
    throw new DeploymentRefusal('badArchive', 'The zip holds no folder apiproxy/, sharedflowbundle/ or environments/.');
  }
  const read = layout.bundles.map((found) => {
    const files = { ...readBundleFiles(found), folder: plain(found.folder) };
    return { files, loaded: loadBundle(files) };
  });
  const chosen = chooseEnvironment(layout, environment, shownName, diagnostics);
  const kept = withoutDuplicates(
    read.map(({ loaded }) => loaded),
    diagnostics,
  );
  // A name that a list holds and no bundle has stops none of the others.
  if (diagnostics.list.some(({ severity, code }) => severity === 'error' && code !== 'ZH060')) {
    throw new DeploymentRefusal('faulty', 'The environment has mistakes; nothing was deployed.', plainAll(diagnostics));
  }
  checkDeployments(kept, chosen, diagnostics);
  return {
    bundles: read.filter(({ loaded }) => kept.includes(loaded)),
    environment: chosen.environment,
    environmentFiles: packEnvironment(layout),
    isBare: layout.environments.size === 0 && layout.bundles.every(({ path }) => isBarePath(path)),
    findings: plainAll(diagnostics),
  };
}

/** The environment of a contract that was taken before. */
export async function readContractEnvironment(files: string, environment: string): Promise<Environment> {
  const diagnostics = new Diagnostics();
  const layout = await layoutOf(Buffer.from(files, 'base64'), diagnostics);
  return chooseEnvironment(layout, environment, shownName, diagnostics).environment;
}

async function layoutOf(zip: Uint8Array, diagnostics: Diagnostics): Promise<Layout> {
  const files = await unpack(Buffer.from(zip), shownName, diagnostics);
  if (files !== undefined) return arrange(files);
  throw new DeploymentRefusal('badArchive', diagnostics.list[0]?.message ?? '', plainAll(diagnostics));
}

function packEnvironment({ environments, tests }: Layout): string {
  const files: FoundFile[] = [...[...environments.values()].flatMap((content) => [...content.values()]), ...tests];
  return Buffer.from(packFiles(files.map((file) => [file.path, file.read()]))).toString('base64');
}

/** `apiproxy` or `NAME/apiproxy`, not below the folders of a workspace. */
function isBarePath(path: string): boolean {
  return path.split('/').length <= 2 && !/^(?:apiproxies|sharedflows)\//.test(path);
}

/** Who sent the zip knows its name. */
function plain(file: string): string {
  return file.startsWith(`${shownName}!/`) ? file.slice(shownName.length + 2) : file;
}

function plainAll({ list }: Diagnostics): Diagnostic[] {
  return list.map((one) => ({ ...one, file: plain(one.file) }));
}
