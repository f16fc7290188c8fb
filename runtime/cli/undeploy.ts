import { CommandFailure } from '../settings.ts';
import { Client, type ServerOptions } from './client.ts';
import { collectionOf, deployments } from './revisions.ts';

export interface UndeployOptions extends ServerOptions {
  readonly sharedFlow?: boolean;
}

/** Takes a bundle out of service; its revisions stay, so that it can be deployed again. */
export async function undeploy(name: string, options: UndeployOptions): Promise<void> {
  const client = new Client(options);
  const collection = options.sharedFlow === true ? 'sharedflows' : await collectionOf(client, name);
  const serving = (await deployments(client)).filter((one) => one.collection === collection && one.name === name);
  const [first] = serving;
  if (first === undefined) throw new CommandFailure(`"${name}" is not deployed. See what is with "zerohop list".`);
  for (const { revision } of serving) {
    await client.ask('DELETE', await client.environmentPath(collection, name, 'revisions', revision, 'deployments'));
  }
  const result = { name, kind: collection === 'apis' ? 'apiproxy' : 'sharedflowbundle', revision: first.revision };
  const text = options.json === true ? JSON.stringify(result) : `${name}  revision ${first.revision} is undeployed`;
  process.stdout.write(`${text}\n`);
}
