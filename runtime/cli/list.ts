import { Client, listMember, type ServerOptions, textMember } from './client.ts';
import { textTable } from './format/text-table.ts';
import { deployments, storedNames } from './revisions.ts';

/** One bundle on the server; the shape of `--json`. */
interface Listed {
  readonly name: string;
  readonly kind: 'apiproxy' | 'sharedflowbundle';
  /** The revision that serves; null when it is not deployed. */
  readonly revision: string | null;
  readonly basePaths: readonly string[];
  readonly deployedAt: string | null;
}

/** What is on the server, deployed or not. */
export async function list(options: ServerOptions): Promise<void> {
  const listed = await listAll(new Client(options));
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(listed, undefined, 2)}\n`);
    return;
  }
  const rows = listed.map(({ name, kind, revision, basePaths }) => [
    name,
    kind === 'apiproxy' ? 'proxy' : 'shared flow',
    revision ?? 'not deployed',
    basePaths.join(', '),
  ]);
  process.stdout.write(textTable(['NAME', 'KIND', 'REVISION', 'BASE PATHS'], rows));
}

async function listAll(client: Client): Promise<Listed[]> {
  const serving = await deployments(client);
  const tree = await client.ask('GET', '/v1/emulator/tree');
  const items = Array.isArray(tree) ? tree : listMember(tree, 'tree');
  const listed: Listed[] = [];
  for (const collection of ['apis', 'sharedflows'] as const) {
    for (const name of await storedNames(client, collection)) {
      const one = serving.find((deployed) => deployed.collection === collection && deployed.name === name);
      const own = collection === 'apis' ? items.filter((item) => textMember(item, 'application') === name) : [];
      listed.push({
        name,
        kind: collection === 'apis' ? 'apiproxy' : 'sharedflowbundle',
        revision: one?.revision ?? null,
        basePaths: own.flatMap((item) => textMember(item, 'basePath') ?? []),
        deployedAt: one?.since === undefined ? null : new Date(one.since).toISOString(),
      });
    }
  }
  return listed;
}
