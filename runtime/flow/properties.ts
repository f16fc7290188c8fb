import type { PropertiesConfig } from '../bundle/target.ts';
import { type Diagnostics, nearest } from '../diagnostic.ts';

/** Properties of an HTTPProxyConnection. Apigee: endpoint properties reference. */
export interface EndpointProperties {
  readonly streamsRequest: boolean;
  readonly streamsResponse: boolean;
  /** Milliseconds; 0 = none. */
  readonly timeout: number;
  /** Bytes; Infinity when streamed. */
  readonly requestLimit: number;
  /** Adds the host's address to X-Forwarded-For. */
  readonly forwardedFor: boolean;
}

const megabyte = 1024 * 1024;
const defaultLimit = 10 * megabyte;
const longestTimeout = 300_000;

/** Names of the reference that have no effect here, or whose effect needs nothing from us. */
const accepted = [
  'HTTPHeader.allowDuplicates',
  'HTTPHeader.multiValued',
  'compression.algorithm',
  'request.queryparams.ignore.content.type.charset',
  'allow.http10',
  'allow.http11',
  'allow.http.method.*',
];
const known = [
  'X-Forwarded-For',
  'api.timeout',
  'request.payload.parse.limit',
  'request.streaming.enabled',
  'response.streaming.enabled',
  ...accepted,
];

export function readEndpointProperties(
  config: PropertiesConfig | undefined,
  diagnostics: Diagnostics,
): EndpointProperties {
  const given = new Map<string, string>();
  for (const property of config?.Property ?? []) {
    const name = property.name?.text ?? '';
    given.set(name, (property.text ?? '').trim());
    if (known.includes(name)) continue;
    const [best] = nearest(name, known);
    const hint = best === undefined ? undefined : `Did you mean "${best}"?`;
    diagnostics.warning(
      'ZH024',
      property.at,
      `Property "${name}" is not known on a ProxyEndpoint; it has no effect.`,
      hint,
    );
  }
  const isTrue = (name: string): boolean => given.get(name)?.toLowerCase() === 'true';
  const streamsRequest = isTrue('request.streaming.enabled');
  return {
    streamsRequest,
    streamsResponse: isTrue('response.streaming.enabled'),
    timeout: Math.min(wholeNumber(given.get('api.timeout')), longestTimeout),
    requestLimit: streamsRequest
      ? Number.POSITIVE_INFINITY
      : (parseSize(given.get('request.payload.parse.limit')) ?? defaultLimit),
    forwardedFor: isTrue('X-Forwarded-For'),
  };
}

function wholeNumber(text: string | undefined): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
}

/** A size such as `15M`, `512K` or a number of bytes; undefined when it is none. */
export function parseSize(text: string | undefined): number | undefined {
  const match = /^(\d+)\s*([kKmM]?)[bB]?$/.exec(text ?? '');
  if (match === null) return undefined;
  const unit = (match[2] ?? '').toLowerCase();
  return Number(match[1]) * (unit === 'm' ? megabyte : unit === 'k' ? 1024 : 1);
}
