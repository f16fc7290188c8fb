import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type ApiProduct,
  type App,
  type AppGroup,
  type Credential,
  type Developer,
  type Grant,
  readApp,
  readAppGroup,
  readDeveloper,
  readProduct,
} from './consumer-records.ts';
import { appName, type ResourceKind } from './resource-kinds.ts';
import type { Resource } from './resources.ts';

export type {
  ApiProduct,
  App,
  AppGroup,
  Credential,
  Developer,
  Grant,
  ProductOperation,
  Quota,
} from './consumer-records.ts';

/** Where products, developers and apps are kept. `Resources` is one. */
export interface ConsumerSource {
  list(kind: ResourceKind): readonly Resource[];
  get(kind: ResourceKind, name: string): Resource | undefined;
  /** Has `changed` called after each change, until another one takes its place. */
  watch(changed: (kind: ResourceKind, name: string) => void): void;
}

/** Why nobody may use a credential just now, whatever is asked for. */
export type Refusal = 'keyNotApproved' | 'keyExpired' | 'appNotApproved' | 'developerUnknown' | 'developerNotActive';

/** What a credential is to be good for. */
export interface Asked {
  readonly proxy: string;
  readonly environment: string;
  readonly method: string;
  /** What follows the base path. */
  readonly path: string;
}

/**
 * Who may call: an index over products, developers, apps and their credentials, always as they are now. Records are
 * immutable and may be kept for the time of a request; a change puts another in their place. Apigee: API products.
 */
export class Consumers {
  readonly #products = new Map<string, ApiProduct>();
  readonly #developers = new Map<string, Developer>();
  readonly #developersById = new Map<string, Developer>();
  readonly #appGroups = new Map<string, AppGroup>();
  readonly #apps = new Map<string, App>();
  readonly #appsById = new Map<string, App>();
  readonly #credentials = new Map<string, Credential>();
  #source: ConsumerSource | undefined;

  /** Reads all of a source and follows its changes, in place of the one before. */
  follow(source: ConsumerSource): void {
    this.#source = source;
    this.reread();
    source.watch((kind, name) => {
      if (this.#source === source) this.#put(kind, name, source.get(kind, name));
    });
  }

  /** For changes that were made past the source: by other servers that share its store. */
  reread(): void {
    for (const map of [this.#products, this.#developers, this.#developersById]) map.clear();
    for (const map of [this.#appGroups, this.#apps, this.#appsById, this.#credentials]) map.clear();
    for (const kind of ['apiproducts', 'developers', 'appgroups', 'apps'] as const) {
      for (const resource of this.#source?.list(kind) ?? []) this.#put(kind, resource.name, resource);
    }
  }

  credential(consumerKey: string): Credential | undefined {
    return this.#credentials.get(consumerKey);
  }

  product(name: string): ApiProduct | undefined {
    return this.#products.get(name);
  }

  developer(emailOrId: string): Developer | undefined {
    return (
      this.#developers.get(emailOrId) ??
      this.#developersById.get(emailOrId) ??
      this.#developers.get(emailOrId.toLowerCase())
    );
  }

  developerOf(app: App): Developer | undefined {
    return this.developer(app.developer);
  }

  appGroup(name: string): AppGroup | undefined {
    return this.#appGroups.get(name);
  }

  /** Undefined when a developer owns it, or nobody. */
  appGroupOf({ appGroup }: App): AppGroup | undefined {
    return appGroup === undefined ? undefined : this.#appGroups.get(appGroup);
  }

  /** @param developer e-mail address or id; or the name of an app group */
  app(developer: string, name: string): App | undefined {
    return this.#apps.get(appName(this.developer(developer)?.email ?? developer, name));
  }

  appById(id: string): App | undefined {
    return this.#appsById.get(id);
  }

  /** All apps of a developer, in order of their names. @param developer e-mail address or id */
  appsOf(developer: string): readonly App[] {
    const prefix = appName(this.developer(developer)?.email ?? developer, '');
    return [...this.#apps].filter(([name]) => name.startsWith(prefix)).map(([, app]) => app);
  }

  /** All apps of that name, whoever owns them. */
  appsNamed(name: string): readonly App[] {
    return [...this.#apps.values()].filter((app) => app.name === name);
  }

  /**
   * Credential, app and developer, not the products: enough to give a token. Undefined: nothing is wrong.
   * @param now milliseconds since 1970
   */
  refusal(credential: Credential, now: number): Refusal | undefined {
    if (credential.status !== 'approved') return 'keyNotApproved';
    if (credential.expiresAt <= now) return 'keyExpired';
    const { app } = credential;
    if (app.status !== 'approved') return 'appNotApproved';
    // zerohop's choice: an app group that is unknown or not active counts as such a developer.
    const owner = app.appGroup === undefined ? this.developerOf(app) : this.appGroupOf(app);
    if (owner === undefined) return 'developerUnknown';
    return owner.status === 'active' ? undefined : 'developerNotActive';
  }

  /** The first of the credential's approved products that admits it, by the grant that does; undefined: none. */
  grant(credential: Credential, asked: Asked): Grant | undefined {
    for (const { name, status } of credential.products) {
      if (status !== 'approved') continue;
      const product = this.#products.get(name);
      const grant = product === undefined ? undefined : grantOf(product, asked);
      if (grant !== undefined) return grant;
    }
    return undefined;
  }

  #put(kind: ResourceKind, name: string, resource: Resource | undefined): void {
    if (kind === 'apiproducts') {
      replace(this.#products, name, resource && readProduct(resource));
    } else if (kind === 'developers') {
      this.#putDeveloper(name, resource && readDeveloper(resource));
    } else if (kind === 'appgroups') {
      replace(this.#appGroups, name, resource && readAppGroup(resource));
    } else if (kind === 'apps') {
      this.#putApp(name, resource && readApp(resource));
    }
  }

  #putDeveloper(name: string, next: Developer | undefined): void {
    const before = this.#developers.get(name);
    if (before !== undefined) removeOwn(this.#developersById, before.developerId, (one) => one === before);
    replace(this.#developers, name, next);
    if (next !== undefined && next.developerId !== '') this.#developersById.set(next.developerId, next);
  }

  #putApp(name: string, next: App | undefined): void {
    const before = this.#apps.get(name);
    if (before !== undefined) {
      removeOwn(this.#appsById, before.appId, (one) => one === before);
      for (const { consumerKey } of before.credentials) {
        removeOwn(this.#credentials, consumerKey, ({ app }) => app === before);
      }
    }
    replace(this.#apps, name, next);
    if (next === undefined) return;
    if (next.appId !== '') this.#appsById.set(next.appId, next);
    for (const one of next.credentials) this.#credentials.set(one.consumerKey, one);
  }
}

/** The part of a product that admits what is asked for. */
export function grantOf(product: ApiProduct, { environment, proxy, method, path }: Asked): Grant | undefined {
  const { environments, grants } = product;
  if (environments.length > 0 && !environments.includes(environment)) return undefined;
  for (const grant of grants) {
    if (grant.proxy !== undefined && grant.proxy !== proxy) continue;
    if (grant.methods.length > 0 && !grant.methods.includes(method)) continue;
    if (grant.path(path)) return grant;
  }
  return undefined;
}

/** Takes the same time whatever is given, so that nobody can find out a secret piece by piece. */
export function isSecretOf(credential: Credential, given: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(credential.consumerSecret), digest(given)) && credential.consumerSecret !== '';
}

function replace<V>(map: Map<string, V>, name: string, value: V | undefined): void {
  if (value === undefined) map.delete(name);
  else map.set(name, value);
}

/** Of two records with one id or key the later counts, and stays when the other goes. */
function removeOwn<V>(map: Map<string, V>, name: string, isOwn: (value: V) => boolean): void {
  const value = map.get(name);
  if (value !== undefined && isOwn(value)) map.delete(name);
}
