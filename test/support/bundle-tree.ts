import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';

/** Files of a bundle directory: path to text. */
export type Files = Readonly<Record<string, string>>;

/** Writes files below a folder, replacing those that are there. */
export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/** A new folder that holds the files; it goes when the surrounding test or suite ends. */
export async function bundleTree(files: Files = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zerohop-test-'));
  after(() => rm(folder, { recursive: true, force: true }));
  await writeFiles(folder, files);
  return folder;
}

/** A proxy: each document goes to the folder of its kind, under its `name`. */
export function proxy(name: string, ...documents: readonly string[]): Files {
  const files: Record<string, string> = { [`${name}/apiproxy/${name}.xml`]: `<APIProxy name="${name}"/>` };
  for (const xml of documents) files[`${name}/apiproxy/${folderOf(xml)}/${nameOf(xml)}.xml`] = xml;
  return files;
}

/** A shared flow that runs `steps`, with its policies. */
export function sharedFlow(name: string, steps: string, ...policies: readonly string[]): Files {
  const files: Record<string, string> = {
    [`${name}/sharedflowbundle/${name}.xml`]: `<SharedFlowBundle name="${name}"/>`,
    [`${name}/sharedflowbundle/sharedflows/default.xml`]: `<SharedFlow name="default">${steps}</SharedFlow>`,
  };
  for (const xml of policies) files[`${name}/sharedflowbundle/policies/${nameOf(xml)}.xml`] = xml;
  return files;
}

function folderOf(xml: string): string {
  const root = /^\s*<(\w+)/.exec(xml)?.[1];
  return root === 'ProxyEndpoint' ? 'proxies' : root === 'TargetEndpoint' ? 'targets' : 'policies';
}

function nameOf(xml: string): string {
  const name = /\bname="([^"]+)"/.exec(xml)?.[1];
  if (name === undefined) throw new Error(`A document without a name: ${xml.slice(0, 80)}`);
  return name;
}

/** XML of endpoints and policies, as short as tests want it. */

export function proxyEndpoint(basePath: string, inner: string, name = 'default'): string {
  const connection = `<HTTPProxyConnection><BasePath>${basePath}</BasePath></HTTPProxyConnection>`;
  return `<ProxyEndpoint name="${name}">${connection}${inner}</ProxyEndpoint>`;
}

export function targetEndpoint(inner: string, name = 'default'): string {
  return `<TargetEndpoint name="${name}">${inner}</TargetEndpoint>`;
}

export function step(policy: string, condition?: string): string {
  return `<Step><Name>${policy}</Name>${conditionOf(condition)}</Step>`;
}

export function preFlow(request: string, response = ''): string {
  return `<PreFlow name="PreFlow">${directions(request, response)}</PreFlow>`;
}

export function postFlow(request: string, response = ''): string {
  return `<PostFlow name="PostFlow">${directions(request, response)}</PostFlow>`;
}

export function flow(name: string, condition: string | undefined, request: string, response = ''): string {
  return `<Flow name="${name}">${conditionOf(condition)}${directions(request, response)}</Flow>`;
}

function directions(request: string, response: string): string {
  return `<Request>${request}</Request><Response>${response}</Response>`;
}

export function route(target = 'default', condition?: string): string {
  return `<RouteRule name="to-${target}">${conditionOf(condition)}<TargetEndpoint>${target}</TargetEndpoint></RouteRule>`;
}

/** A null route. */
export const noTarget = '<RouteRule name="none"/>';

export function faultRule(name: string, condition: string | undefined, steps: string): string {
  return `<FaultRule name="${name}">${conditionOf(condition)}${steps}</FaultRule>`;
}

function conditionOf(condition: string | undefined): string {
  return condition === undefined ? '' : `<Condition>${condition}</Condition>`;
}

export function httpTarget(url: string, properties: Readonly<Record<string, string>> = {}): string {
  return `<HTTPTargetConnection><URL>${url}</URL>${propertiesOf(properties)}</HTTPTargetConnection>`;
}

export function loadBalancer(servers: string, path = '', settings = ''): string {
  const where = path === '' ? '' : `<Path>${path}</Path>`;
  return `<HTTPTargetConnection><LoadBalancer>${settings}${servers}</LoadBalancer>${where}</HTTPTargetConnection>`;
}

export function localTarget(proxyName: string, endpoint = 'default'): string {
  const names = `<APIProxy>${proxyName}</APIProxy><ProxyEndpoint>${endpoint}</ProxyEndpoint>`;
  return `<LocalTargetConnection>${names}</LocalTargetConnection>`;
}

export function localPath(path: string): string {
  return `<LocalTargetConnection><Path>${path}</Path></LocalTargetConnection>`;
}

function propertiesOf(properties: Readonly<Record<string, string>>): string {
  const entries = Object.entries(properties);
  if (entries.length === 0) return '';
  return `<Properties>${entries.map(([name, value]) => `<Property name="${name}">${value}</Property>`).join('')}</Properties>`;
}

/** An AssignMessage that does not mind unresolved variables. */
export function assign(name: string, inner: string): string {
  const ignore = '<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>';
  return `<AssignMessage name="${name}">${inner}${ignore}</AssignMessage>`;
}

export function setPayload(template: string, type = 'text/plain'): string {
  return `<Set><Payload contentType="${type}">${template}</Payload></Set>`;
}

export function setHeaders(headers: Readonly<Record<string, string>>): string {
  const fields = Object.entries(headers).map(([name, value]) => `<Header name="${name}">${value}</Header>`);
  return `<Set><Headers>${fields.join('')}</Headers></Set>`;
}

export function setVariable(name: string, template: string): string {
  return `<AssignVariable><Name>${name}</Name><Template>${template}</Template></AssignVariable>`;
}

export function raiseFault(name: string, status: number, payload: string): string {
  const set = `<Set><StatusCode>${status}</StatusCode><Payload contentType="text/plain">${payload}</Payload></Set>`;
  return `<RaiseFault name="${name}"><FaultResponse>${set}</FaultResponse></RaiseFault>`;
}
