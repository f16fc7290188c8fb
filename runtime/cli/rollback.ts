import { CommandFailure } from '../settings.ts';
import { Client, type ServerOptions } from './client.ts';
import { collectionOf, deployRevision, servingRevision, storedRevisions } from './revisions.ts';

/** Makes an earlier revision serve again: the one before the one that serves, unless one is named. */
export async function rollback(name: string, wanted: string | undefined, options: ServerOptions): Promise<void> {
  const client = new Client(options);
  const collection = await collectionOf(client, name);
  const revisions = await storedRevisions(client, collection, name);
  const serving = await servingRevision(client, collection, name);
  const revision = wanted ?? revisionBefore(revisions, serving, name);
  if (!revisions.includes(revision)) {
    throw new CommandFailure(`"${name}" has no revision ${revision}; kept are ${revisions.join(', ')}.`);
  }
  await deployRevision(client, collection, name, revision);
  const result = { name, revision, previous: serving ?? null };
  const before = serving === undefined ? '' : ` (before: ${serving})`;
  process.stdout.write(
    options.json === true ? `${JSON.stringify(result)}\n` : `${name}  revision ${revision} serves${before}\n`,
  );
}

function revisionBefore(revisions: readonly string[], serving: string | undefined, name: string): string {
  // Of a bundle that does not serve, the newest is meant.
  const before = serving === undefined ? revisions.at(-1) : revisions[revisions.indexOf(serving) - 1];
  if (before !== undefined) return before;
  throw new CommandFailure(`"${name}" has no revision before ${serving}; kept are ${revisions.join(', ')}.`);
}
