/** JSON Schemas of what the management port takes and gives: JSON Schema 2020-12, as OpenAPI 3.1 has it. */
import { debugSchemas } from './debug-schemas.ts';
import { anything, flag, list, object, ref, type Schema, text, texts, whole } from './schema-kit.ts';

/** X gives an object with a list in it, Edge the bare names. */
const listing = (member: string, item: Schema): Schema => ({ oneOf: [object({ [member]: list(item) }), texts] });

const attributes = list(object({ name: text, value: text }));
const status: Schema = { enum: ['approved', 'pending', 'revoked'] };
const keyProducts = list(object({ apiproduct: text, status }));
const people = { createdAt: whole, lastModifiedAt: whole };

const diagnostic = object({
  code: text,
  severity: { enum: ['error', 'warning'] },
  file: text,
  line: whole,
  column: whole,
  length: whole,
  message: text,
  excerpt: text,
});

const edgeRevision = object({
  name: text,
  state: { enum: ['deployed', 'undeployed', 'error'] },
  configuration: object({ basePath: text }),
  server: list(object({ status: text, type: texts, uUID: text })),
});

const deploymentItem = object(
  { environment: text, revision: text, deployStartTime: text },
  { apiProxy: text, sharedFlow: text, proxyDeploymentType: text },
);

export const schemas = {
  Error: object({
    error: object({
      code: whole,
      message: text,
      status: text,
      details: list(object({}, { diagnostics: list(diagnostic) })),
    }),
    code: text,
    message: text,
    contexts: list(anything),
  }),
  Names: texts,
  Done: object({}),
  Health: object({ status: { enum: ['ok', 'stopping', 'storeUnavailable'] } }),

  EmulatorVersion: object({
    name: text,
    version: text,
    releaseId: text,
    organization: text,
    environment: text,
    trafficPort: whole,
  }),
  EmulatorDeployment: object({ revision: text }, { environment: text, deployed: texts, diagnostics: list(diagnostic) }),
  EmulatorTree: list(
    object({ application: text, name: text, basePath: text, revision: text, environment: text, proxyUID: text }),
  ),
  EmulatorMaps: list(object({ name: text, scope: text, entry: list(object({ name: text })) })),
  TestApps: list(ref('App')),
  TestProducts: list(ref('ApiProduct')),
  TestDevelopers: list(ref('Developer')),
  AnalyticsRecords: list(
    object({
      apiproxy: text,
      proxy_endpoint: text,
      response_status_class: text,
      caller: { enum: ['external', 'local'] },
      message_count: whole,
    }),
  ),

  Organization: object({
    name: text,
    displayName: text,
    environments: texts,
    properties: object({ property: list(object({ name: text, value: text })) }),
    type: text,
    createdAt: text,
    lastModifiedAt: text,
  }),
  Environment: object({ name: text, properties: object({ property: list(anything) }) }, { state: text }),

  BundleList: {
    oneOf: [
      object({ proxies: list(object({ name: text })) }),
      object({ sharedFlows: list(object({ name: text })) }),
      texts,
    ],
  },
  Bundle: object({
    name: text,
    revision: texts,
    latestRevisionId: text,
    metaData: object({ createdAt: text, lastModifiedAt: text, subType: text }),
  }),
  Revision: object(
    {
      name: text,
      revision: text,
      type: text,
      policies: texts,
      resources: texts,
      createdAt: text,
      lastModifiedAt: text,
      manifestVersion: text,
    },
    {
      basepaths: texts,
      proxies: texts,
      targetEndpoints: texts,
      targets: texts,
      sharedFlows: texts,
      diagnostics: list(diagnostic),
    },
  ),
  Imported: { oneOf: [ref('Validation'), ref('Revision')] },
  Validation: object({ name: text, valid: flag, diagnostics: list(diagnostic) }),
  RevisionPart: object(
    { name: text },
    {
      connection: object({ connectionType: text }, { basePath: text, virtualHost: texts }),
    },
  ),
  ResourceFile: object({ name: text, type: text }),
  ResourceFiles: object({ resourceFile: list(ref('ResourceFile')) }),

  /** The deployment of one revision: the members of X and of Edge together. */
  Deployment: object(
    { environment: text, revision: text, name: text, state: text, organization: text },
    {
      apiProxy: text,
      aPIProxy: text,
      sharedFlow: text,
      deployStartTime: text,
      configuration: object({ basePath: text }),
      server: list(object({ status: text, type: texts, uUID: text })),
      errors: list(object({ code: whole, message: text })),
      instances: list(anything),
      diagnostics: list(diagnostic),
    },
  ),
  /** What X answers to an undeployment is empty. */
  Undeployed: { oneOf: [ref('Deployment'), { type: 'object', maxProperties: 0 }] },
  Deployments: object(
    { deployments: list(deploymentItem), name: text, organization: text },
    {
      environment: {
        oneOf: [text, list(object({ name: text }, { revision: list(edgeRevision), aPIProxy: list(anything) }))],
      },
      revision: list(edgeRevision),
      aPIProxy: list(object({ name: text, revision: list(edgeRevision) })),
      sharedFlow: list(object({ name: text, revision: list(edgeRevision) })),
    },
  ),
  DeployChangeReport: object({
    routingChanges: list(object({ description: text, environmentGroup: text })),
    routingConflicts: list(object({ description: text, environmentGroup: text })),
    validationErrors: anything,
  }),

  KeyValueMap: object(
    { name: text, encrypted: { oneOf: [flag, { enum: ['true', 'false'] }] } },
    { entry: list(object({ name: text, value: text })) },
  ),
  KeyValueEntry: object({ name: text, value: text }),
  KeyValueEntries: { oneOf: [object({ keyValueEntries: list(ref('KeyValueEntry')), nextPageToken: text }), texts] },

  TargetServer: object(
    { name: text, host: text },
    {
      port: { oneOf: [whole, { type: 'string', pattern: '^\\d+$' }] },
      isEnabled: { oneOf: [flag, text] },
      protocol: text,
      description: text,
      sSLInfo: object({}),
    },
  ),
  FlowHook: object({ flowHookPoint: text, continueOnError: flag }, { sharedFlow: text, description: text }),
  Cache: object({ name: text }),
  VirtualHost: object({ name: text, port: text, hostAliases: texts, interfaces: texts }, { sSLInfo: object({}) }),
  KeyStore: object({ name: text }, { aliases: texts, certs: list(anything), keys: list(anything) }),
  Alias: object({ alias: text, type: text }, { certsInfo: object({}) }),
  Reference: object({ name: text, refers: text }, { resourceType: text }),
  DebugMask: object({}),
  DataCollector: object({ name: text }, { type: text, description: text }),
  DataCollectors: object({ dataCollectors: list(ref('DataCollector')) }),

  Attributes: object({ attribute: attributes }),
  Attribute: object({ value: text }, { name: text }),
  ApiProduct: object(
    { name: text },
    {
      displayName: text,
      description: text,
      approvalType: { enum: ['auto', 'manual'] },
      attributes,
      apiResources: texts,
      environments: texts,
      proxies: texts,
      scopes: texts,
      quota: text,
      quotaInterval: text,
      quotaTimeUnit: text,
      operationGroup: object({}),
      graphqlOperationGroup: object({}),
      ...people,
    },
  ),
  ApiProducts: listing('apiProduct', object({ name: text })),
  Developer: object(
    { email: text },
    {
      developerId: text,
      firstName: text,
      lastName: text,
      userName: text,
      status: { enum: ['active', 'inactive'] },
      apps: texts,
      attributes,
      ...people,
    },
  ),
  Developers: listing('developer', object({ email: text })),
  App: object(
    { name: text },
    {
      appId: text,
      developerId: text,
      status,
      callbackUrl: text,
      apiProducts: { type: 'array' },
      scopes: texts,
      attributes,
      credentials: list(ref('Credential')),
      ...people,
    },
  ),
  Apps: {
    oneOf: ['app', 'appGroupApps']
      .map((member) => object({ [member]: list(object({}, { appId: text, name: text })) }))
      .concat(texts),
  },
  AppGroup: object(
    { name: text },
    {
      appGroupId: text,
      displayName: text,
      organization: text,
      channelId: text,
      channelUri: text,
      status: { enum: ['active', 'inactive'] },
      attributes,
      ...people,
    },
  ),
  AppGroups: object({ appGroups: list(ref('AppGroup')) }),
  Credential: object(
    { consumerKey: text, consumerSecret: text },
    { apiProducts: keyProducts, status, issuedAt: text, expiresAt: text, scopes: texts, attributes },
  ),

  CredentialChange: object({}, { apiProducts: texts, attributes, scopes: texts }),

  Stats: object({
    environments: list(
      object({
        name: text,
        dimensions: list(
          object({
            name: text,
            metrics: list(object({ name: text, values: list(anything) })),
          }),
        ),
      }),
    ),
    metaData: object({ errors: list(text), notices: list(text) }),
  }),
  ...debugSchemas,
  OpenApi: object({ openapi: text, info: object({}), paths: object({}), components: object({}) }),
} as const satisfies Readonly<Record<string, Schema>>;

export type SchemaName = keyof typeof schemas;
