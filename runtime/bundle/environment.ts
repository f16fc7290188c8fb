import type { Resource } from './bundle.ts';
import type { ApiProduct, Developer, DeveloperApp } from './consumers.ts';
import { type DataCollector, type DebugMask, emptyDebugMask } from './debug-mask.ts';

/** Resources of one environment, from `environments/ENV/*.json`. Shapes: Apigee, workspace and management API references. */

export interface TargetServer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly isEnabled: boolean;
  readonly protocol: string;
  readonly sSLInfo: TargetServerTls | undefined;
}

export interface TargetServerTls {
  readonly enabled: boolean;
  readonly clientAuthEnabled: boolean;
  readonly keyStore: string | undefined;
  readonly keyAlias: string | undefined;
  readonly trustStore: string | undefined;
  readonly ignoreValidationErrors: boolean;
  readonly protocols: readonly string[];
  readonly ciphers: readonly string[];
  readonly commonName: { readonly value: string; readonly wildcardMatch: boolean } | undefined;
}

/** A key store or a trust store: aliases with PEM texts; a trust store has certificates only. */
export interface KeyStore {
  readonly name: string;
  readonly aliases: ReadonlyMap<string, { readonly key: string | undefined; readonly cert: string | undefined }>;
}

export const flowHookNames = [
  'PreProxyFlowHook',
  'PreTargetFlowHook',
  'PostTargetFlowHook',
  'PostProxyFlowHook',
] as const;
export type FlowHookName = (typeof flowHookNames)[number];

export interface FlowHook {
  readonly sharedFlow: string;
  readonly continueOnError: boolean;
}

/** A key value map as given in a file: loaded into the store when it is not there yet. */
export interface KeyValueMapFile {
  readonly name: string;
  readonly scope: 'organization' | 'environment' | 'apiproxy';
  /** The proxy that a map of scope `apiproxy` belongs to. */
  readonly proxy?: string | undefined;
  readonly encrypted: boolean;
  readonly entries: ReadonlyMap<string, string>;
}

export interface Environment {
  readonly name: string;
  readonly organization: string;
  readonly targetServers: ReadonlyMap<string, TargetServer>;
  readonly keyStores: ReadonlyMap<string, KeyStore>;
  /** `ref://NAME` to the name of a store. */
  readonly references: ReadonlyMap<string, string>;
  readonly flowHooks: ReadonlyMap<FlowHookName, FlowHook>;
  readonly keyValueMaps: readonly KeyValueMapFile[];
  /** Names that `deployments.json` lists; undefined without that file: everything found is deployed. */
  readonly deployments:
    | { readonly proxies: ReadonlySet<string>; readonly sharedFlows: ReadonlySet<string> }
    | undefined;
  readonly debugMask: DebugMask;
  readonly dataCollectors: ReadonlyMap<string, DataCollector>;
  readonly products: ReadonlyMap<string, ApiProduct>;
  /** By e-mail address. */
  readonly developers: ReadonlyMap<string, Developer>;
  readonly developerApps: readonly DeveloperApp[];
  /** Environment-level resources, by `TYPE://NAME`. */
  readonly resources: ReadonlyMap<string, Resource>;
  /** Values of environment-level property sets, by `SET.KEY`. */
  readonly properties: ReadonlyMap<string, string>;
  /** What the JSON files hold, as written, by file name: a list of objects, or the one object of the file. */
  readonly written: ReadonlyMap<string, readonly JsonObject[]>;
  readonly digest: string;
}

/** A JSON object as read, nothing known of its members. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function emptyEnvironment(name: string): Environment {
  return {
    name,
    organization: 'zerohop',
    targetServers: new Map(),
    keyStores: new Map(),
    references: new Map(),
    flowHooks: new Map(),
    keyValueMaps: [],
    deployments: undefined,
    debugMask: emptyDebugMask,
    dataCollectors: new Map(),
    products: new Map(),
    developers: new Map(),
    developerApps: [],
    resources: new Map(),
    properties: new Map(),
    written: new Map(),
    digest: '',
  };
}

/** A store by name or `ref://NAME`. Apigee: working with references. A name without reference is looked up itself. */
export function findKeyStore(
  environment: Pick<Environment, 'keyStores' | 'references'>,
  written: string,
): KeyStore | undefined {
  if (!written.startsWith('ref://')) return environment.keyStores.get(written);
  const name = written.slice('ref://'.length);
  return environment.keyStores.get(environment.references.get(name) ?? name);
}
