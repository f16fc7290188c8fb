import type { PropertiesConfig } from '../bundle/target.ts';
import { type Diagnostics, nearest, type Place } from '../diagnostic.ts';
import { parseSize } from '../flow/properties.ts';
import { parseSuccessCodes, type SuccessCodes } from './success-codes.ts';

/** Names that stay, lower case for headers; undefined: all stay. */
export type Retained = ReadonlySet<string> | undefined;

export type Compression = 'gzip' | 'deflate' | 'none';

/** Properties of a target connection, compiled. Apigee: endpoint properties reference. Times in milliseconds. */
export interface TargetProperties {
  readonly isError: SuccessCodes;
  readonly connectTimeout: number;
  readonly ioTimeout: number;
  readonly keepAliveTimeout: number;
  /** Bytes a response payload may have; Infinity when it is streamed. */
  readonly responseLimit: number;
  readonly requestHeaders: Retained;
  readonly responseHeaders: Retained;
  readonly queryParams: Retained;
  readonly compression: Compression | undefined;
  /** A 405 without Allow is a fault. */
  readonly needsAllow: boolean;
  readonly resumesTls: boolean;
}

const defaultLimit = 10 * 1024 * 1024;

/** The effect of these is what happens here anyway, or belongs to a part of the platform that is not here. */
const withoutEffect = [
  'allow.post.without.content.length',
  'allow.put.without.content.length',
  'request.streaming.enabled',
  'supports.http11',
  'use.proxy',
  'use.proxy.tunneling',
  'use.proxy.host.header.with.target.uri',
];

/** Known, but not run here: said at load when they ask for something. */
const notRun: ReadonlyMap<string, string> = new Map([
  ['supports.http10', 'Targets are called with HTTP/1.1.'],
  ['enable.method.override', 'No X-HTTP-Method-Override is added; set the header with AssignMessage.'],
  ['copy.pathsuffix', 'Set the variable target.copy.pathsuffix in the target request flow instead.'],
  ['copy.queryparams', 'Set the variable target.copy.queryparams in the target request flow instead.'],
]);

const effective = [
  'success.codes',
  'connect.timeout.millis',
  'io.timeout.millis',
  'keepalive.timeout.millis',
  'response.streaming.enabled',
  'response.payload.parse.limit',
  'request.retain.headers',
  'request.retain.headers.enabled',
  'response.retain.headers',
  'response.retain.headers.enabled',
  'retain.queryparams',
  'retain.queryparams.enabled',
  'compression.algorithm',
  'ignore.allow.header.for.405',
  'allow.tls.session.resumption',
];

export function readTargetProperties(config: PropertiesConfig | undefined, diagnostics: Diagnostics): TargetProperties {
  const given = new Map<string, { readonly text: string; readonly at: Place }>();
  for (const property of config?.Property ?? []) {
    const name = property.name?.text ?? '';
    const text = (property.text ?? '').trim();
    given.set(name, { text, at: property.at });
    warnOfName(name, text, property.at, diagnostics);
  }
  const is = (name: string, otherwise: boolean): boolean => {
    const text = given.get(name)?.text.toLowerCase();
    return text === 'true' ? true : text === 'false' ? false : otherwise;
  };
  const milliseconds = (name: string, otherwise: number): number => {
    const property = given.get(name);
    if (property === undefined || property.text === '') return otherwise;
    if (/^\d{1,9}$/.test(property.text) && Number(property.text) > 0) return Number(property.text);
    const message = `Property "${name}" is "${property.text}", expected a number of milliseconds above 0.`;
    diagnostics.warning('ZH041', property.at, message, `The default, ${otherwise}, applies.`);
    return otherwise;
  };
  const retained = (name: string, inLowerCase: boolean): Retained => {
    const list = given.get(name)?.text;
    // The list wins over the switch. Apigee: endpoint properties reference, request.retain.headers.
    if (list === undefined || list === '') return is(`${name}.enabled`, true) ? undefined : new Set();
    return new Set(list.split(',').map((one) => (inLowerCase ? one.trim().toLowerCase() : one.trim())));
  };
  return {
    isError: parseSuccessCodes(given.get('success.codes')?.text),
    connectTimeout: milliseconds('connect.timeout.millis', 3_000),
    ioTimeout: milliseconds('io.timeout.millis', 55_000),
    keepAliveTimeout: milliseconds('keepalive.timeout.millis', 60_000),
    responseLimit: is('response.streaming.enabled', false)
      ? Number.POSITIVE_INFINITY
      : (parseSize(given.get('response.payload.parse.limit')?.text) ?? defaultLimit),
    requestHeaders: retained('request.retain.headers', true),
    responseHeaders: retained('response.retain.headers', true),
    queryParams: retained('retain.queryparams', false),
    compression: compressionOf(given.get('compression.algorithm'), diagnostics),
    needsAllow: !is('ignore.allow.header.for.405', true),
    resumesTls: is('allow.tls.session.resumption', true),
  };
}

function warnOfName(name: string, text: string, at: Place, diagnostics: Diagnostics): void {
  const hint =
    notRun.get(name) ?? (name.endsWith('.override.method') ? notRun.get('enable.method.override') : undefined);
  if (hint !== undefined) {
    const asksNothing = name.startsWith('copy.') ? text.toLowerCase() === 'true' : text.toLowerCase() === 'false';
    if (!asksNothing) diagnostics.warning('ZH042', at, `Property "${name}" has no effect.`, hint);
    return;
  }
  if (name === 'supports.http11' && text.toLowerCase() === 'false') {
    diagnostics.warning('ZH042', at, `Property "${name}" has no effect.`, 'Targets are called with HTTP/1.1.');
    return;
  }
  if (effective.includes(name) || withoutEffect.includes(name)) return;
  const [best] = nearest(name, [...effective, ...withoutEffect, ...notRun.keys()]);
  const message = `Property "${name}" is not known on a target connection; it has no effect.`;
  diagnostics.warning('ZH040', at, message, best === undefined ? undefined : `Did you mean "${best}"?`);
}

function compressionOf(
  property: { readonly text: string; readonly at: Place } | undefined,
  diagnostics: Diagnostics,
): Compression | undefined {
  const text = property?.text.toLowerCase();
  if (text === 'gzip' || text === 'deflate' || text === 'none') return text;
  if (property !== undefined && text !== '') {
    const message = `compression.algorithm is "${property.text}", expected gzip, deflate or none.`;
    diagnostics.warning('ZH041', property.at, message, 'Payloads go out as they are.');
  }
  return undefined;
}
