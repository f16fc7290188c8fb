import {
  type CalloutConnection,
  type HTTPTargetConnectionConfig,
  httpTargetConnection,
  type LocalTargetConnectionConfig,
  localTargetConnection,
  type PropertiesConfig,
} from '../bundle/target.ts';
import type { Place } from '../diagnostic.ts';
import { Body } from '../message/body.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { type ConfigOf, element, type Leaf, many, requiredAttribute } from '../schema/declare.ts';
import { condition, integer, oneOf, template, text } from '../schema/values.ts';
import { addToQuery, type ChainData, jsonTextOf } from './chain-data.ts';
import type { Callout, Compiler } from './policy.ts';

const header = element({ content: template, attributes: { name: requiredAttribute(text) } });

/** A service of a ProxyChain: exactly one of the ways to reach it. */
export const chainService = element({
  attributes: { name: requiredAttribute(text) },
  children: {
    URI: template,
    Path: template,
    LocalTarget: localTargetConnection,
    LocalTargetConnection: localTargetConnection,
    HTTPTargetConnection: httpTargetConnection,
    Method: oneOf('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
    Headers: element({ children: { Header: many(header) } }),
    Timeout: integer(1),
    SuccessCodes: text,
    Condition: condition,
  },
});

export type ChainServiceConfig = ConfigOf<typeof chainService>;

export type Profile = 'native' | 'apisix';

export interface ChainService {
  readonly name: string;
  /** How it is reached, as written: for messages. */
  readonly address: string;
  readonly callout: Callout;
  /** Milliseconds. */
  readonly timeout: number;
  /** Whether it is called at all. */
  readonly wanted: (exchange: Exchange) => boolean;
  /** Names of variables that its condition reads. */
  readonly reads: readonly string[];
  request(exchange: Exchange, data: ChainData, authorization: string | undefined): Message;
}

/** As ServiceCallout. */
const usualTimeout = 55_000;

/** What tells the services of a trace apart goes along. W3C Trace Context; X-Request-ID is what most gateways use. */
const traceFields: Readonly<Record<Profile, readonly string[]>> = {
  apisix: ['traceparent', 'tracestate'],
  native: ['traceparent', 'tracestate', 'X-Request-ID'],
};

/** @returns undefined when it has mistakes, which are reported */
export function compileService(
  config: ChainServiceConfig,
  profile: Profile,
  compiler: Compiler,
): ChainService | undefined {
  const name = config.name.text;
  const properties = successCodes(config, profile, compiler);
  const reached = connectionOf(config, properties, compiler);
  if (reached === undefined) return undefined;
  const callout = compiler.callout(reached.connection, reached.at, name);
  const wanted =
    config.Condition === undefined ? undefined : compiler.condition(config.Condition.text, config.Condition.at);
  if (callout === undefined) return undefined;
  const verb = config.Method?.text ?? 'POST';
  const inQuery = profile === 'native' && verb === 'GET';
  const fields = (config.Headers?.Header ?? []).map((one) => ({
    name: one.name.text,
    value: compiler.template(one.text ?? '', one.textAt),
  }));
  return {
    name,
    address: reached.address,
    callout,
    timeout: config.Timeout?.text ?? usualTimeout,
    wanted: wanted?.test ?? always,
    reads: wanted?.reads ?? [],
    request: (exchange, data, authorization) => {
      const message = Message.request();
      message.verb = verb;
      const { headers } = message;
      if (!inQuery) headers.set('Content-Type', 'application/json');
      headers.set('Accept', '*/*');
      if (authorization !== undefined) headers.set('Authorization', authorization);
      for (const field of traceFields[profile]) {
        const value = exchange.request.headers.line(field);
        if (value !== undefined) headers.set(field, value);
      }
      for (const field of fields) headers.set(field.name, field.value.render(exchange));
      if (inQuery) addToQuery(message.query, data);
      else message.body = Body.ofText(jsonTextOf(data));
      return message;
    },
  };
}

function always(): boolean {
  return true;
}

interface Reached {
  readonly connection: CalloutConnection;
  readonly address: string;
  readonly at: Place;
}

const ways = ['URI', 'Path', 'LocalTarget', 'LocalTargetConnection', 'HTTPTargetConnection'] as const;

function connectionOf(
  config: ChainServiceConfig,
  properties: PropertiesConfig,
  compiler: Compiler,
): Reached | undefined {
  const name = config.name.text;
  const present = ways.filter((way) => config[way] !== undefined);
  const [way, second] = present;
  const given = way === undefined ? undefined : config[way];
  if (given === undefined || second !== undefined) {
    const found = present.length === 0 ? 'nothing that says where it is' : `${present.join(' and ')}`;
    const hint = 'Write one of <URI>, <Path>, <LocalTarget>, <HTTPTargetConnection>.';
    compiler.error('ZH630', config.at, `Service "${name}" has ${found}.`, hint);
    return undefined;
  }
  const { at } = given;
  const local = config.LocalTarget ?? config.LocalTargetConnection;
  if (local !== undefined) {
    const written = local.Path?.text ?? `${local.APIProxy?.text ?? ''}/${local.ProxyEndpoint?.text ?? 'default'}`;
    const address = written.startsWith('/') ? `local://${written}` : `local:${written}`;
    const connection = { http: undefined, local: { ...local, Properties: joined(local.Properties, properties) } };
    return { connection, address, at };
  }
  const { HTTPTargetConnection: http } = config;
  if (http !== undefined) {
    const connection = { http: { ...http, Properties: joined(http.Properties, properties) }, local: undefined };
    return { connection, address: http.URL?.text ?? name, at };
  }
  if (config.Path !== undefined) return localPath(config.Path, properties);
  return config.URI === undefined ? undefined : uriOf(config.URI, properties, compiler);
}

/** `local:///path` is a path of this deployment; anything else that is no http URL is a mistake. */
function uriOf(uri: Leaf<string>, properties: PropertiesConfig, compiler: Compiler): Reached | undefined {
  const { text: address, at } = uri;
  const path = /^local:\/\/(\/.*)$/i.exec(address)?.[1];
  if (path !== undefined) return localPath({ text: path, at }, properties);
  if (!/^(?:https?:\/\/[^/?#]|\{)/i.test(address)) {
    const hint = 'Write http://host/path, https://host/path, or local:///path for a proxy of this deployment.';
    compiler.error('ZH631', at, `"${address}" is not an absolute URI that can be called.`, hint);
    return undefined;
  }
  return { connection: { http: httpOf(uri, properties), local: undefined }, address, at };
}

function localPath({ text: path, at }: Leaf<string>, properties: PropertiesConfig): Reached {
  const local: LocalTargetConnectionConfig = {
    ...bare(at),
    APIProxy: undefined,
    ProxyEndpoint: undefined,
    Path: { text: path, at },
    Properties: properties,
    VirtualHost: undefined,
  };
  return { connection: { http: undefined, local }, address: `local://${path}`, at };
}

function httpOf(url: Leaf<string>, properties: PropertiesConfig): HTTPTargetConnectionConfig {
  return {
    ...bare(url.at),
    URL: url,
    LoadBalancer: undefined,
    Path: undefined,
    SSLInfo: undefined,
    Authentication: undefined,
    HealthMonitor: undefined,
    Properties: properties,
    ErrorResponse: undefined,
    SessionCache: undefined,
    Verb: undefined,
  };
}

function bare(at: Place): { readonly at: Place; readonly text: undefined; readonly textAt: Place } {
  return { at, text: undefined, textAt: at };
}

/** The statuses that do not stop the chain, as the connection's property. APISIX: proxy-chain plugin, only 200. */
function successCodes(
  { SuccessCodes, at }: ChainServiceConfig,
  profile: Profile,
  compiler: Compiler,
): PropertiesConfig {
  const codes = SuccessCodes?.text ?? (profile === 'apisix' ? '200' : '2xx');
  const wrong = codes.split(',').find((code) => !/^[1-9x][0-9x]{2}$/i.test(code.trim()));
  if (wrong !== undefined) {
    const message = `"${wrong.trim()}" is not a status.`;
    compiler.error('ZH632', SuccessCodes?.at ?? at, message, 'Write such as 200,204 or 2xx.');
  }
  const property = { ...bare(at), text: codes, name: { text: 'success.codes', at } };
  return { ...bare(at), Property: [property] };
}

function joined(own: PropertiesConfig | undefined, added: PropertiesConfig): PropertiesConfig {
  return own === undefined ? added : { ...own, Property: [...own.Property, ...added.Property] };
}
