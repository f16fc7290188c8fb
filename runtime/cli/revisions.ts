import { CommandFailure } from '../settings.ts';
import { type Client, type Collection, listMember, member, Refused, textMember, unknownName } from './client.ts';

/** Milliseconds between two looks at a deployment that is under way, and after which it is given up. */
const lookMilliseconds = 100;
const patienceMilliseconds = 60_000;

/**
 * Makes a revision serve and waits until it does.
 * @returns the last state, as the server tells it
 * @throws Refused when it cannot serve; what served before goes on
 */
export async function deployRevision(
  client: Client,
  collection: Collection,
  name: string,
  revision: string,
): Promise<unknown> {
  const path = await client.environmentPath(collection, name, 'revisions', revision, 'deployments');
  const first = await client.ask('POST', `${path}?override=true`);
  const deadline = Date.now() + patienceMilliseconds;
  while (Date.now() < deadline) {
    const status = await client.ask('GET', path);
    const state = textMember(status, 'state')?.toUpperCase();
    if (state === 'READY' || state === 'DEPLOYED') return { ...asObject(first), ...asObject(status) };
    if (state === 'UNDEPLOYED') throw new Refused(409, 'Another deploy took its place meanwhile.', []);
    if (state === 'ERROR') throw new Refused(400, errorsOf(status), []);
    await new Promise((done) => setTimeout(done, lookMilliseconds));
  }
  throw new CommandFailure(`${name} revision ${revision} does not serve after ${patienceMilliseconds / 1000} s.`);
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function errorsOf(status: unknown): string {
  const messages = listMember(status, 'errors').map((one) => textMember(one, 'message') ?? String(one));
  return messages.join(' ') || 'The server reports an error.';
}

/** Takes back an import that cannot serve. A revision that somebody deployed meanwhile stays. */
export async function dropRevision(
  client: Client,
  collection: Collection,
  name: string,
  revision: string,
): Promise<void> {
  try {
    await client.ask('DELETE', await client.organizationPath(collection, name, 'revisions', revision));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

/** The revision that serves; undefined when none does, or nothing of that name is there. */
export async function servingRevision(
  client: Client,
  collection: Collection,
  name: string,
): Promise<string | undefined> {
  return (await deployments(client)).find((one) => one.collection === collection && one.name === name)?.revision;
}

export interface ServingBundle {
  readonly collection: Collection;
  readonly name: string;
  readonly revision: string;
  /** When it was deployed, milliseconds since 1970. */
  readonly since: number | undefined;
}

/** Everything that serves in the environment. */
export async function deployments(client: Client): Promise<ServingBundle[]> {
  const path = await client.environmentPath('deployments');
  const proxies = listMember(await client.ask('GET', path), 'deployments');
  const flows = listMember(await client.ask('GET', `${path}?sharedFlows=true`), 'deployments');
  return [
    ...proxies.flatMap((one) => servingBundle('apis', textMember(one, 'apiProxy'), one)),
    ...flows.flatMap((one) =>
      servingBundle('sharedflows', textMember(one, 'sharedFlow') ?? textMember(one, 'apiProxy'), one),
    ),
  ];
}

function servingBundle(collection: Collection, name: string | undefined, one: unknown): ServingBundle[] {
  const revision = member(one, 'revision');
  if (name === undefined || revision === undefined) return [];
  const since = Number(member(one, 'deployStartTime'));
  return [{ collection, name, revision: String(revision), since: Number.isFinite(since) ? since : undefined }];
}

/** Names of all proxies or shared flows that are stored, deployed or not. */
export async function storedNames(client: Client, collection: Collection): Promise<string[]> {
  const answer = await client.ask('GET', await client.organizationPath(collection));
  const list = listMember(answer, collection === 'apis' ? 'proxies' : 'sharedFlows');
  return list.flatMap((one) => textMember(one, 'name') ?? []).sort();
}

/** Revisions that are kept, oldest first. */
export async function storedRevisions(client: Client, collection: Collection, name: string): Promise<string[]> {
  const answer = await client.ask('GET', await client.organizationPath(collection, name, 'revisions'));
  const revisions = Array.isArray(answer) ? answer.map(String) : [];
  return revisions.sort((one, other) => Number(one) - Number(other));
}

/** The kind of bundle that a name stands for: a proxy, else a shared flow. @throws CommandFailure when it is neither */
export async function collectionOf(client: Client, name: string): Promise<Collection> {
  const proxies = await storedNames(client, 'apis');
  if (proxies.includes(name)) return 'apis';
  const flows = await storedNames(client, 'sharedflows');
  if (flows.includes(name)) return 'sharedflows';
  throw unknownName('proxy or shared flow', name, [...proxies, ...flows]);
}
