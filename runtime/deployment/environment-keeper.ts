import { type Environment, emptyEnvironment, type JsonObject } from '../bundle/environment.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { Consumers } from '../state/consumers.ts';
import { checkResource, environmentWith } from '../state/resource-environment.ts';
import { kindsOfResource, type ResourceKind } from '../state/resource-kinds.ts';
import { Resources } from '../state/resources.ts';
import type { Store } from '../state/store.ts';
import type { Batch } from '../state/table.ts';
import type { Active } from './active.ts';
import { DeploymentRefusal } from './refusal.ts';

/** An environment that is about to be taken. */
export interface NextEnvironment {
  readonly environment: Environment;
  record(batch: Batch): void;
  /** It serves now. */
  take(): void;
}

/** The environment: what files say, and what came by the API on top. */
export class EnvironmentKeeper {
  readonly #store: Store;
  readonly #consumers: Consumers;
  #files: Environment;
  #resources: Resources;

  private constructor(store: Store, consumers: Consumers, files: Environment, resources: Resources) {
    this.#store = store;
    this.#consumers = consumers;
    this.#files = files;
    this.#resources = resources;
  }

  /** @param consumers who may call: follows what comes and goes here */
  static async open(store: Store, consumers: Consumers): Promise<EnvironmentKeeper> {
    const files = emptyEnvironment('local');
    const resources = await Resources.open(store, files);
    consumers.follow(resources);
    return new EnvironmentKeeper(store, consumers, files, resources);
  }

  get resources(): Resources {
    return this.#resources;
  }

  get consumers(): Consumers {
    return this.#consumers;
  }

  /** Files to stand at the base, in place of those that do. */
  async prepare(files: Environment): Promise<NextEnvironment> {
    const resources = await Resources.open(this.#store, files);
    return {
      environment: environmentWith(files, resources),
      record: (batch) => resources.complete(batch),
      take: () => {
        this.#files = files;
        this.#resources = resources;
        this.#consumers.follow(resources);
      },
    };
  }

  /** The same files, with what came by the API by now. */
  again(): NextEnvironment {
    return { environment: this.merged(), record: () => undefined, take: () => undefined };
  }

  /**
   * Sets a resource or, without a value, deletes it. What is compiled with it is compiled anew.
   * @returns warnings
   * @throws DeploymentRefusal faulty, when it has mistakes or a proxy that serves would have
   */
  async change(
    active: Active,
    kind: ResourceKind,
    name: string,
    value: JsonObject | undefined,
  ): Promise<readonly Diagnostic[]> {
    const found = value === undefined ? undefined : checkResource(kind, name, value);
    if (found !== undefined && found.errorCount > 0) {
      const first = found.list.find(({ severity }) => severity === 'error');
      throw new DeploymentRefusal('faulty', first?.message ?? `${name} has mistakes.`, found.list);
    }
    const change = { kind, name, value };
    const record = (batch: Batch): void => void this.#resources.change(change, 'api', batch);
    if (!kindsOfResource[kind].serves) {
      await active.commit(record);
      return found?.list ?? [];
    }
    const environment = environmentWith(this.#files, this.#resources, [change]);
    const { diagnostics } = await active.apply({ puts: [], remove: [], environment, refuse: 'faulty', record });
    return [...(found?.list ?? []), ...diagnostics];
  }

  /** As it is by now. */
  merged(): Environment {
    return environmentWith(this.#files, this.#resources);
  }
}
