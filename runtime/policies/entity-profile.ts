import type { JsonObject } from '../bundle/environment.ts';
import { escapeXml } from '../language/escape.ts';
import type { VariableGroup } from '../message/variable-group.ts';
import type { ApiProduct, App, AppGroup, Credential, Developer } from '../state/consumers.ts';

/** What AccessEntity gives of a product, developer, app or key, in the shapes of Apigee's management API. */
export interface EntityProfile {
  readonly xml: EntityNode;
  readonly json: JsonObject;
}

/** An element: a text, or others. */
export interface EntityNode {
  readonly name: string;
  /** The attribute `name`. */
  readonly label?: string;
  readonly content: string | readonly EntityNode[];
}

export function appProfile(app: App): EntityProfile {
  const { resource } = app;
  const credentials = app.credentials.map(credentialProfile);
  const content = [
    ...optional('AccessType', resource.value.accessType),
    list('ApiProducts', 'ApiProduct', [...new Set(app.credentials.flatMap(({ products }) => products.map(nameOf)))]),
    { name: 'Credentials', content: credentials.map(({ xml }) => xml) },
    text('AppFamily', resource.value.appFamily ?? 'default'),
    text('AppId', app.appId),
    attributes(app.attributes),
    text('CallbackUrl', app.callbackUrl),
    ...history(resource),
    text('DeveloperId', resource.value.developerId),
    list('Scopes', 'Scope', app.scopes),
    text('Status', app.status),
  ];
  const json = { ...resource.value, ...times(resource), credentials: credentials.map((one) => one.json) };
  return { xml: { name: 'App', label: app.name, content }, json };
}

export function credentialProfile(credential: Credential): EntityProfile {
  const { consumerKey, consumerSecret, issuedAt, scopes, status, products } = credential;
  const expiresAt = Number.isFinite(credential.expiresAt) ? String(credential.expiresAt) : '-1';
  const content = [
    attributes(credential.attributes),
    text('ConsumerKey', consumerKey),
    text('ConsumerSecret', consumerSecret),
    text('ExpiresAt', expiresAt),
    text('IssuedAt', issuedAt),
    {
      name: 'ApiProducts',
      content: products.map((one) => {
        return { name: 'ApiProduct', content: [text('Name', one.name), text('Status', one.status)] };
      }),
    },
    list('Scopes', 'Scope', scopes),
    text('Status', status),
  ];
  const json = {
    apiProducts: products.map((one) => ({ apiproduct: one.name, status: one.status })),
    attributes: [...credential.attributes].map(([name, value]) => ({ name, value })),
    consumerKey,
    consumerSecret,
    expiresAt,
    issuedAt,
    scopes,
    status,
  };
  return { xml: { name: 'Credential', content }, json };
}

export function developerProfile(developer: Developer, apps: readonly App[]): EntityProfile {
  const { resource } = developer;
  const names = apps.map(nameOf);
  const content = [
    list('Apps', 'App', names),
    attributes(developer.attributes),
    ...history(resource),
    text('DeveloperId', developer.developerId),
    text('Email', developer.email),
    text('FirstName', developer.firstName),
    text('LastName', developer.lastName),
    text('Status', developer.status),
    text('UserName', developer.userName),
  ];
  return { xml: { name: 'Developer', content }, json: { ...resource.value, ...times(resource), apps: names } };
}

export function appGroupProfile(group: AppGroup): EntityProfile {
  const { resource } = group;
  const content = [
    text('AppGroupId', group.appGroupId),
    attributes(group.attributes),
    text('ChannelId', resource.value.channelId),
    text('ChannelUri', resource.value.channelUri),
    ...history(resource),
    text('DisplayName', group.displayName),
    text('Name', group.name),
    text('Status', group.status),
  ];
  return { xml: { name: 'AppGroup', content }, json: { ...resource.value, ...times(resource) } };
}

export function productProfile(product: ApiProduct): EntityProfile {
  const { resource } = product;
  const { value } = resource;
  const content = [
    list('ApiResources', 'ApiResource', value.apiResources),
    text('ApprovalType', product.approvalType),
    attributes(product.attributes),
    ...history(resource),
    text('Description', value.description),
    text('DisplayName', product.displayName),
    list('Environments', 'Environment', product.environments),
    list('Proxies', 'Proxy', value.proxies),
    ...optional('Quota', product.quota?.limit),
    ...optional('QuotaInterval', product.quota?.interval),
    ...optional('QuotaTimeUnit', product.quota?.timeUnit),
    list('Scopes', 'Scope', product.scopes),
  ];
  return { xml: { name: 'ApiProduct', label: product.name, content }, json: { ...value, ...times(resource) } };
}

export function scopesProfile({ scopes }: Credential): EntityProfile {
  return { xml: list('Scopes', 'Scope', scopes), json: { scopes } };
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function text(name: string, value: unknown): EntityNode {
  return { name, content: typeof value === 'string' || typeof value === 'number' ? String(value) : '' };
}

function optional(name: string, value: unknown): EntityNode[] {
  return value === undefined ? [] : [text(name, value)];
}

function list(name: string, item: string, values: unknown): EntityNode {
  return { name, content: Array.isArray(values) ? values.map((value: unknown) => text(item, value)) : [] };
}

function attributes(values: ReadonlyMap<string, string>): EntityNode {
  const content = [...values].map(([name, value]) => {
    return { name: 'Attribute', content: [text('Name', name), text('Value', value)] };
  });
  return { name: 'Attributes', content };
}

type Stored = { readonly value: JsonObject; readonly createdAt: number; readonly lastModifiedAt: number };

function times({ createdAt, lastModifiedAt }: Stored): JsonObject {
  return { createdAt, lastModifiedAt };
}

function history({ value, createdAt, lastModifiedAt }: Stored): EntityNode[] {
  return [
    text('CreatedAt', createdAt),
    ...optional('CreatedBy', value.createdBy),
    text('LastModifiedAt', lastModifiedAt),
    ...optional('LastModifiedBy', value.lastModifiedBy),
  ];
}

export function xmlOf({ name, label, content }: EntityNode): string {
  const start = label === undefined ? name : `${name} name="${escapeXml(label)}"`;
  if (content.length === 0) return `<${start}/>`;
  return `<${start}>${typeof content === 'string' ? escapeXml(content) : content.map(xmlOf).join('')}</${name}>`;
}

/**
 * Every element by its path, `App.Credentials.Credential.ConsumerKey`; of several of one name the second is
 * `Credential.2`. A text is itself, anything else its XML. Apigee: published bundles read the profile this way.
 */
export function childNodes(roots: readonly EntityNode[]): VariableGroup {
  return (path) => {
    let node: EntityNode | undefined = { name: '', content: roots };
    const names = path.split('.');
    for (let at = 0; at < names.length && node !== undefined; at++) {
      const children: readonly EntityNode[] = typeof node.content === 'string' ? [] : node.content;
      const same = children.filter(({ name }) => name === names[at]);
      const number = /^[1-9]\d*$/.test(names[at + 1] ?? '') ? Number(names[++at]) : undefined;
      node = number === undefined && same.length > 1 ? undefined : same[(number ?? 1) - 1];
    }
    if (node === undefined) return undefined;
    return typeof node.content === 'string' ? node.content : xmlOf(node);
  };
}
