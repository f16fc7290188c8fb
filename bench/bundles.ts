import { answerBody } from './answer.ts';
import type { Files } from './files.ts';
import { largerProxy, realisticProxy } from './realistic-proxy.ts';
import type { Workload } from './scenarios.ts';

export type HopConnection = 'LocalTargetConnection' | 'HTTPTargetConnection';

export interface Surroundings {
  /** Where the gateway itself listens, for hops over loopback. */
  readonly port: number;
  readonly backendPort: number;
  readonly hops: HopConnection;
  /** Proxies that are deployed and never called. */
  readonly others: number;
}

export interface ProxyParts {
  readonly name: string;
  readonly basePath: string;
  /** Children of ProxyEndpoint between connection and route rule. */
  readonly flows: string;
  /** Policies by name. */
  readonly policies: Files;
  /** The connection element of the target; undefined: no target, the null route. */
  readonly target: string | undefined;
}

/** The bundles of a workload, as files. */
export function bundlesFor(workload: Workload, surroundings: Surroundings): Files {
  const files: Record<string, string> = {};
  for (const parts of proxiesOf(workload, surroundings)) Object.assign(files, proxyBundle(parts));
  for (let index = 0; index < surroundings.others; index++) Object.assign(files, otherBundle(index));
  return files;
}

function proxiesOf(workload: Workload, surroundings: Surroundings): ProxyParts[] {
  const backend = httpTarget(`http://127.0.0.1:${surroundings.backendPort}`);
  const bench = { name: 'bench', basePath: '/bench' };
  switch (workload.kind) {
    case 'static':
      return [{ ...bench, ...staticAnswer, target: undefined }];
    case 'pass-through':
    case 'bodies':
      return [{ ...bench, flows: '', policies: {}, target: backend }];
    case 'realistic':
      return [{ ...bench, ...realisticProxy(), target: backend }];
    case 'chain':
      return Array.from({ length: workload.depth }, (_, index) =>
        hop(index + 1, workload.end === 'backend' ? backend : undefined, surroundings),
      );
  }
}

const staticAnswer = {
  flows: responseFlow('AM-Answer'),
  policies: { 'AM-Answer': assignMessage('AM-Answer', payload(answerBody)) },
};

/** Hop 1 is the end of the chain; every hop adds one response header. */
function hop(number: number, backend: string | undefined, { port, hops }: Surroundings): ProxyParts {
  const name = `hop-${number}`;
  const body = number === 1 && backend === undefined ? payload(answerBody) : '';
  const header = `<Header name="X-Hop-${number}">${name}</Header>`;
  const next = `hop-${number - 1}`;
  const call =
    hops === 'LocalTargetConnection'
      ? `<LocalTargetConnection><APIProxy>${next}</APIProxy><ProxyEndpoint>default</ProxyEndpoint></LocalTargetConnection>`
      : httpTarget(`http://127.0.0.1:${port}/${next}`);
  return {
    name,
    basePath: `/${name}`,
    flows: responseFlow('AM-Hop'),
    policies: { 'AM-Hop': assignMessage('AM-Hop', `<Add><Headers>${header}</Headers></Add>${body}`) },
    target: number === 1 ? backend : call,
  };
}

/** One of many. */
function otherBundle(index: number): Files {
  const name = `other-${index}`;
  const target = httpTarget(`http://127.0.0.1:9/${name}`);
  return proxyBundle({ name, basePath: otherBasePath(index), ...largerProxy(name), target });
}

export function otherBasePath(index: number): string {
  return `/v${index % 7}/${['orders', 'stock', 'users', 'prices'][index % 4]}/other-${index}`;
}

export function proxyBundle({ name, basePath, flows, policies, target }: ProxyParts): Files {
  const folder = `${name}/apiproxy`;
  const route = target === undefined ? '' : '<TargetEndpoint>default</TargetEndpoint>';
  const files: Record<string, string> = {
    [`${folder}/${name}.xml`]: `<APIProxy name="${name}" revision="1"/>\n`,
    [`${folder}/proxies/default.xml`]: `<ProxyEndpoint name="default">
  <HTTPProxyConnection><BasePath>${basePath}</BasePath></HTTPProxyConnection>${flows}
  <RouteRule name="default">${route}</RouteRule>
</ProxyEndpoint>\n`,
  };
  if (target !== undefined) {
    files[`${folder}/targets/default.xml`] = `<TargetEndpoint name="default">${target}</TargetEndpoint>\n`;
  }
  for (const [policy, text] of Object.entries(policies)) files[`${folder}/policies/${policy}.xml`] = text;
  return files;
}

function responseFlow(step: string): string {
  return `<PostFlow name="PostFlow"><Response><Step><Name>${step}</Name></Step></Response></PostFlow>`;
}

function assignMessage(name: string, actions: string): string {
  return `<AssignMessage name="${name}">${actions}</AssignMessage>\n`;
}

function payload(text: string): string {
  return `<Set><Payload contentType="application/json">${text}</Payload></Set>`;
}

function httpTarget(url: string): string {
  return `<HTTPTargetConnection><URL>${url}</URL></HTTPTargetConnection>`;
}
