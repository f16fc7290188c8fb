import { networkInterfaces } from 'node:os';
import type { Exchange } from '../message/exchange.ts';
import { timeText } from './time-text.ts';
import { type Reader, readOnly, type Variable } from './variable.ts';

/** The call itself: client, proxy, flow and route. Apigee: flow variables reference. All of them are read-only. */
export const callVariables: ReadonlyMap<string, Variable> = new Map(
  Object.entries({
    'client.ip': clientIp,
    'client.resolved.ip': clientIp,
    'proxy.client.ip': (exchange) => exchange.root.client.ip,
    'client.host': (exchange) => exchange.client.host,
    'client.port': (exchange) => exchange.client.port,
    'client.scheme': (exchange) => exchange.client.scheme,
    'client.ssl.enabled': (exchange) => (exchange.client.scheme === 'https' ? 'true' : 'false'),
    'client.local': (exchange) => exchange.parent !== undefined,
    'proxy.chain': chain,
    'proxy.chain.depth': (exchange) => exchange.depth,
    'client.received.start.timestamp': (exchange) => exchange.receivedStart,
    'client.received.end.timestamp': (exchange) => exchange.receivedEnd,
    'client.received.start.time': (exchange) => timeText(exchange.receivedStart),
    'client.received.end.time': (exchange) => timeText(exchange.receivedEnd),
    'client.sent.start.timestamp': (exchange) => exchange.sentStart || -1,
    'client.sent.end.timestamp': (exchange) => exchange.sentEnd || -1,
    'client.sent.start.time': (exchange) => timeText(exchange.sentStart),
    'client.sent.end.time': (exchange) => timeText(exchange.sentEnd),
    'client.received.content.length': (exchange) => Number(exchange.request.headers.line('content-length') ?? 0),

    'proxy.name': (exchange) => exchange.endpoint.name,
    'proxy.basepath': (exchange) => exchange.endpoint.basePath || '/',
    'proxy.pathsuffix': (exchange) => exchange.pathSuffix,
    'proxy.url': (exchange) => `${exchange.client.scheme}://${exchange.client.host}${exchange.arrivedUri}`,
    'proxy.flow.name': (exchange) => exchange.proxyFlowName || undefined,
    'target.flow.name': (exchange) => exchange.targetFlowName || undefined,
    'current.flow.name': (exchange) => exchange.flowName || undefined,
    'current.flow.description': (exchange) => exchange.flowDescription,
    'proxy.flow.description': (exchange) => exchange.proxyFlowDescription,
    'target.flow.description': (exchange) => exchange.targetFlowDescription,
    'sharedflow.name': (exchange) => exchange.sharedFlowName,
    'apigee.edge.sharedflow.name': (exchange) => exchange.sharedFlowName,
    'apigee.edge.flowhook.name': (exchange) => exchange.flowHookName,
    'apiproxy.name': (exchange) => exchange.endpoint.proxy,
    'apiproxy.revision': (exchange) => exchange.endpoint.revision,
    'apiproxy.basepath': () => '/',
    'application.basepath': () => '/',
    'organization.name': (exchange) => exchange.directory.organization,
    'environment.name': (exchange) => exchange.directory.environment,
    'virtualhost.name': () => 'default',
    'virtualhost.aliases.values': (exchange) => [exchange.client.host],
    'virtualhost.ssl.enabled': (exchange) => exchange.client.scheme === 'https',
    'route.name': (exchange) => exchange.routeName,
    'route.target': (exchange) => exchange.routeTarget,
    messageid: (exchange) => exchange.id,
    ...Object.fromEntries(tlsNames().map((name) => [name, tlsReader(name)])),
  } satisfies Record<string, Reader>).map(([name, read]) => [name, readOnly(read)]),
);

/** `propertyset.SET.KEY`: the bundle's own property set, then the environment's. */
export function propertyVariable(name: string): Variable | undefined {
  if (!name.startsWith('propertyset.')) return undefined;
  const key = name.slice('propertyset.'.length);
  return readOnly((exchange) => exchange.endpoint.properties.get(key) ?? exchange.directory.properties.get(key));
}

/** `system.interface.NAME`: the address of a network interface of this machine. */
export function interfaceVariable(name: string): Variable | undefined {
  if (!name.startsWith('system.interface.')) return undefined;
  const key = name.slice('system.interface.'.length);
  return readOnly(() => {
    const interfaces = new Map(Object.entries(networkInterfaces()));
    return interfaces.get(key)?.[0]?.address;
  });
}

/** A local call comes from this machine (Apigee: proxy chaining); nothing in the message can say otherwise. */
function clientIp(exchange: Exchange): string {
  return exchange.parent === undefined ? exchange.client.ip : '127.0.0.1';
}

/** Names of the proxies before this one, outermost first. */
function chain(exchange: Exchange): string {
  let names = '';
  for (let caller = exchange.parent; caller !== undefined; caller = caller.parent) {
    names = names === '' ? caller.endpoint.proxy : `${caller.endpoint.proxy},${names}`;
  }
  return names;
}

function tlsNames(): string[] {
  const subject = ['cn', 'country', 'email.address', 'locality', 'organization', 'organization.unit', 'state'];
  const connection = ['cipher', 'protocol', 'server.name', 'session.id', 'client.s.dn', 'client.i.dn'];
  const certificate = ['client.raw.cert', 'client.cert.serial', 'client.cert.fingerprint'];
  return [...subject.map((name) => `client.${name}`), ...[...connection, ...certificate].map((name) => `tls.${name}`)];
}

function tlsReader(name: string): Reader {
  return (exchange) => exchange.client.tls?.get(name);
}
