import type { VariableGroup } from '../message/variable-group.ts';
import type { AppGroup, Consumers, Credential, Developer, Grant } from '../state/consumers.ts';

/** A key that was let in, and what let it in. */
export interface Admitted {
  readonly credential: Credential;
  readonly developer: Developer | undefined;
  readonly grant: Grant;
  /** For what is to be looked up when it is read. */
  readonly consumers: Consumers;
}

type Read = (admitted: Admitted) => unknown;

/** Variables of VerifyAPIKey, without `verifyapikey.POLICY.` Apigee: VerifyAPIKey, flow variables. */
const named: ReadonlyMap<string, Read> = new Map(
  Object.entries({
    client_id: ({ credential }) => credential.consumerKey,
    client_secret: ({ credential }) => credential.consumerSecret,
    redirection_uris: ({ credential }) => credential.app.callbackUrl || undefined,
    failed: () => false,
    DisplayName: ({ credential }) => credential.app.displayName,
    'developer.app.id': ({ credential }) => credential.app.appId,
    'developer.app.name': ({ credential }) => credential.app.name,
    'apiproduct.name': ({ grant }) => grant.product.name,
    'apiproduct.displayname': ({ grant }) => grant.product.displayName,
    'apiproduct.developer.quota.limit': ({ grant }) => grant.quota?.limit,
    'apiproduct.developer.quota.interval': ({ grant }) => grant.quota?.interval,
    'apiproduct.developer.quota.timeunit': ({ grant }) => grant.quota?.timeUnit,
    'apiproduct.operation.resource': ({ grant }) => grant.operation?.resource,
    'apiproduct.operation.methods': ({ grant }) => grant.operation?.methods.join(','),
    'app.name': ({ credential }) => credential.app.name,
    'app.id': ({ credential }) => credential.app.appId,
    'app.accessType': ofApp('accessType'),
    'app.callbackUrl': ({ credential }) => credential.app.callbackUrl || undefined,
    'app.DisplayName': ({ credential }) => credential.app.displayName,
    'app.status': ({ credential }) => credential.app.status,
    'app.apiproducts': ({ credential }) => credential.products.map(({ name }) => name),
    'app.appFamily': ofApp('appFamily', 'default'),
    'app.appParentStatus': (admitted) => (admitted.developer ?? groupOf(admitted))?.status,
    'app.appType': ({ credential }) => (credential.app.appGroup === undefined ? 'Developer' : 'AppGroup'),
    'app.appParentId': (admitted) => admitted.developer?.developerId ?? groupOf(admitted)?.appGroupId,
    'app.created_at': ({ credential }) => credential.app.resource.createdAt,
    'app.created_by': ofApp('createdBy'),
    'app.last_modified_at': ({ credential }) => credential.app.resource.lastModifiedAt,
    'app.last_modified_by': ofApp('lastModifiedBy'),
    'developer.id': ({ developer }) => developer?.developerId,
    'developer.userName': ({ developer }) => developer?.userName,
    'developer.firstName': ({ developer }) => developer?.firstName,
    'developer.lastName': ({ developer }) => developer?.lastName,
    'developer.email': ({ developer }) => developer?.email,
    'developer.status': ({ developer }) => developer?.status,
    'developer.apps': ({ developer, consumers }) =>
      developer === undefined ? undefined : consumers.appsOf(developer.email).map(({ name }) => name),
    'developer.created_at': ({ developer }) => developer?.resource.createdAt,
    'developer.created_by': ({ developer }) => developer?.resource.value.createdBy,
    'developer.last_modified_at': ({ developer }) => developer?.resource.lastModifiedAt,
    'developer.last_modified_by': ({ developer }) => developer?.resource.value.lastModifiedBy,
    'appgroup.id': (admitted) => groupOf(admitted)?.appGroupId,
    'appgroup.name': ({ credential }) => credential.app.appGroup,
    'appgroup.displayName': (admitted) => groupOf(admitted)?.displayName,
    'appgroup.status': (admitted) => groupOf(admitted)?.status,
    'appgroup.channelId': (admitted) => groupOf(admitted)?.resource.value.channelId,
    'appgroup.channelUri': (admitted) => groupOf(admitted)?.resource.value.channelUri,
  } satisfies Record<string, Read>),
);

function groupOf({ credential, consumers }: Admitted): AppGroup | undefined {
  return consumers.appGroupOf(credential.app);
}

function ofApp(member: string, otherwise?: string): Read {
  return ({ credential }) => credential.app.resource.value[member] ?? otherwise;
}

/** Custom attributes, by what stands before their names. The longer ones come first. */
const attributes: readonly (readonly [
  prefix: string,
  of: (admitted: Admitted) => ReadonlyMap<string, string> | undefined,
])[] = [
  ['apiproduct.operation.attributes.', ({ grant }) => grant.operation?.attributes],
  ['apiproduct.', ({ grant }) => grant.product.attributes],
  ['app.', ({ credential }) => credential.app.attributes],
  ['developer.', ({ developer }) => developer?.attributes],
  ['appgroup.', (admitted) => groupOf(admitted)?.attributes],
];

/** The variables that are set for a key, computed when they are read. */
export function consumerVariables(admitted: Admitted): VariableGroup {
  return (name) => {
    const read = named.get(name);
    if (read !== undefined) return read(admitted);
    for (const [prefix, of] of attributes) {
      if (!name.startsWith(prefix)) continue;
      const value = of(admitted)?.get(name.slice(prefix.length));
      if (value !== undefined) return value;
    }
    return undefined;
  };
}
