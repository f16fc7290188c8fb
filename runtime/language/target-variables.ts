import { type Exchange, Phase, type TargetCall } from '../message/exchange.ts';
import { toText } from './text.ts';
import { timeText } from './time-text.ts';
import { ignore, type Reader, readOnly, type Variable, type Writer } from './variable.ts';

/** The target side of a call. Apigee: flow variables reference, `target` and `loadbalancing`. Null before it starts. */
export const targetVariables: ReadonlyMap<string, Variable> = new Map<string, Variable>([
  ['target.name', ofTarget((target) => target.name)],
  ['target.url', writable(urlOf, writeUrl)],
  ['target.evaluated.url', writable(urlOf, writeUrl)],
  ['target.basepath', readOnly(basePath)],
  ['target.scheme', readOnly(scheme)],
  ['target.ssl.enabled', readOnly((exchange) => isSecure(scheme(exchange)))],
  ['target.host', ofTarget((target) => target.host)],
  ['target.ip', ofTarget((target) => target.ip)],
  ['target.port', ofTarget((target) => target.port)],
  ['target.copy.pathsuffix', switchVariable('copyPathSuffix')],
  ['target.copy.queryparams', switchVariable('copyQueryParams')],
  ['target.header.host', textField('headerHost')],
  ['target.expectedcn', textField('expectedCn')],
  ['variable.expectedcn', textField('expectedCn')],
  ...timeVariables('target.sent.start', (target) => target.sentStart),
  ...timeVariables('target.sent.end', (target) => target.sentEnd),
  ...timeVariables('target.received.start', (target) => target.receivedStart),
  ...timeVariables('target.received.end', (target) => target.receivedEnd),
  ...['cn', 'country', 'email.address', 'locality', 'organization', 'organization.unit', 'state'].map((name) =>
    certificateVariable(`target.${name}`),
  ),
  ['loadbalancing.targetserver', ofTarget((target) => target.server)],
  ['loadbalancing.failedservers', ofTarget((target) => target.failedServers)],
  ['loadbalancing.isfallback', ofTarget((target) => target.isFallback)],
  ['request.url', readOnly(requestUrl)],
]);

function writable(read: Reader, write: Writer): Variable {
  return { read, write, remove: ignore, readNeed: 0, writeNeed: 0 };
}

function ofTarget(read: (target: TargetCall) => unknown): Variable {
  return readOnly((exchange) => (exchange.target === undefined ? undefined : read(exchange.target)));
}

function urlOf(exchange: Exchange): string | undefined {
  return exchange.target?.urlOf(exchange);
}

/** Writing counts in the target request flow only: earlier the configuration replaces it, later the call is over. */
function writeUrl(exchange: Exchange, value: unknown): void {
  const { target } = exchange;
  if (target === undefined || exchange.phase !== Phase.targetRequest || value === undefined || value === null) return;
  target.replaceUrl(toText(value), exchange.request.querystring);
}

function scheme(exchange: Exchange): string | undefined {
  return exchange.target?.scheme ?? /^([a-z]+):/i.exec(urlOf(exchange) ?? '')?.[1]?.toLowerCase();
}

function isSecure(name: string | undefined): boolean | undefined {
  return name === undefined ? undefined : name === 'https';
}

/** The path of the target URL; null when it has none. */
function basePath(exchange: Exchange): string | undefined {
  const path = exchange.target?.basePath ?? /^[a-z]+:\/\/[^/?#]*(\/[^?#]*)/i.exec(urlOf(exchange) ?? '')?.[1];
  return path === '' ? undefined : path;
}

/**
 * Text and booleans switch; anything else is no answer. Before the target flow only a switch that was turned off is
 * visible: out of scope the variable is null.
 */
function switchVariable(field: 'copyPathSuffix' | 'copyQueryParams'): Variable {
  return writable(
    (exchange) => (exchange.target === undefined && exchange[field] ? undefined : exchange[field]),
    (exchange, value) => {
      const text = toText(value).trim().toLowerCase();
      if (text === 'true' || text === 'false') exchange[field] = text === 'true';
    },
  );
}

function textField(field: 'headerHost' | 'expectedCn'): Variable {
  return {
    ...writable(
      (exchange) => exchange.target?.[field],
      (exchange, value) => {
        if (exchange.target !== undefined) {
          exchange.target[field] = value === undefined || value === null ? undefined : toText(value);
        }
      },
    ),
    remove: (exchange) => {
      if (exchange.target !== undefined) exchange.target[field] = undefined;
    },
  };
}

function timeVariables(prefix: string, moment: (target: TargetCall) => number): [string, Variable][] {
  return [
    [`${prefix}.timestamp`, ofTarget((target) => moment(target) || -1)],
    [`${prefix}.time`, ofTarget((target) => timeText(moment(target)))],
  ];
}

function certificateVariable(name: string): [string, Variable] {
  return [name, ofTarget((target) => target.certificate?.get(name))];
}

/** The URL sent to the target, without the port; null until there is a response. */
function requestUrl(exchange: Exchange): string | undefined {
  const { target } = exchange;
  if (target?.host === undefined || exchange.phase < Phase.targetResponse) return undefined;
  return `${scheme(exchange) ?? 'http'}://${target.host}${exchange.request.uri}`;
}
