import type { JsonObject } from '../../runtime/bundle/environment.ts';
import { type ConsumerSource, Consumers } from '../../runtime/state/consumers.ts';
import { nameOfWritten, type ResourceKind } from '../../runtime/state/resource-kinds.ts';
import type { Resource } from '../../runtime/state/resources.ts';

/** In the JSON of the management API. */
export interface ConsumerData {
  readonly products?: readonly JsonObject[];
  readonly developers?: readonly JsonObject[];
  readonly apps?: readonly JsonObject[];
  readonly appGroups?: readonly JsonObject[];
}

/** Products, developers and apps that a test may change, and the index over them. */
export interface TestConsumers {
  readonly consumers: Consumers;
  /** Undefined as value deletes. */
  change(kind: ResourceKind, name: string, value: JsonObject | undefined): void;
}

export function consumersOf(data: ConsumerData): Consumers {
  return testConsumers(data).consumers;
}

export function testConsumers({
  products = [],
  developers = [],
  apps = [],
  appGroups = [],
}: ConsumerData): TestConsumers {
  const values = new Map<string, Resource>();
  const put = (kind: ResourceKind, name: string, value: JsonObject): void => {
    values.set(`${kind}:${name}`, { name, value, origin: 'api', createdAt: 1000, lastModifiedAt: 2000 });
  };
  for (const one of products) put('apiproducts', nameOfWritten('apiproducts', one), one);
  for (const one of developers) put('developers', nameOfWritten('developers', one), one);
  for (const one of appGroups) put('appgroups', nameOfWritten('appgroups', one), one);
  for (const one of apps) put('apps', nameOfWritten('apps', one), one);
  let changed: (kind: ResourceKind, name: string) => void = () => undefined;
  const source: ConsumerSource = {
    list: (kind) => [...values].filter(([key]) => key.startsWith(`${kind}:`)).map(([, resource]) => resource),
    get: (kind, name) => values.get(`${kind}:${name}`),
    watch: (next) => {
      changed = next;
    },
  };
  const consumers = new Consumers();
  consumers.follow(source);
  return {
    consumers,
    change: (kind, name, value) => {
      if (value === undefined) values.delete(`${kind}:${name}`);
      else put(kind, name, value);
      changed(kind, name);
    },
  };
}
